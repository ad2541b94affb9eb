-- A lease is alive while its owner was seen within 30 s of the database's own clock, and overlaps others by its sites.
-- sites: those of the group; empty: every site. seen_at -infinity: released.
ALTER TABLE lease
    ADD COLUMN seen_at timestamptz NOT NULL DEFAULT '-infinity',
    ADD COLUMN sites   text[] NOT NULL DEFAULT '{}';

-- An alert has one event of each version; a refused action changes nothing and keeps the version it met.
CREATE UNIQUE INDEX alert_event_once ON alert_event (alert, version) WHERE kind <> 'refused';
