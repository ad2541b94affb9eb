#!/bin/sh
# Gives RabbitMQ's user its key, then becomes RabbitMQ.
set -eu
tls=/var/lib/rabbitmq/tls
mkdir -p "$tls"
cp /run/vigie/broker/ca.crt /run/vigie/broker/server.crt /run/vigie/broker/server.key "$tls/"
chown -R rabbitmq "$tls"
chmod 600 "$tls/server.key"
exec docker-entrypoint.sh rabbitmq-server
