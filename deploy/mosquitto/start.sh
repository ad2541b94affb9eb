#!/bin/sh
# Gives the broker's user its key and, the first time, its accounts; then becomes the broker.
# The broker reads its certificates after it has given up root, so it must own them.
set -eu
secrets=/mosquitto/secrets
store=/mosquitto/data
mkdir -p "$store/tls"
cp "$secrets/server.crt" "$secrets/server.key" "$store/tls/"
[ -f "$store/dynamic-security.json" ] || cp "$secrets/dynamic-security.json" "$store/dynamic-security.json"
chmod 600 "$store/tls/server.key" "$store/dynamic-security.json"
chown -R mosquitto:mosquitto "$store"
exec mosquitto -c /mosquitto/config/mosquitto.conf
