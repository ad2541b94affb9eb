"""A rule that takes 30 s, in a running hub: it is out for its patient, an alert says so, and the others' go on."""

import time
from pathlib import Path

from alerts.isolation import LONGEST
from bench.setting import cpu_seconds
from domain.instants import SECOND
from tests.flow.escalation_world import ward
from tests.flow.hub_world import until
from tests.flow.runaway_hub import PATIENT
from vigie.clock import real_now

BESIDES_S = 4.0  # processor time of everything else in the hub meanwhile


def test_a_rule_that_runs_away_is_out_and_said_within_a_minute_and_the_others_go_on(
    plain_database_url: str, service_folder: Path
) -> None:
    with ward(service_folder, database_url=plain_database_url) as here:
        here.prepare(PATIENT, "p1", "p2")
        here.start(module="tests.flow.runaway_hub", PYTHONPATH=str(Path(__file__).parents[2]))
        assert here.world.hub is not None
        used, begun, sent_at = cpu_seconds(here.world.hub.pid), time.monotonic(), real_now()
        here.measures(PATIENT)
        time.sleep(0.5)
        here.measures("p1")
        until(lambda: here.running.ask("SELECT 1 FROM alert WHERE patient = 'p1' AND rule = 'fever'"), within=58)
        held, used = time.monotonic() - begun, cpu_seconds(here.world.hub.pid) - used
        assert used <= LONGEST + BESIDES_S, "held up no longer than the isolation allows"
        fault = here.alert(PATIENT, "engine-fault")
        assert (fault["opened_at"] - sent_at) / SECOND < 60
        told = time.monotonic() - begun
        print(f"others held up {held:.1f} s ({used:.1f} s of processor time), fault on record after {told:.1f} s")
        assert told < 60
        severity = here.running.ask("SELECT severity, criterion FROM alert WHERE id = %s", fault["id"])
        assert severity == [("high", "fever")]
        _goes_on(here.measures, here.alert)
        assert here.acknowledged(PATIENT) == 2
        until(lambda: (0, "nurse2", "sms") in here.told(fault["id"]), within=60)


def _goes_on(measures: object, alert: object) -> None:
    """The rule is out: nobody waits for it a second time."""
    assert callable(measures)
    assert callable(alert)
    begun = time.monotonic()
    measures(PATIENT)
    measures("p2")
    alert("p2")
    assert time.monotonic() - begun < 5
