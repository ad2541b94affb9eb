-- The lowest and the highest reading of each whole hour, as they were stored: what a chart of weeks and months is drawn from.
-- `readings`: how many readings of the hour the row stands for, itself among them.
CREATE TABLE reading_hour (
    patient     text NOT NULL,
    code        text NOT NULL,
    hour        timestamptz NOT NULL,
    measured_at timestamptz NOT NULL,
    value       double precision NOT NULL,
    body_site   text,
    quality     text NOT NULL,
    by          text NOT NULL,
    device      text NOT NULL,
    received_at timestamptz NOT NULL,
    readings    integer NOT NULL CHECK (readings > 0)
);
-- Covering: the months of one patient lie together here, however long ago and in whatever order they were rolled up.
CREATE UNIQUE INDEX reading_hour_stream ON reading_hour (patient, code, hour, value)
    INCLUDE (measured_at, body_site, quality, by, device, received_at, readings);

-- Below `rolled_until`, reading_hour is complete but for the hours that are due. Below `closed_until`, whoever stores a
-- reading says that its hour is due.
CREATE TABLE reading_rollup (
    one          boolean PRIMARY KEY DEFAULT true CHECK (one),
    rolled_until timestamptz NOT NULL DEFAULT '1900-01-01Z',
    closed_until timestamptz NOT NULL DEFAULT '1900-01-01Z' CHECK (closed_until >= rolled_until)
);
INSERT INTO reading_rollup DEFAULT VALUES;

CREATE TABLE reading_hour_due (
    patient text NOT NULL,
    code    text NOT NULL,
    hour    timestamptz NOT NULL
);
CREATE INDEX reading_hour_due_stream ON reading_hour_due (patient, code, hour);

-- The rows of one hour, whoever's they are.
CREATE INDEX reading_measured ON reading USING brin (measured_at) WITH (autosummarize = on);
