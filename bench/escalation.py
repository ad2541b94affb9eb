"""How late the steps of an escalation go out when many alerts are due in the same second: 200 patients with fever at
once, three steps each, gateways on loopback that answer after a while.

python -m bench.escalation --patients 200 --answer-ms 100
"""

import argparse
import json
import tempfile
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from bench import duty, setting
from bench.line import Line
from bench.load import device_names
from domain import wire
from domain.instants import DAY, MINUTE, SECOND, Micros, moment
from storage import deliveries
from storage.connection import Connection
from vigie.embedded.world import World

PATIENTS = 200
ANSWER_MS = 100
PEOPLE = {"nurse1": "nurse", "physician1": "physician", "coordinator1": "coordinator"}
# (minutes, who, how): the first step at once, two more a while after
STEPS: tuple[duty.Step, ...] = (
    (0, "nurse", ("sms",)),
    (0.5, "nurse", ("voice",)),
    (1.0, "physician", ("sms",)),
)
STEPS_END_S = 60.0
GIVE_UP_S = 90.0


class Gateway:
    """An HTTP gateway that takes everything, each after `answer_s` seconds."""

    def __init__(self, answer_s: float) -> None:
        class Answering(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", 0)))
                time.sleep(answer_s)
                self.send_response(200)
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: object) -> None:
                """Quiet."""

        class Roomy(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

        self._server = Roomy(("127.0.0.1", 0), Answering)
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


def measure(folder: Path, *, patients: int = PATIENTS, answer_ms: int = ANSWER_MS) -> dict[str, Any]:
    """Lateness of each step and of all, in seconds: begun, and taken by the gateway."""
    world, gateway = World(folder), Gateway(answer_ms / 1000)
    try:
        world.start_services()
        devices = device_names(patients)
        at = world.clock.now()
        setting.register(world, devices, at=at + DAY)  # watched from now on: nobody is silent yet
        with world.connect() as conn:
            duty.add_people(conn, PEOPLE, setting.SITE, "correct-horse-battery-staple", at=at)
            duty.on_call(conn, setting.SITE, PEOPLE, at=at)
            duty.put_in_force(conn, duty.with_steps("chemo-aplasia", STEPS), at=at)
        url = setting.publisher(world)
        settings = {"VIGIE_SMS_URL": f"{gateway.url}/sms", "VIGIE_VOICE_URL": f"{gateway.url}/voice"}
        world.start_hub(settings=settings)
        world.wait_until_ready()
        time.sleep(1.0)
        begun = world.clock.now()
        _fevers(url, devices)
        with world.connect() as conn:
            _wait(conn, patients)
            return {"patients": patients, "answer_ms": answer_ms, **_figures(conn, begun)}
    finally:
        world.close()
        gateway.close()


def _fevers(url: str, devices: list[str]) -> None:
    """Everybody has a fever at once."""
    line = Line(url, 2000)
    stamp = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z").encode()
    for device in devices:
        payload = b'{"v":1,"boot":"fever","seq":1,"t":"%s","obs":[{"c":"8310-5","v":39.6,"u":"Cel"}]}' % stamp
        topic = wire.device_topic(setting.SITE, device, "obs").encode()
        line.publish(len(topic).to_bytes(2) + topic, payload)
    until = time.monotonic() + 2
    while time.monotonic() < until:
        line.flush()
        for _ in line.receive():
            pass
        time.sleep(0.01)


def _wait(conn: Connection, patients: int) -> None:
    """Until the last step of every patient is over, or nothing is to be expected any more."""
    end = time.monotonic() + STEPS_END_S + GIVE_UP_S
    over = "SELECT count(*) FROM outbox WHERE step = %s AND done_at IS NOT NULL"
    while time.monotonic() < end:
        time.sleep(1.0)
        row = conn.execute(over, (len(STEPS) - 1,)).fetchone()
        conn.rollback()
        if row is not None and row[0] >= patients:
            return


def _figures(conn: Connection, begun: Micros) -> dict[str, Any]:
    rows = deliveries.lateness(conn, begun - MINUTE)
    steps = conn.execute(
        """SELECT step, due_at, sent_at FROM delivery JOIN outbox ON outbox.id = outbox WHERE outbox.at >= %s""",
        (moment(begun - MINUTE),),
    ).fetchall()
    due = Counter(row[1].replace(microsecond=0) for row in steps if row[0] == 1)
    found: dict[str, Any] = {
        "alerts": dict(conn.execute("SELECT rule || ' ' || severity, count(*) FROM alert GROUP BY 1").fetchall()),
        "sent": len(rows), "not_sent": sum(row[2] is None for row in steps),
        "due_in_one_second": max(due.values(), default=0),
        "begun": _spans([row.begun_at - row.due_at for row in rows]),
        "taken": _spans([row.sent_at - row.due_at for row in rows]),
    }  # fmt: skip
    for number in range(len(STEPS)):
        spans = [(sent - due_at).total_seconds() for step, due_at, sent in steps if step == number and sent is not None]
        found[f"taken_step_{number}"] = _spans([round(span * SECOND) for span in spans])
    return found


def _spans(found: list[Micros]) -> dict[str, float | None]:
    ordered = sorted(found)
    if not ordered:
        return {"p50_s": None, "p99_s": None, "max_s": None}
    p50, p99 = (ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.5, 0.99))
    return {
        "p50_s": round(p50 / SECOND, 2), "p99_s": round(p99 / SECOND, 2), "max_s": round(ordered[-1] / SECOND, 2)
    }  # fmt: skip


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=PATIENTS)
    parser.add_argument("--answer-ms", type=int, default=ANSWER_MS)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vigie-bench-", dir=setting.FOLDER) as folder:
        Path(folder).chmod(0o711)
        print(json.dumps(measure(Path(folder), patients=asked.patients, answer_ms=asked.answer_ms), indent=1))


if __name__ == "__main__":
    main()
