-- The daily synthesis of a patient: facts as they were kept, never edited. The same facts again are the same row; late
-- data make another. whole: the day was over. digest: of the facts.
CREATE TABLE synthesis (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    patient text NOT NULL REFERENCES patient,
    day     date NOT NULL,
    digest  text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
    whole   boolean NOT NULL,
    body    jsonb NOT NULL,
    made_at timestamptz NOT NULL,
    UNIQUE (patient, day, digest)
);
CREATE TRIGGER synthesis_append_only BEFORE UPDATE OR DELETE ON synthesis FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Who has reviewed which one, with what to say of it; without a row it is automatic.
CREATE TABLE synthesis_review (
    synthesis bigint NOT NULL REFERENCES synthesis,
    actor     text NOT NULL REFERENCES account (username),
    role      text NOT NULL,
    at        timestamptz NOT NULL,
    comment   text CHECK (comment ~ '\S'),
    PRIMARY KEY (synthesis, actor)
);
CREATE TRIGGER synthesis_review_append_only BEFORE UPDATE OR DELETE ON synthesis_review
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
