-- The newest note of a site or a patient in one matter, however many there are.
CREATE INDEX action_inbox_note_kind ON action_inbox (site, (body ->> 'kind'), position DESC) WHERE kind = 'note';
CREATE INDEX action_inbox_note_patient_kind ON action_inbox (patient, (body ->> 'kind'), position DESC) WHERE kind = 'note';
DROP INDEX action_inbox_note, action_inbox_note_patient;
