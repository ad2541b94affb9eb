-- Questionnaires that a site asks under a licence of its own: every version as imported. body: the exact FHIR text.
-- withdrawn_at: nobody is asked it any more; answers to it are still judged by it.
CREATE TABLE questionnaire (
    site         text NOT NULL REFERENCES site,
    id           text NOT NULL CHECK (id ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    version      text NOT NULL,
    body         text NOT NULL,
    sha256       bytea NOT NULL,
    licence      text NOT NULL CHECK (licence <> ''),
    imported_by  text NOT NULL,
    imported_at  timestamptz NOT NULL,
    withdrawn_at timestamptz,
    withdrawn_by text,
    PRIMARY KEY (site, id, version),
    CHECK (num_nulls(withdrawn_at, withdrawn_by) IN (0, 2))
);

-- version: ID@VERSION of the questionnaire an answer says it answers. channel: how a patient told what a professional wrote down.
ALTER TABLE report ADD COLUMN version text;
ALTER TABLE report ADD COLUMN channel text CHECK (channel IN ('telephone', 'visit'));
ALTER TABLE intake ADD COLUMN channel text CHECK (channel IN ('telephone', 'visit'));
