"""What is wrong with a whole site, in a running hub: nobody on call, no attended console. Such alerts open, escalate to
people and are marked as over by themselves, as those of patients are.

The hub's clock runs twelve times faster, so that its watch looks every five seconds.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect as websocket
from websockets.typing import Origin

from bench import duty
from domain.instants import MINUTE, micros
from tests.flow.escalation_world import DUTY, LATEST, Ward, ward
from tests.flow.hub_world import SITE, console, until

SPEED = 12.0
STEPS: tuple[duty.Step, ...] = ((0, "nurse", ("sms",)), (1, "coordinator", ("voice",)), (2, "physician", ("sms",)))
NOBODY, UNATTENDED = "nobody-on-call", "no-attended-console"


def events(here: Ward, rule: str) -> list[tuple[str, str, int]]:
    """(kind, state, step) of every event of the site's alert of a rule."""
    return here.running.ask(
        "SELECT kind, state, (body -> 'alert' -> 'escalation' ->> 'step')::int FROM alert_event"
        " WHERE patient = %s AND rule = %s ORDER BY id",
        f"site.{SITE}",
        rule,
    )


@contextmanager
def attended(here: Ward, name: str) -> Iterator[None]:
    """A console in front of somebody: it follows the feed, answers, and its alarm can be heard."""
    over = threading.Event()
    with console(here.running, name) as client:
        cursor = client.get("/api/snapshot").json()["cursor"]
        ticket = client.post("/api/feed-ticket", headers={"Origin": here.world.url}).json()["ticket"]
        address = f"{here.world.url.replace('http', 'ws', 1)}/api/feed?ticket={ticket}&cursor={cursor}"
        with websocket(address, origin=Origin(here.world.url)) as feed:

            def answer() -> None:
                while not over.is_set():
                    feed.send(json.dumps({"visible": True, "sounds": True}))
                    try:
                        feed.recv(timeout=1)
                    except TimeoutError:
                        continue
                    except ConnectionClosed:
                        return

            answering = threading.Thread(target=answer, daemon=True)
            answering.start()
            try:
                yield
            finally:
                over.set()
                answering.join(5)


def test_site_alerts_open_escalate_and_are_over_by_themselves(plain_database_url: str, service_folder: Path) -> None:
    with ward(service_folder, speed=SPEED, database_url=plain_database_url) as here:
        here.prepare("p1", steps=STEPS, rosters=False, protocol="site-watch")
        here.start(VIGIE_UNATTENDED_MINUTES="0.5")
        gap = until(lambda: _alert(here, NOBODY), within=30)
        everyone = {(0, "nurse1", "sms"), (0, "nurse2", "sms"), (1, "coord1", "voice"), (2, "doc2", "sms")}
        # nobody is on call: every account with the role is called; nurse1 and doc1 have left no number
        here.until_told(gap["id"], everyone - {(0, "nurse1", "sms")}, within=40)
        assert here.told(gap["id"]) <= everyone
        for late in _lateness(here, gap):
            assert late <= LATEST
        empty = until(lambda: _alert(here, UNATTENDED), within=60)
        here.until_told(empty["id"], {(0, "nurse2", "sms")}, within=10)
        with here.world.connect() as conn:
            duty.call(conn, SITE, DUTY, at=here.world.clock.now())
        with attended(here, "nurse1"):
            until(lambda: all(_is_over(here, rule) for rule in (NOBODY, UNATTENDED)), within=40)
        for rule in (NOBODY, UNATTENDED):
            kinds = [kind for kind, _, _ in events(here, rule)]
            assert (kinds[0], kinds.count("opened"), kinds.count("cleared")) == ("opened", 1, 1)
            [(state, over)] = here.running.ask(
                "SELECT state, condition_to IS NOT NULL FROM alert WHERE patient = %s AND rule = %s",
                f"site.{SITE}", rule,
            )  # fmt: skip
            assert (state, over) == ("open", True), "marked as over; a person still closes it"
        steps = [step for kind, _, step in events(here, NOBODY) if kind == "escalated"]
        assert steps == [1, 2]


def _alert(here: Ward, rule: str) -> dict[str, Any] | None:
    rows = here.running.ask(
        "SELECT id, severity, opened_at FROM alert WHERE patient = %s AND rule = %s", f"site.{SITE}", rule
    )
    return None if not rows else {"id": rows[0][0], "severity": rows[0][1], "opened_at": micros(rows[0][2])}


def _is_over(here: Ward, rule: str) -> bool:
    return "cleared" in [kind for kind, _, _ in events(here, rule)]


def _lateness(here: Ward, alert: dict[str, Any]) -> list[float]:
    """Real seconds from each step's deadline to its sending."""
    return [
        here.world.clock.real_seconds(row["sent_at"] - alert["opened_at"] - round(STEPS[row["step"]][0] * MINUTE))
        for row in here.deliveries(alert["id"])
        if row["sent_at"] is not None
    ]
