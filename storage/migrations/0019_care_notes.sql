-- What professionals write on a patient, free text: never changed or deleted, corrected by a later note of the same
-- patient, once. key: the console's own name for one press of a button.
CREATE TABLE patient_note (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    patient  text NOT NULL REFERENCES patient,
    author   text NOT NULL REFERENCES account (username),
    role     text NOT NULL,
    at       timestamptz NOT NULL,
    text     text NOT NULL CHECK (text ~ '\S' AND length(text) <= 4000),
    corrects bigint UNIQUE,
    key      text NOT NULL,
    UNIQUE (author, key),
    UNIQUE (patient, id),
    FOREIGN KEY (patient, corrects) REFERENCES patient_note (patient, id),
    CHECK (corrects < id)
);
CREATE TRIGGER patient_note_append_only BEFORE UPDATE OR DELETE ON patient_note
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Who is responsible for a patient: one row a transfer, the newest counts. before: who was, NULL: nobody.
CREATE TABLE responsible (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    patient  text NOT NULL REFERENCES patient,
    person   text NOT NULL REFERENCES account (username),
    before   text REFERENCES account (username),
    set_by   text NOT NULL REFERENCES account (username),
    set_role text NOT NULL,
    at       timestamptz NOT NULL,
    reason   text NOT NULL CHECK (reason ~ '\S'),
    CHECK (person IS DISTINCT FROM before)
);
CREATE INDEX responsible_patient ON responsible (patient, id DESC);
CREATE TRIGGER responsible_append_only BEFORE UPDATE OR DELETE ON responsible
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
