"""A whole hub for the escalation tests: a ward in aplasia, people on call, gateways on loopback, a protocol with near
steps that was signed, and what was told to whom, as rows and as the gateways saw it."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import duty
from bench.duty import Step
from domain.instants import MINUTE, SECOND, Micros, micros
from tests.flow import delivery_world
from tests.flow.hub_world import PASSWORD, SITE, Trial, aplasia, devices_of, spec, temperature, trial, until
from tests.flow.ingest_support import Device
from tests.support.gateways import Gateway, MailServer, gateway, mail_server
from vigie.clock import real_now
from vigie.embedded.world import READY_WITHIN

LATEST = 5.0  # seconds after its deadline by which every step must have gone out
# Besides nurse1 and doc1, who have accounts everywhere. On call are those of DUTY: nurse2, not nurse1.
PEOPLE = {"nurse2": "nurse", "doc2": "physician", "coord1": "coordinator", "op1": "operator"}
DUTY = {"nurse2": "nurse", "doc2": "physician", "coord1": "coordinator"}
# Seconds instead of minutes: who and how as shipped.
STEPS: tuple[Step, ...] = (
    (0, "nurse", ("console", "sms")),
    (8 / 60, "nurse", ("voice",)),
    (14 / 60, "physician", ("sms", "voice")),
    (20 / 60, "coordinator", ("email",)),
)


class Ward:
    """A trial with patients, people and gateways, whose hub calls them."""

    def __init__(self, running: Trial, server: Gateway, mails: MailServer) -> None:
        self.running, self.server, self.mails = running, server, mails
        self.world = running.world
        self.devices: dict[str, Device] = {}
        self._sent: dict[str, int] = {}

    @property
    def url(self) -> str:
        """The database."""
        return self.world.database_url

    def prepare(
        self, *patients: str, steps: Sequence[Step] = STEPS, rosters: bool = True, protocol: str = "chemo-aplasia"
    ) -> None:
        """Patients inside the window, people, a roster, and the protocol drafted, signed and active."""
        at = real_now()
        self.running.register([spec(name, "stable", **aplasia(at)) for name in patients])
        with self.world.connect() as conn:
            duty.add_people(conn, PEOPLE, SITE, PASSWORD, at=at)
            duty.on_call(conn, SITE, DUTY if rosters else {}, at=at)
            duty.put_in_force(conn, duty.with_steps(protocol, steps), at=at)
        self.devices = devices_of(self.running, *patients)

    def start(self, module: str = "vigie", **settings: str) -> float:
        """Start the hub; how long until it stores."""
        server = self.server.url
        more = {
            "VIGIE_SMS_URL": f"{server}/sms", "VIGIE_VOICE_URL": f"{server}/voice",
            "VIGIE_SMTP_URL": f"smtp://127.0.0.1:{self.mails.port}", "VIGIE_MAIL_FROM": "vigie@ward.test",
        }  # fmt: skip
        argv = [sys.executable, "-m", module, "serve"]
        self.world.hub = self.world.spawn(argv, "hub.log", self.world.env | more | settings)
        return self.world.wait_until_ready(READY_WITHIN)

    def measures(self, patient: str, celsius: float = 39.4) -> int:
        """The patient's thermometer sends a value; its number."""
        seq = self._sent[patient] = self._sent.get(patient, 0) + 1
        self.devices[patient].send(temperature(seq, celsius, at=real_now()))
        return seq

    def acknowledged(self, patient: str) -> int:
        """Up to which number the hub has acknowledged the patient's messages."""
        rows = self.running.ask("SELECT max(seq) FROM message WHERE device = %s", f"dev-{patient}")
        return int(rows[0][0] or 0)

    def alert(self, patient: str, rule: str = "fever") -> dict[str, Any]:
        """The alert of a rule, once it is there: id, version, opened_at."""
        query = "SELECT id, version, opened_at FROM alert WHERE patient = %s AND rule = %s ORDER BY opened_at DESC"
        found = until(lambda: self.running.ask(query, patient, rule))[0]
        return {"id": found[0], "version": found[1], "opened_at": micros(found[2])}

    def deliveries(self, alert: str) -> list[dict[str, Any]]:
        """Every delivery of an alert: step, person, channel, state, instants in microseconds."""
        with self.world.connect() as conn:
            rows = conn.execute(
                """SELECT step, person, channel, delivery.state, due_at, begun_at, sent_at, detail
                   FROM delivery JOIN outbox ON outbox.id = outbox WHERE alert = %s ORDER BY due_at, step, channel""",
                (alert,),
            ).fetchall()
        names = ("step", "person", "channel", "state", "due_at", "begun_at", "sent_at", "detail")
        return [dict(zip(names, (micros(v) if hasattr(v, "tzinfo") else v for v in row), strict=True)) for row in rows]

    def told(self, alert: str) -> set[tuple[int, str, str]]:
        """(step, person, channel) of what went out."""
        return {
            (row["step"], row["person"], row["channel"])
            for row in self.deliveries(alert)
            if row["state"] in ("sent", "delivered")
        }

    def until_told(self, alert: str, wanted: set[tuple[int, str, str]], *, within: float) -> None:
        """Wait until exactly these went out (more is a fault that the caller sees in `told`)."""
        until(lambda: wanted <= self.told(alert), within=within)

    def lateness(self, alert: dict[str, Any], steps: Sequence[Step] = STEPS) -> dict[tuple[int, str], float]:
        """(step, channel) -> seconds from its deadline to the moment the other side took it.

        The deadline of a step's first channel is that of the protocol after the alert opened; of a next channel, the
        one its row says.
        """
        found = {}
        for row in self.deliveries(alert["id"]):
            minutes, _, how = steps[row["step"]]
            deadline = alert["opened_at"] + round(minutes * MINUTE) if row["channel"] == how[0] else row["due_at"]
            if row["sent_at"] is not None:
                found[row["step"], row["channel"]] = (row["sent_at"] - deadline) / SECOND
        return found

    def kill(self) -> Micros:
        """`kill -9` of the hub; when."""
        self.world.kill_hub()
        return real_now()

    def close(self) -> None:
        """Devices away."""
        for device in self.devices.values():
            device.close()


@contextmanager
def ward(folder: Path, *, speed: float = 1.0, **services: Any) -> Iterator[Ward]:
    """A ward without a hub yet."""
    with trial(folder, speed=speed, **services) as running, gateway() as server, mail_server() as mails:
        made = Ward(running, server, mails)
        try:
            yield made
        finally:
            made.close()


def outcomes(url: str, alert: str) -> Mapping[int, str | None]:
    """What became of each step."""
    rows = delivery_world.fetch(url, f"SELECT step, outcome FROM outbox WHERE alert = '{alert}' ORDER BY id")  # noqa: S608
    return {row["step"]: row["outcome"] for row in rows}
