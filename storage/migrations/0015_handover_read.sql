-- Who has read a hand-over note, and when first. Append-only.
CREATE TABLE handover_read (
    note    bigint NOT NULL REFERENCES handover_note,
    account text NOT NULL REFERENCES account (username),
    at      timestamptz NOT NULL,
    PRIMARY KEY (note, account)
);
CREATE TRIGGER handover_read_append_only BEFORE UPDATE OR DELETE ON handover_read
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
