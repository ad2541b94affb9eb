CREATE TABLE account (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    username      text NOT NULL UNIQUE CHECK (username ~ '^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$'),
    role          text NOT NULL CHECK (role IN ('physician', 'nurse', 'advanced-nurse', 'pharmacist', 'prescriber',
                                                'coordinator', 'operator', 'auditor')),
    password_hash text NOT NULL,
    must_change   boolean NOT NULL DEFAULT false,
    created_at    timestamptz NOT NULL,
    disabled_at   timestamptz
);

-- The default circle of care is the site.
CREATE TABLE account_site (
    account bigint NOT NULL REFERENCES account,
    site    text NOT NULL REFERENCES site,
    PRIMARY KEY (account, site)
);

-- Only a digest of the token is kept: a stolen dump opens no session.
CREATE TABLE session (
    token_sha256 bytea PRIMARY KEY,
    account      bigint NOT NULL REFERENCES account,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL
);

CREATE TABLE feed_ticket (
    ticket_sha256 bytea PRIMARY KEY,
    account       bigint NOT NULL REFERENCES account,
    session       bytea NOT NULL REFERENCES session ON DELETE CASCADE,
    expires_at    timestamptz NOT NULL
);

CREATE TABLE login_failure (
    username text NOT NULL,
    at       timestamptz NOT NULL
);
CREATE INDEX login_failure_recent ON login_failure (username, at);

-- Append-only, each row sealed with the hash of the one before.
CREATE TABLE audit (
    id        bigint PRIMARY KEY,
    at        timestamptz NOT NULL,
    actor     text NOT NULL,
    action    text NOT NULL,
    subject   text NOT NULL,
    detail    jsonb NOT NULL,
    prev_hash bytea NOT NULL,
    hash      bytea NOT NULL
);
CREATE INDEX audit_subject ON audit (subject, id);
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_change();
