#!/bin/sh
# Makes every secret of docker-compose.yml: .env, a certificate authority, the broker's certificate and first accounts.
# Run once in a fresh checkout. Never overwrites: to start again remove .env and deploy/secrets (and the volumes).
# VIGIE_PUBLIC_HOST: the name under which devices at home reach the broker (default: this machine's name).
set -eu
umask 077
cd "$(dirname "$0")/.."
folder=deploy/secrets
public=${VIGIE_PUBLIC_HOST:-$(hostname)}

command -v openssl >/dev/null || { echo "openssl is missing: install the system package 'openssl'" >&2; exit 1; }
for made in .env "$folder"; do
    [ ! -e "$made" ] || { echo "$made exists already: nothing was changed" >&2; exit 1; }
done

random() { openssl rand -hex 24; }
hub=$(random)
health=$(random)
mkdir -p "$folder/broker"

certificates() {
    openssl ecparam -name prime256v1 -genkey -noout -out "$folder/ca.key"
    openssl req -x509 -new -key "$folder/ca.key" -sha256 -days 3650 -subj "/CN=Vigie broker authority" \
        -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign" -out "$folder/ca.crt"
    openssl ecparam -name prime256v1 -genkey -noout -out "$folder/broker/server.key"
    openssl req -new -key "$folder/broker/server.key" -subj "/CN=$public" -out "$folder/server.csr"
    printf 'subjectAltName=DNS:broker,DNS:rabbit-one,DNS:rabbit-two,DNS:rabbit-three,DNS:localhost,DNS:%s\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n' \
        "$public" > "$folder/server.ext"
    openssl x509 -req -in "$folder/server.csr" -CA "$folder/ca.crt" -CAkey "$folder/ca.key" -CAcreateserial -sha256 \
        -days 820 -extfile "$folder/server.ext" -out "$folder/broker/server.crt" 2>/dev/null
    rm "$folder/server.csr" "$folder/server.ext"
    cp "$folder/ca.crt" "$folder/broker/ca.crt"
}

# One account in the form of Mosquitto's dynamic security plugin: name, password, roles (JSON).
account() {
    salt=$(openssl rand -hex 6)
    hash=$(openssl kdf -keylen 64 -kdfopt digest:SHA512 -kdfopt "pass:$2" -kdfopt "salt:$salt" -kdfopt iter:101 \
        -binary PBKDF2 | openssl base64 -A)
    salt=$(printf '%s' "$salt" | openssl base64 -A)
    printf '{"username":"%s","password":"%s","salt":"%s","iterations":101,"roles":[%s]}' "$1" "$hash" "$salt" "$3"
}

rules() { # type topic...
    kind=$1
    shift
    for topic in "$@"; do
        printf ',{"acltype":"%s","topic":"%s","allow":true}' "$kind" "$topic"
    done
}

accounts() {
    lanes='vigie/1/+/+/obs vigie/1/+/+/bulk vigie/1/+/+/st vigie/1/_hub/# $SYS/broker/publish/messages/dropped'
    answers='vigie/1/+/+/ack vigie/1/+/+/cmd vigie/1/+/hub vigie/1/_hub/#'
    control='$CONTROL/dynamic-security/#'
    set -f
    # shellcheck disable=SC2086
    hub_rules="$(rules publishClientSend $answers)$(rules subscribePattern $lanes)$(rules publishClientReceive $lanes)"
    admin_rules="$(rules publishClientSend "$control")$(rules subscribePattern "$control")$(rules publishClientReceive "$control")"
    health_rules="$(rules subscribePattern '$SYS/broker/uptime')$(rules publishClientReceive '$SYS/broker/uptime')"
    set +f
    printf '{"clients":[%s,%s,%s],' "$(account vigie-hub "$hub" '{"rolename":"hub"},{"rolename":"accounts"}')" \
        "$(account vigie-hub-bulk "$hub" '{"rolename":"hub"}')" "$(account health "$health" '{"rolename":"health"}')"
    printf '"groups":[],"roles":[{"rolename":"hub","acls":[%s]},{"rolename":"accounts","acls":[%s]},{"rolename":"health","acls":[%s]}],' \
        "${hub_rules#,}" "${admin_rules#,}" "${health_rules#,}"
    printf '"defaultACLAccess":{"publishClientSend":false,"publishClientReceive":false,"subscribe":false,"unsubscribe":true}}\n'
}

certificates
accounts > "$folder/broker/dynamic-security.json"
chmod 755 "$folder"
chmod 644 "$folder/ca.crt" # public; the hub's container reads it as another user
cat > .env <<EOF
# Made by deploy/make-secrets.sh. Keep a copy in a safe place; never commit it.
POSTGRES_PASSWORD=$(random)
MQTT_HUB_PASSWORD=$hub
MQTT_HEALTH_PASSWORD=$health
VIGIE_SECRET_KEY=$(openssl rand -hex 32)
# Of the profile cluster
REPLICATION_PASSWORD=$(random)
RABBITMQ_PASSWORD=$(random)
RABBITMQ_COOKIE=$(random)
EOF
echo "made .env and $folder; devices need $folder/ca.crt and the address $public:8883"
