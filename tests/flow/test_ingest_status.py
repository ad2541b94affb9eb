"""Status topics: a cleared one is nothing, one that cannot be read is kept with the patient who wears the device."""

from storage.connection import connect
from tests.flow.ingest_support import Device, Wiring, count, real_now, register, running, until
from tests.ingest.support import RecordingDecider, payload
from tests.support.broker import Broker


def test_a_cleared_status_is_nothing_and_a_bad_one_is_quarantined(database_url: str, broker: Broker) -> None:
    register(database_url, {"st1": "P1"})
    device = Device(broker, "st1")
    decider = RecordingDecider()
    with running(Wiring(database_url, decider), broker):
        topic = "vigie/1/s1/st1/st"
        for body in (b'{"online":true}', b"", b'{"online":"perhaps"}'):
            device.client.publish(topic, body, qos=1, retain=True)
        device.client.publish(topic, b"", qos=1, retain=True)
        device.send(payload(1, t=real_now()))
        until(lambda: count(database_url, "SELECT count(*) FROM reading") == 1)
    with connect(database_url) as conn:
        rows = conn.execute("SELECT reason, site, device, patient, payload FROM rejected").fetchall()
    assert rows == [("malformed", "s1", "st1", "P1", b'{"online":"perhaps"}')]
    assert count(database_url, "SELECT online FROM device") is True
    assert [patient for patient, _ in decider.adopted] == ["P1", "P1"]
    device.close()
