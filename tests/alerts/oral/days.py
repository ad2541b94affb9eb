"""Short ways to write an oral plan and intakes in tests: local times of Paris, one patient."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from alerts.oral.expected import Expected, expected
from alerts.oral.plan import oral_plan
from domain.instants import Micros, micros, moment
from domain.values import Intake, Origin

PARIS = "Europe/Paris"
CAPECITABINE = {
    "drug": "capecitabine",
    "dose_mg": 1500,
    "times": ["08:00", "20:00"],
    "cycle": {"on": 14, "off": 7, "start": "2026-11-16"},
}
IMATINIB = {"drug": "imatinib", "dose_mg": 400, "times": ["08:00"]}
METHOTREXATE = {"drug": "methotrexate", "dose_mg": 15, "times": ["08:00"], "weekdays": ["mon"]}


def local(text: str, zone: str = PARIS) -> Micros:
    """`2026-11-22 08:00` on the wall."""
    return micros(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)))


def wall(at: Micros, zone: str = PARIS) -> str:
    """The opposite."""
    return moment(at).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def plan(*oral: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A care plan with these drugs."""
    return {"protocol": "oral-therapy", "oral": list(oral), **fields}


def due(care: dict[str, Any], start: str, end: str, zone: str = PARIS) -> list[str]:
    """When doses are due between two local midnights."""
    return [wall(dose.due_at, zone) for dose in doses(care, start, end)]


def doses(care: dict[str, Any], start: str, end: str) -> list[Expected]:
    """The doses themselves."""
    return expected(oral_plan(care), local(f"{start} 00:00"), local(f"{end} 00:00"))


def intake(
    text: str, state: str = "taken", drug: str = "capecitabine", *, by: str = "patient", seq: int = 0, **fields: Any
) -> Intake:
    """One intake at a local time. `received`: when it came, if not at once; `due`: the dose it names."""
    at = local(text)
    received = local(fields.pop("received", text))
    named = fields.pop("due", None)
    device = fields.pop("device", by)
    return Intake(
        "P1", drug, None if named is None else local(named), at, fields.pop("n", None), fields.pop("mg", None), state,
        at, received, by, Origin(device, "b", seq or at // 1_000_000), fields.pop("index", 0),
    )  # fmt: skip
