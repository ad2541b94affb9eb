-- Protocols as signed, versioned texts. A version is never edited: another text is another version.
-- One id as a range, so that a plain GiST index can say "the same id": no extension is needed.
CREATE TYPE textrange AS RANGE (subtype = text);

-- text: exactly as written. bases: [[id, text], ...] of what it extends, the root first. digest: sha256 over them all.
-- origin 'shipped': came with the hub. state: as decided; active in [active_from, retired_at).
CREATE TABLE protocol_version (
    id            text NOT NULL CHECK (id ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    version       text NOT NULL CHECK (version ~ '^[0-9A-Za-z][0-9A-Za-z.+-]{0,31}$'),
    origin        text NOT NULL CHECK (origin IN ('site', 'shipped')),
    text          text NOT NULL,
    bases         jsonb NOT NULL DEFAULT '[]',
    digest        text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
    asked         text[] NOT NULL CHECK (cardinality(asked) > 0),
    state         text NOT NULL CHECK (state IN ('draft', 'signed', 'active', 'retired')),
    drafted_by    text NOT NULL,
    drafted_role  text NOT NULL,
    drafted_at    timestamptz NOT NULL,
    draft_reason  text,
    active_from   timestamptz,
    retired_at    timestamptz,
    PRIMARY KEY (id, version),
    UNIQUE (id, version, digest),
    CHECK (state <> 'active' OR (active_from IS NOT NULL AND retired_at IS NULL)),
    CHECK (state <> 'retired' OR retired_at IS NOT NULL),
    CHECK (state IN ('active', 'retired') OR (active_from IS NULL AND retired_at IS NULL)),
    CHECK (retired_at >= active_from),
    -- At any moment at most one version of a protocol is active.
    CONSTRAINT protocol_one_active EXCLUDE USING gist
        (textrange(id, id, '[]') WITH &&, tstzrange(active_from, retired_at) WITH &&) WHERE (active_from IS NOT NULL)
);

-- A signature is of one digest: that of the version, or the foreign key refuses it.
CREATE TABLE protocol_signature (
    protocol text NOT NULL,
    version  text NOT NULL,
    role     text NOT NULL,
    actor    text NOT NULL,
    digest   text NOT NULL,
    at       timestamptz NOT NULL,
    PRIMARY KEY (protocol, version, role),
    FOREIGN KEY (protocol, version, digest) REFERENCES protocol_version (id, version, digest)
);
CREATE TRIGGER protocol_signature_append_only BEFORE UPDATE OR DELETE ON protocol_signature
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Every move of a version, append-only. effective_at: from when it counts.
CREATE TABLE protocol_move (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    protocol     text NOT NULL,
    version      text NOT NULL,
    kind         text NOT NULL,
    before       text,
    after        text NOT NULL,
    actor        text NOT NULL,
    role         text NOT NULL,
    at           timestamptz NOT NULL,
    reason       text,
    effective_at timestamptz,
    FOREIGN KEY (protocol, version) REFERENCES protocol_version
);
CREATE INDEX protocol_move_version ON protocol_move (protocol, version, id);
CREATE TRIGGER protocol_move_append_only BEFORE UPDATE OR DELETE ON protocol_move
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What was signed stays as it was signed; nothing becomes active without every signature it asks for.
CREATE FUNCTION protocol_version_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND
        (NEW.id, NEW.version, NEW.origin, NEW.text, NEW.bases, NEW.digest, NEW.asked)
        IS DISTINCT FROM (OLD.id, OLD.version, OLD.origin, OLD.text, OLD.bases, OLD.digest, OLD.asked)) THEN
        RAISE EXCEPTION 'protocol_version: a version is never edited' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.active_from IS NOT NULL AND EXISTS (
        SELECT 1 FROM unnest(NEW.asked) AS needed (role) WHERE NOT EXISTS (
            SELECT 1 FROM protocol_signature s
            WHERE s.protocol = NEW.id AND s.version = NEW.version AND s.role = needed.role)) THEN
        RAISE EXCEPTION 'protocol_version: active without every signature' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER protocol_version_guard BEFORE INSERT OR UPDATE OR DELETE ON protocol_version
    FOR EACH ROW EXECUTE FUNCTION protocol_version_guard();

-- Limits of a whole site, between the protocol's and the patient's. History is kept: the newest row counts.
CREATE TABLE site_limit (
    site    text NOT NULL REFERENCES site,
    version integer NOT NULL,
    body    jsonb NOT NULL,
    actor   text NOT NULL,
    role    text NOT NULL,
    reason  text,
    set_at  timestamptz NOT NULL,
    PRIMARY KEY (site, version)
);
CREATE TRIGGER site_limit_append_only BEFORE UPDATE OR DELETE ON site_limit
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
