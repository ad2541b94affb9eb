#!/bin/sh
# The first time a copy of the primary; then PostgreSQL, which follows it. To make a former primary a replica, empty its volume.
set -eu
: "${REPLICATION_PASSWORD:?run deploy/make-secrets.sh}"
if [ ! -e "$PGDATA" ]; then
    until pg_isready -q -h "$PRIMARY_HOST" -p "${PRIMARY_PORT:-5432}" -U replicator; do sleep 1; done
    rm -rf "$PGDATA.new" # a copy that broke off
    PGPASSWORD=$REPLICATION_PASSWORD pg_basebackup -h "$PRIMARY_HOST" -p "${PRIMARY_PORT:-5432}" -U replicator \
        -D "$PGDATA.new" -R -X stream -c fast -S replica
    mv "$PGDATA.new" "$PGDATA"
fi
exec "$@"
