-- Answers that raised no alert and that a person has read: one row a message, the first reader counts. The patient's app
-- shows it as "read".
CREATE TABLE answers_read (
    device  text NOT NULL,
    boot    text NOT NULL,
    seq     bigint NOT NULL,
    patient text NOT NULL REFERENCES patient,
    who     text NOT NULL REFERENCES account (username),
    role    text NOT NULL,
    at      timestamptz NOT NULL,
    PRIMARY KEY (device, boot, seq)
);
CREATE INDEX answers_read_patient ON answers_read (patient, at DESC);
CREATE TRIGGER answers_read_append_only BEFORE UPDATE OR DELETE ON answers_read
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
