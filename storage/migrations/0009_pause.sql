-- Pauses: the only thing that replaces silence. Each has dates, a reason and a name, and ends by itself.
-- Revoked after it began: it ended then. Revoked before: it never was.
CREATE TABLE pause (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    patient        text NOT NULL REFERENCES patient,
    kind           text NOT NULL CHECK (kind IN ('ward', 'day-hospital', 'leave', 'death', 'end')),
    from_at        timestamptz NOT NULL,
    until          timestamptz,
    reason         text NOT NULL CHECK (reason ~ '\S'),
    actor          text NOT NULL,
    role           text NOT NULL,
    set_at         timestamptz NOT NULL,
    revoked_by     text,
    revoked_role   text,
    revoked_at     timestamptz,
    revoked_reason text,
    CHECK (until > from_at),
    CHECK (until IS NOT NULL OR kind IN ('death', 'end')),
    CHECK (num_nulls(revoked_by, revoked_role, revoked_at, revoked_reason) IN (0, 4)),
    -- Two pauses of one patient never overlap.
    CONSTRAINT pause_one_at_a_time EXCLUDE USING gist (
        textrange(patient, patient, '[]') WITH &&,
        tstzrange(from_at, CASE WHEN until IS NULL AND revoked_at IS NULL THEN NULL
                                ELSE greatest(from_at, least(until, revoked_at)) END) WITH &&)
);
CREATE INDEX pause_patient ON pause (patient, from_at);

-- A pause is set and perhaps revoked, never edited or deleted.
CREATE FUNCTION pause_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.revoked_at IS NOT NULL OR
        (NEW.id, NEW.patient, NEW.kind, NEW.from_at, NEW.until, NEW.reason, NEW.actor, NEW.role, NEW.set_at)
        IS DISTINCT FROM
        (OLD.id, OLD.patient, OLD.kind, OLD.from_at, OLD.until, OLD.reason, OLD.actor, OLD.role, OLD.set_at) THEN
        RAISE EXCEPTION 'pause: expected to be revoked once, never edited' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER pause_guard BEFORE UPDATE OR DELETE ON pause FOR EACH ROW EXECUTE FUNCTION pause_guard();
