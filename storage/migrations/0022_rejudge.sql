-- What was refused can be judged again once what was wrong was put right: a device assigned, a unit learned. The row
-- stays: who asked, when, why it was refused again (again_said), or that its content was stored then (stored_at).
ALTER TABLE rejected
    ADD COLUMN again_action uuid,
    ADD COLUMN again_by text,
    ADD COLUMN again_at timestamptz,
    ADD COLUMN again_said text,
    ADD COLUMN stored_at timestamptz;

ALTER TABLE action_inbox DROP CONSTRAINT IF EXISTS action_inbox_kind_check;
ALTER TABLE action_inbox ADD CONSTRAINT action_inbox_kind_check
    CHECK (kind IN ('alert', 'entries', 'plan', 'pause', 'note', 'model', 'rejudge'));
