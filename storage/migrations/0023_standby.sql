-- The owner's connection: when it is gone and does not come back within seconds, a waiting hub takes over.
ALTER TABLE lease
    ADD COLUMN backend         integer,
    ADD COLUMN backend_started timestamptz;
