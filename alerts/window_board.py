"""The aplasia windows of many patients at once, for the work list: three statements, whatever their number.

The same window as `window_desk` shows for one patient. Called by the console.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from psycopg import Connection

from alerts.core.codes import MODELS
from alerts.core.state import KEPT_FORETOLD
from alerts.loading import COUNTS, Rules
from alerts.protocol.compiled import Compiled, compile_plan
from alerts.window_desk import WindowNow, rules_now, window_from
from domain.instants import Micros
from domain.values import Reading
from domain.vocabulary import NEUTROPHILS
from storage import history, model_outputs


class Stay(Struct, frozen=True):
    """A patient, their site and their plan (None: the project's default)."""

    patient: str
    site: str
    plan: dict[str, Any] | None


def windows(conn: Connection[Any], stays: Sequence[Stay], *, at: Micros) -> dict[str, WindowNow]:
    """Patient -> window, of those whose protocol has one and whose plan can be used."""
    rules = rules_now(conn, at)
    compiled = {each.patient: found for each in stays if (found := _compiled(rules, each)) is not None}
    names = [patient for patient, each in compiled.items() if each.protocol.recovery is not None]
    counts: dict[str, list[Reading]] = defaultdict(list)
    for reading in history.newest(conn, names, [NEUTROPHILS], each=COUNTS):
        counts[reading.patient].append(reading)
    foretold = model_outputs.newest(conn, names, list(MODELS), each=KEPT_FORETOLD)
    found = {
        patient: window_from(compiled[patient], counts[patient], foretold.get(patient, ()), at=at) for patient in names
    }
    return {patient: each for patient, each in found.items() if each is not None}


def _compiled(rules: Rules, stay: Stay) -> Compiled | None:
    try:
        return compile_plan(rules.plan(stay.site, stay.plan or {"protocol": "chemo-aplasia"}), rules.library)
    except ValueError:
        return None
