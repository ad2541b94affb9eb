#!/bin/sh
# Gives RabbitMQ's user its key, then becomes RabbitMQ.
set -eu
: "${RABBITMQ_DEFAULT_PASS:?run deploy/make-secrets.sh}" "${RABBITMQ_ERLANG_COOKIE:?run deploy/make-secrets.sh}"
tls=/var/lib/rabbitmq/tls
mkdir -p "$tls"
cp /run/vigie/broker/ca.crt /run/vigie/broker/server.crt /run/vigie/broker/server.key "$tls/"
chown -R rabbitmq "$tls"
chmod 600 "$tls/server.key"
exec docker-entrypoint.sh rabbitmq-server
