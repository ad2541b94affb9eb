#!/bin/sh
# Once, in a new primary: who may replicate, a place kept for the replica, and commits that wait until it has them on disk.
set -eu
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d postgres -v password="$REPLICATION_PASSWORD" <<'EOF'
CREATE ROLE replicator WITH REPLICATION LOGIN PASSWORD :'password';
SELECT pg_create_physical_replication_slot('replica');
ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (*)';
EOF
echo "host replication replicator all scram-sha-256" >> "$PGDATA/pg_hba.conf"
