-- What must reach somebody: written in the transaction of the alert event, so that neither is there without the other.
-- One row a step of an alert. written_at: by the database's own clock, as presence is. next_at: when the delivery loop
-- looks at it again. done_at: nothing more will be tried.
CREATE TABLE outbox (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert      text NOT NULL,
    version    integer NOT NULL,
    step       integer NOT NULL CHECK (step >= 0),
    patient    text NOT NULL,
    site       text NOT NULL,
    rule       text NOT NULL,
    category   text NOT NULL,
    severity   text NOT NULL,
    event_kind text NOT NULL,
    who        text[] NOT NULL,
    how        text[] NOT NULL,
    at         timestamptz NOT NULL,
    reason_fr  text NOT NULL,
    reason_en  text NOT NULL,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    next_at    timestamptz NOT NULL,
    done_at    timestamptz,
    outcome    text CHECK (outcome IN ('delivered', 'cancelled', 'given-up')),
    CHECK ((done_at IS NULL) = (outcome IS NULL)),
    UNIQUE (alert, version)
);
CREATE INDEX outbox_waiting ON outbox (next_at) WHERE done_at IS NULL;

-- One row for each person (or endpoint) and channel of a step. The id goes with every try of it, so that a gateway
-- can tell a repetition. person NULL: an endpoint, or nobody could be found. start_at: not tried before.
CREATE TABLE delivery (
    id          uuid PRIMARY KEY,
    outbox      bigint NOT NULL REFERENCES outbox,
    person      text,
    role        text NOT NULL,
    channel     text NOT NULL,
    state       text NOT NULL CHECK (state IN ('queued', 'sent', 'delivered', 'failed', 'cancelled', 'given-up')),
    tries       integer NOT NULL DEFAULT 0,
    at          timestamptz NOT NULL,
    due_at      timestamptz NOT NULL,
    deadline_at timestamptz NOT NULL,
    start_at    timestamptz NOT NULL,
    begun_at    timestamptz,
    sent_at     timestamptz,
    changed_at  timestamptz NOT NULL,
    detail      text NOT NULL DEFAULT '',
    external_id text,
    UNIQUE NULLS NOT DISTINCT (outbox, person, channel)
);
CREATE INDEX delivery_queued ON delivery (channel, start_at) WHERE state = 'queued';

-- Every state a delivery was in, append-only.
CREATE TABLE delivery_log (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery uuid NOT NULL REFERENCES delivery,
    state    text NOT NULL,
    tries    integer NOT NULL,
    at       timestamptz NOT NULL,
    detail   text NOT NULL
);
CREATE INDEX delivery_log_delivery ON delivery_log (delivery, id);
CREATE TRIGGER delivery_log_append_only BEFORE UPDATE OR DELETE ON delivery_log
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
