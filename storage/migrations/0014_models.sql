-- Forecasts of the neutrophil count, each when it changed. fingerprint: over the question and the model's version; the
-- newest row of a patient counts. checked_at: the last time its question was found unchanged.
CREATE TABLE forecast (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    patient     text NOT NULL REFERENCES patient,
    site        text NOT NULL REFERENCES site,
    cause       text NOT NULL CHECK (cause IN ('count', 'dose', 'gcsf', 'plan', 'start', 'night')),
    version     text NOT NULL,
    fingerprint text NOT NULL,
    status      text NOT NULL CHECK (status IN ('ready', 'prior_only', 'surprised', 'refused')),
    made_at     timestamptz NOT NULL,
    checked_at  timestamptz NOT NULL,
    day_zero_at timestamptz,
    asked       jsonb NOT NULL,
    body        jsonb NOT NULL
);
CREATE INDEX forecast_patient ON forecast (patient, id DESC);

-- What the engine was told by models, in its order. opens_at: from when a forecast opens the aplasia window.
CREATE TABLE model_output (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    action      uuid NOT NULL REFERENCES action_inbox,
    patient     text NOT NULL REFERENCES patient,
    model       text NOT NULL,
    version     text NOT NULL,
    status      text NOT NULL,
    value       double precision CHECK (value > '-Infinity' AND value < 'Infinity'),
    measured_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    why         text NOT NULL,
    said        jsonb,
    opens_at    timestamptz,
    holds_until timestamptz,
    UNIQUE (action, model)
);
CREATE INDEX model_output_patient ON model_output (patient, model, id DESC);
CREATE TRIGGER model_output_append_only BEFORE UPDATE OR DELETE ON model_output
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What consoles are told besides alert events: ids of the same sequence, given under the same lock.
CREATE TABLE feed_note (
    id      bigint PRIMARY KEY,
    patient text NOT NULL,
    site    text NOT NULL,
    kind    text NOT NULL,
    at      timestamptz NOT NULL,
    body    jsonb NOT NULL
);
CREATE INDEX feed_note_site ON feed_note (site, id);
CREATE TRIGGER feed_note_append_only BEFORE UPDATE OR DELETE ON feed_note
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

ALTER TABLE action_inbox DROP CONSTRAINT IF EXISTS action_inbox_kind_check;
ALTER TABLE action_inbox ADD CONSTRAINT action_inbox_kind_check
    CHECK (kind IN ('alert', 'entries', 'plan', 'pause', 'note', 'model'));
CREATE INDEX action_inbox_note_patient ON action_inbox (patient, position DESC) WHERE kind = 'note';

-- Whether a model speaks at a site: off, shadow (scores are stored and shown to no one) or on. The newest row counts;
-- without one: shadow. by_watch: the hub withdrew it by itself. Only a person makes a row with mode 'on'.
CREATE TABLE model_mode (
    site     text NOT NULL REFERENCES site,
    model    text NOT NULL,
    number   integer NOT NULL,
    mode     text NOT NULL CHECK (mode IN ('off', 'shadow', 'on')),
    actor    text NOT NULL,
    role     text NOT NULL,
    reason   text NOT NULL CHECK (reason ~ '\S'),
    set_at   timestamptz NOT NULL,
    by_watch boolean NOT NULL DEFAULT false,
    PRIMARY KEY (site, model, number),
    CHECK (NOT (by_watch AND mode = 'on'))
);
CREATE TRIGGER model_mode_append_only BEFORE UPDATE OR DELETE ON model_mode
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Scores of the early warning. mode: how the model stood at the site when it was scored. measured_at: newest input.
CREATE TABLE risk_score (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    patient     text NOT NULL REFERENCES patient,
    site        text NOT NULL REFERENCES site,
    model       text NOT NULL,
    version     text NOT NULL,
    mode        text NOT NULL CHECK (mode IN ('shadow', 'on')),
    scored_at   timestamptz NOT NULL,
    measured_at timestamptz NOT NULL,
    status      text NOT NULL CHECK (status IN ('ready', 'stale', 'out_of_range', 'unknown')),
    risk        double precision CHECK (risk BETWEEN 0 AND 1),
    alarm       boolean NOT NULL,
    body        jsonb NOT NULL,
    CHECK ((status = 'ready') = (risk IS NOT NULL)),
    UNIQUE (patient, model, scored_at)
);
CREATE INDEX risk_score_site ON risk_score (site, scored_at);

-- The watch over a model at a site: one row a look and matter. low, high: its band; verdict: what the look says.
CREATE TABLE model_watch (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site    text NOT NULL REFERENCES site,
    model   text NOT NULL,
    version text NOT NULL,
    what    text NOT NULL CHECK (what IN ('calibration', 'alarm_budget', 'drift')),
    from_at timestamptz NOT NULL,
    to_at   timestamptz NOT NULL,
    n       integer NOT NULL,
    value   double precision CHECK (value > '-Infinity' AND value < 'Infinity'),
    low     double precision,
    high    double precision,
    verdict text NOT NULL CHECK (verdict IN ('inside', 'outside', 'unknown')),
    detail  jsonb NOT NULL,
    UNIQUE (site, model, what, to_at)
);
