-- Identity apart from readings: everything else carries the opaque patient id only.
CREATE SCHEMA identity;

CREATE TABLE site (
    id         text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    name       text NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE patient (
    id         text PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$'),
    site       text NOT NULL REFERENCES site,
    created_at timestamptz NOT NULL,
    ended_at   timestamptz
);
CREATE INDEX patient_site ON patient (site);

CREATE TABLE identity.person (
    patient     text PRIMARY KEY REFERENCES patient,
    family_name text,
    given_name  text,
    birth_date  date,
    ins         text,
    ins_oid     text,
    phone       text,
    address     text
);

-- A device is known by one name in the whole hub: it is also its broker account and MQTT client id.
CREATE TABLE device (
    id           text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    site         text NOT NULL REFERENCES site,
    kind         text NOT NULL DEFAULT 'device',
    created_at   timestamptz NOT NULL,
    online       boolean,
    online_at    timestamptz,
    battery      double precision,
    battery_at   timestamptz,
    last_seen_at timestamptz
);

-- Who wore the device when. Open end: still worn.
CREATE TABLE wearing (
    device  text NOT NULL REFERENCES device,
    patient text NOT NULL REFERENCES patient,
    from_at timestamptz NOT NULL,
    to_at   timestamptz CHECK (to_at IS NULL OR to_at > from_at),
    PRIMARY KEY (device, from_at)
);
CREATE UNIQUE INDEX wearing_open ON wearing (device) WHERE to_at IS NULL;
CREATE INDEX wearing_patient ON wearing (patient);

-- A patient's own protocol instance. History is kept: the newest row counts.
CREATE TABLE plan (
    patient text NOT NULL REFERENCES patient,
    version integer NOT NULL,
    body    jsonb NOT NULL,
    set_by  text NOT NULL,
    set_at  timestamptz NOT NULL,
    PRIMARY KEY (patient, version)
);

-- The plain table that removes duplicates. One row a message, whatever became of it.
CREATE TABLE message (
    device      text NOT NULL,
    boot        text NOT NULL,
    seq         bigint NOT NULL,
    sha256      bytea NOT NULL,
    received_at timestamptz NOT NULL,
    refused     boolean NOT NULL DEFAULT false,
    PRIMARY KEY (device, boot, seq)
);

-- Order of a device's boots, told by the first message of each.
CREATE TABLE boot (
    device    text NOT NULL,
    boot      text NOT NULL,
    prev      text,
    prev_last bigint,
    seen_at   timestamptz NOT NULL,
    PRIMARY KEY (device, boot)
);

-- What a device says it dropped, and why.
CREATE TABLE dropped (
    device      text NOT NULL,
    boot        text NOT NULL,
    from_seq    bigint NOT NULL,
    to_seq      bigint NOT NULL CHECK (to_seq >= from_seq),
    why         text NOT NULL,
    reported_at timestamptz NOT NULL,
    PRIMARY KEY (device, boot, from_seq, to_seq)
);

CREATE TABLE reading (
    patient     text NOT NULL,
    code        text NOT NULL,
    measured_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    value       double precision NOT NULL CHECK (value > '-Infinity' AND value < 'Infinity'),
    body_site   text,
    method      text,
    quality     text NOT NULL CHECK (quality IN ('ok', 'question', 'clock')),
    by          text NOT NULL,
    device      text NOT NULL,
    boot        text NOT NULL,
    seq         bigint NOT NULL,
    idx         smallint NOT NULL,
    sent        text
);
CREATE INDEX reading_stream ON reading (patient, code, measured_at DESC);

CREATE TABLE report (
    patient       text NOT NULL,
    measured_at   timestamptz NOT NULL,
    received_at   timestamptz NOT NULL,
    questionnaire text NOT NULL,
    item          text NOT NULL,
    attribute     text,
    grade         smallint CHECK (grade BETWEEN 0 AND 4),
    number        double precision CHECK (number > '-Infinity' AND number < 'Infinity'),
    text          text,
    by            text NOT NULL,
    device        text NOT NULL,
    boot          text NOT NULL,
    seq           bigint NOT NULL,
    idx           smallint NOT NULL,
    PRIMARY KEY (device, boot, seq, idx)
);
CREATE INDEX report_patient ON report (patient, measured_at DESC);

CREATE TABLE intake (
    patient     text NOT NULL,
    drug        text NOT NULL,
    state       text NOT NULL CHECK (state IN ('taken', 'skipped', 'vomited', 'extra')),
    due_at      timestamptz,
    taken_at    timestamptz,
    tablets     double precision CHECK (tablets > '-Infinity' AND tablets < 'Infinity'),
    mg          double precision CHECK (mg > '-Infinity' AND mg < 'Infinity'),
    measured_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    by          text NOT NULL,
    device      text NOT NULL,
    boot        text NOT NULL,
    seq         bigint NOT NULL,
    idx         smallint NOT NULL,
    PRIMARY KEY (device, boot, seq, idx)
);
CREATE INDEX intake_patient ON intake (patient, measured_at DESC);

CREATE TABLE given (
    patient     text NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('antibiotic', 'chemotherapy', 'gcsf', 'transfusion', 'antipyretic')),
    name        text NOT NULL,
    given_at    timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    amount      double precision CHECK (amount > '-Infinity' AND amount < 'Infinity'),
    unit        text,
    by          text NOT NULL,
    device      text NOT NULL,
    boot        text NOT NULL,
    seq         bigint NOT NULL,
    idx         smallint NOT NULL,
    PRIMARY KEY (device, boot, seq, idx)
);
CREATE INDEX given_patient ON given (patient, given_at DESC);

-- Everything refused, whole, with one reason, until a person has looked at it.
CREATE TABLE rejected (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at timestamptz NOT NULL,
    reason      text NOT NULL CHECK (reason IN ('malformed', 'too_large', 'unknown_code', 'unknown_unit', 'implausible',
                                               'not_finite', 'identity', 'unassigned', 'conflict')),
    path        text NOT NULL,
    expected    text NOT NULL,
    topic       text NOT NULL,
    site        text,
    device      text,
    patient     text,
    boot        text,
    seq         bigint,
    sha256      bytea NOT NULL,
    payload     bytea NOT NULL,
    seen_by     text,
    seen_at     timestamptz
);
CREATE INDEX rejected_site ON rejected (site, received_at DESC);
CREATE INDEX rejected_message ON rejected (device, boot, seq);
-- The same refused bytes delivered again are one refusal.
CREATE UNIQUE INDEX rejected_once ON rejected (topic, sha256, path);
