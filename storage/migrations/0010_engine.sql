-- What an alert follows from, and what it is shown together with.
ALTER TABLE alert
    ADD COLUMN clause text NOT NULL DEFAULT '',
    ADD COLUMN cause  text NOT NULL DEFAULT '',
    ADD COLUMN place  smallint NOT NULL DEFAULT 99;

-- A site has an entry of its own among the patients: what is wrong with the whole site (nobody on call, no attended
-- console) is an alert like any other, with the same life, feed and escalation. A person's id never looks like it.
ALTER TABLE patient DROP CONSTRAINT patient_id_check,
    ADD CONSTRAINT patient_id_check CHECK (id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,67}$');
ALTER TABLE patient ADD COLUMN kind text NOT NULL DEFAULT 'person' CHECK (kind IN ('person', 'site'));
ALTER TABLE patient ADD CHECK ((kind = 'site') = (id LIKE 'site.%'));
INSERT INTO patient (id, site, created_at, kind) SELECT 'site.' || id, id, created_at, 'site' FROM site;
CREATE FUNCTION watch_site() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO patient (id, site, created_at, kind) VALUES ('site.' || NEW.id, NEW.id, NEW.created_at, 'site');
    RETURN NULL;
END $$;
CREATE TRIGGER site_is_watched AFTER INSERT ON site FOR EACH ROW EXECUTE FUNCTION watch_site();

-- A pause and a note on a site are stepped like an action.
ALTER TABLE action_inbox DROP CONSTRAINT IF EXISTS action_inbox_kind_check;
ALTER TABLE action_inbox ADD CONSTRAINT action_inbox_kind_check
    CHECK (kind IN ('alert', 'entries', 'plan', 'pause', 'note'));

-- A patient's refusals are read back at start: a burst of them is a rule.
CREATE INDEX rejected_patient ON rejected (patient, received_at DESC) WHERE patient IS NOT NULL;
ALTER TABLE given DROP CONSTRAINT given_kind_check;
ALTER TABLE given ADD CONSTRAINT given_kind_check
    CHECK (kind IN ('antibiotic', 'chemotherapy', 'gcsf', 'transfusion', 'antipyretic', 'corticoid'));
