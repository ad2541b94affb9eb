-- Ids of events on this timeline begin above this: each promotion of a standby begins a timeline, and what the former primary
-- had confirmed alone may be gone. So an id never names two events, and a console knows by its cursor that it must read anew.
CREATE FUNCTION feed_base() RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT (('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint - 1) << 40
$$;
