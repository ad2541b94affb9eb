-- Beside names and numbers, what whoever drives to a patient must know. version: of the sheet as a whole, 0: written by
-- another way than the console's. allergy_status unknown: nobody has asked yet, which is not the same as none.
ALTER TABLE identity.person
    ADD COLUMN access          text,
    ADD COLUMN allergy_status  text NOT NULL DEFAULT 'unknown' CHECK (allergy_status IN ('unknown', 'none', 'known')),
    ADD COLUMN allergies       text,
    ADD COLUMN emergency_unit  text,
    ADD COLUMN emergency_phone text,
    ADD COLUMN contacts        jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN version         bigint NOT NULL DEFAULT 0,
    ADD CHECK ((allergy_status = 'known') = (allergies IS NOT NULL));

-- Every sheet as it was written, the newest counts. key: the console's own name for one press of a button.
CREATE TABLE identity.sheet (
    patient text NOT NULL REFERENCES patient,
    version bigint NOT NULL CHECK (version > 0),
    body    jsonb NOT NULL,
    set_by  text NOT NULL,
    role    text,
    at      timestamptz NOT NULL,
    key     text,
    PRIMARY KEY (patient, version),
    UNIQUE (set_by, key)
);
CREATE TRIGGER sheet_append_only BEFORE UPDATE OR DELETE ON identity.sheet
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Advice beside an alert that the hub has told an account of the app, the first time, with its words in both languages.
CREATE TABLE advice_given (
    alert   text NOT NULL REFERENCES alert,
    account bigint NOT NULL REFERENCES app_account,
    text    jsonb NOT NULL,
    at      timestamptz NOT NULL,
    PRIMARY KEY (alert, account)
);
CREATE TRIGGER advice_given_append_only BEFORE UPDATE OR DELETE ON advice_given
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
