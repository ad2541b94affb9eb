-- An intake recorded by mistake: a fact of its own, which names the entry that was one. The intake stays, and counts no more.
-- of_*: the entry, as the key of intake; it may come later than its retraction.
CREATE TABLE retraction (
    patient     text NOT NULL,
    of_device   text NOT NULL,
    of_boot     text NOT NULL,
    of_seq      bigint NOT NULL,
    of_idx      smallint NOT NULL,
    measured_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    by          text NOT NULL,
    device      text NOT NULL,
    boot        text NOT NULL,
    seq         bigint NOT NULL,
    idx         smallint NOT NULL,
    channel     text CHECK (channel IN ('telephone', 'visit')),
    why         text CHECK (length(why) <= 200),
    PRIMARY KEY (device, boot, seq, idx)
);
CREATE INDEX retraction_of ON retraction (of_device, of_boot, of_seq, of_idx);
CREATE INDEX retraction_patient ON retraction (patient, received_at DESC);

-- Intakes that were taken back, with each word of it. What a professional wrote down only a professional takes back.
CREATE VIEW taken_back AS
SELECT intake.device, intake.boot, intake.seq, intake.idx, retraction.received_at, retraction.by, retraction.why
FROM intake JOIN retraction
    ON of_device = intake.device AND of_boot = intake.boot AND of_seq = intake.seq AND of_idx = intake.idx
    AND retraction.patient = intake.patient
WHERE intake.by IN ('device', 'patient', 'caregiver') OR retraction.by NOT IN ('device', 'patient', 'caregiver');
