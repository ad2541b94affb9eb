"""The script people write: paho-mqtt, automatic acknowledgement, a commit a row. Arguments: database, broker, topic."""

import json
import sys
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
import psycopg


def main(database_url: str, mqtt_url: str, topic: str) -> None:
    """Subscribe, insert each value as it comes, commit it."""
    conn = psycopg.connect(database_url)
    where = urlsplit(mqtt_url)

    def on_connect(client: mqtt.Client, *_: object) -> None:
        client.subscribe(topic, qos=1)

    def on_message(_client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        found = json.loads(message.payload)
        device = message.topic.split("/")[3]
        for value in found["obs"]:
            conn.execute(
                "INSERT INTO peer (device, seq, code, value, measured_at) VALUES (%s, %s, %s, %s, %s)",
                (device, found["seq"], value["c"], value["v"], found["t"]),
            )
            conn.commit()

    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=where.username or "")
    client.username_pw_set(where.username, where.password)
    client.on_connect = on_connect
    client.on_message = on_message
    client.connect(where.hostname or "", where.port or 1883)
    client.loop_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
