-- Who enters on a visit is written down under their role, a physician as a physician.
ALTER TABLE device DROP CONSTRAINT device_speaker_check;
ALTER TABLE device ADD CONSTRAINT device_speaker_check CHECK (speaker ~ '^[a-z][a-z-]{1,31}$');
UPDATE device SET speaker = account.role
FROM app_device JOIN account ON account.username = app_device.owner
WHERE app_device.device = device.id AND device.speaker = 'nurse' AND account.role <> 'nurse';

-- In which installation of the app a browser is reminded: signing out there ends it.
ALTER TABLE app_push ADD COLUMN install text;
CREATE INDEX app_push_install ON app_push (install);
