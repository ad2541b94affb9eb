-- One row an alert, as its events left it. The engine is the only writer.
CREATE TABLE alert (
    id                 text PRIMARY KEY,
    patient            text NOT NULL REFERENCES patient,
    site               text NOT NULL REFERENCES site,
    rule               text NOT NULL,
    protocol           text NOT NULL,
    protocol_version   text NOT NULL,
    protocol_digest    text NOT NULL,
    category           text NOT NULL CHECK (category IN ('clinical', 'adherence', 'technical')),
    severity           text NOT NULL CHECK (severity IN ('high', 'medium', 'low')),
    state              text NOT NULL CHECK (state IN ('pending', 'open', 'acknowledged', 'closed')),
    criterion          text NOT NULL,
    late               boolean NOT NULL,
    rings              boolean NOT NULL,
    latched            boolean NOT NULL,
    disproved          boolean NOT NULL DEFAULT false,
    opened_at          timestamptz NOT NULL,
    condition_at       timestamptz NOT NULL,
    condition_to       timestamptz,
    last_met_at        timestamptz NOT NULL,
    reason_fr          text NOT NULL,
    reason_en          text NOT NULL,
    evidence           jsonb NOT NULL,
    assignee           text,
    snoozed_until      timestamptz,
    escalation_step    integer NOT NULL DEFAULT 0,
    escalation_next_at timestamptz,
    acknowledged_by    text,
    acknowledged_at    timestamptz,
    closed_by          text,
    closed_at          timestamptz,
    version            integer NOT NULL
);
CREATE UNIQUE INDEX alert_one_open ON alert (patient, rule) WHERE state <> 'closed';
CREATE INDEX alert_site_open ON alert (site) WHERE state <> 'closed';
CREATE INDEX alert_patient ON alert (patient, opened_at DESC);

-- Append-only. The id is the feed's cursor: ids are given under one lock, so they rise in commit order.
CREATE SEQUENCE alert_event_id;
CREATE TABLE alert_event (
    id           bigint PRIMARY KEY,
    alert        text NOT NULL,
    patient      text NOT NULL,
    site         text NOT NULL,
    rule         text NOT NULL,
    kind         text NOT NULL,
    at           timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL,
    condition_at timestamptz,
    severity     text NOT NULL,
    category     text NOT NULL,
    state        text NOT NULL,
    version      integer NOT NULL,
    actor        text,
    body         jsonb NOT NULL
);
CREATE INDEX alert_event_site ON alert_event (site, id);
CREATE INDEX alert_event_alert ON alert_event (alert, id);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER alert_event_append_only BEFORE UPDATE OR DELETE ON alert_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Deadlines are rows, so that they survive a restart. kind: escalation, hold, snooze, rearm.
CREATE TABLE timer (
    patient text NOT NULL,
    rule    text NOT NULL,
    kind    text NOT NULL,
    due_at  timestamptz NOT NULL,
    PRIMARY KEY (patient, rule, kind)
);

-- What people do, waiting for the owner of the patient to step it. subject: alert, entries or plan.
CREATE TABLE action_inbox (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    position         bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    site             text NOT NULL,
    patient          text NOT NULL,
    kind             text NOT NULL CHECK (kind IN ('alert', 'entries', 'plan')),
    alert            text,
    expected_version integer,
    body             jsonb NOT NULL,
    actor            text NOT NULL,
    role             text NOT NULL,
    idempotency_key  text NOT NULL,
    created_at       timestamptz NOT NULL,
    done_at          timestamptz,
    outcome          text,
    detail           jsonb,
    UNIQUE (actor, idempotency_key)
);
CREATE INDEX action_waiting ON action_inbox (position) WHERE done_at IS NULL;
-- Two people at once: the first row for a version wins, the second insert fails.
CREATE UNIQUE INDEX action_first ON action_inbox (alert, expected_version)
    WHERE kind = 'alert' AND body ->> 'action' <> 'comment' AND (outcome IS NULL OR outcome = 'applied');

-- Exactly one owner per ingest group: the fencing number rises with each take-over.
CREATE TABLE lease (
    ingest_group text PRIMARY KEY,
    holder       text NOT NULL,
    fencing      bigint NOT NULL,
    taken_at     timestamptz NOT NULL,
    renewed_at   timestamptz NOT NULL
);
