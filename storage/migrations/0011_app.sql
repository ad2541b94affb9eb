-- People outside the staff: patients, caregivers, shared tablets of a nursing home. Their accounts stand apart.
-- password_hash NULL: the enrolment code was not used yet. otp_secret: encrypted with the hub's secret.
CREATE TABLE app_account (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    username      text NOT NULL UNIQUE CHECK (username ~ '^[a-z0-9][a-z0-9.-]{0,63}$'),
    role          text NOT NULL CHECK (role IN ('patient', 'caregiver', 'tablet')),
    site          text NOT NULL REFERENCES site,
    language      text NOT NULL DEFAULT 'fr' CHECK (language IN ('fr', 'en')),
    password_hash text,
    otp_secret    bytea,
    otp_on        boolean NOT NULL DEFAULT false CHECK (NOT otp_on OR otp_secret IS NOT NULL),
    otp_step      bigint NOT NULL DEFAULT 0,
    reminders_on  boolean NOT NULL DEFAULT true,
    quiet_from    smallint NOT NULL DEFAULT 1260 CHECK (quiet_from BETWEEN 0 AND 1439),
    quiet_to      smallint NOT NULL DEFAULT 480 CHECK (quiet_to BETWEEN 0 AND 1439),
    created_by    text NOT NULL,
    created_at    timestamptz NOT NULL,
    claimed_at    timestamptz,
    disabled_at   timestamptz
);

-- For whom an account stands. Open end: still. A revoked link is never opened again, a new one is made.
CREATE TABLE app_link (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account   bigint NOT NULL REFERENCES app_account,
    patient   text NOT NULL REFERENCES patient,
    relation  text NOT NULL CHECK (relation IN ('self', 'caregiver', 'resident')),
    from_at   timestamptz NOT NULL,
    from_by   text NOT NULL,
    to_at     timestamptz,
    to_by     text,
    to_reason text,
    CHECK (num_nulls(to_at, to_by, to_reason) IN (0, 3))
);
CREATE UNIQUE INDEX app_link_open ON app_link (account, patient) WHERE to_at IS NULL;
CREATE UNIQUE INDEX app_link_self ON app_link (patient) WHERE to_at IS NULL AND relation = 'self';
CREATE INDEX app_link_patient ON app_link (patient);

-- Consent and refusal: one row a decision, the newest of a scope counts. account: the caregiver it is about; NULL: the
-- patient's own follow-up. how: in the app, on paper, said to a member of the staff.
CREATE TABLE consent (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    patient    text NOT NULL REFERENCES patient,
    account    bigint REFERENCES app_account,
    scope      text NOT NULL,
    decision   text NOT NULL CHECK (decision IN ('given', 'refused', 'withdrawn')),
    version    text NOT NULL,
    how        text NOT NULL CHECK (how IN ('app', 'paper', 'spoken')),
    at         timestamptz NOT NULL,
    actor      text NOT NULL,
    actor_role text NOT NULL,
    CHECK ((account IS NULL AND scope IN ('follow-up', 'reminders'))
        OR (account IS NOT NULL AND scope IN ('answer', 'see', 'be_told')))
);
CREATE INDEX consent_patient ON consent (patient, account, scope, id DESC);
CREATE TRIGGER consent_append_only BEFORE UPDATE OR DELETE ON consent FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A code works once, until it is late. Only a digest keyed with the hub's secret is kept. withdrawn_at: a newer one was made.
CREATE TABLE enrolment_code (
    code_digest  bytea PRIMARY KEY,
    account      bigint NOT NULL REFERENCES app_account,
    created_by   text NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL CHECK (expires_at > created_at),
    used_at      timestamptz,
    withdrawn_at timestamptz
);
CREATE INDEX enrolment_code_account ON enrolment_code (account);

-- One of account and staff: a professional on a home visit logs in to the app with the console's name and password.
CREATE TABLE app_session (
    token_sha256 bytea PRIMARY KEY,
    account      bigint REFERENCES app_account,
    staff        bigint REFERENCES account,
    install      text NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    CHECK (num_nonnulls(account, staff) = 1)
);
CREATE INDEX app_session_account ON app_session (account);

-- Each installation x account x patient sends as a device of its own. speaker: what `by` becomes, whatever it says.
ALTER TABLE device ADD COLUMN speaker text CHECK (speaker IN ('patient', 'caregiver', 'nurse'));
CREATE TABLE app_device (
    device  text PRIMARY KEY REFERENCES device,
    owner   text NOT NULL,
    install text NOT NULL,
    patient text NOT NULL REFERENCES patient,
    UNIQUE (owner, install, patient)
);

-- What the app has sent and ingest has not judged yet: the message exactly as it came. The row goes with its commit.
CREATE TABLE app_inbox (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site     text NOT NULL,
    device   text NOT NULL REFERENCES device,
    sha256   bytea NOT NULL,
    payload  bytea NOT NULL,
    filed_at timestamptz NOT NULL,
    UNIQUE (device, sha256)
);

-- A shared tablet asks who is being measured: how that was checked, with the message it is about.
CREATE TABLE identity_check (
    device     text NOT NULL,
    boot       text NOT NULL,
    seq        bigint NOT NULL,
    patient    text NOT NULL,
    how        text NOT NULL,
    checked_at timestamptz NOT NULL,
    PRIMARY KEY (device, boot, seq)
);
CREATE INDEX identity_check_patient ON identity_check (patient, checked_at);

-- Browsers of the app that may be reminded.
CREATE TABLE app_push (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account    bigint NOT NULL REFERENCES app_account,
    endpoint   text NOT NULL UNIQUE,
    p256dh     text NOT NULL,
    auth       text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX app_push_account ON app_push (account);

-- Every reminder. shown_at: its service worker said so; nothing else counts as delivered.
CREATE TABLE reminder (
    id       uuid PRIMARY KEY,
    account  bigint NOT NULL REFERENCES app_account,
    at       timestamptz NOT NULL,
    waiting  integer NOT NULL,
    sent_at  timestamptz,
    shown_at timestamptz,
    detail   text NOT NULL DEFAULT ''
);
CREATE INDEX reminder_account ON reminder (account, at DESC);

-- The number patients of a site call when nobody on call has one of their own in the hub.
ALTER TABLE site ADD COLUMN phone text CHECK (phone ~ '^\+[1-9][0-9]{6,14}$');
