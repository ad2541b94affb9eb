"""The scores of two files: their columns, the column both share, the call in between. Wiring; caller: asked_file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from vigie import asked_dosing, asked_refill
from vigie.asked_events import Line
from vigie.score_cells import Cells
from vigie.score_rows import Answer


@dataclass(frozen=True)
class AskedColumns:
    """One shape of ask: the columns it must have, those it gets, and the call for a row and the events it is about."""

    needs: tuple[str, ...]
    gives: tuple[str, ...]
    answer: Callable[[Cells, tuple[Line, ...]], list[Answer]]


@dataclass(frozen=True)
class Asked:
    """One score of two files."""

    key: str
    events: tuple[str, ...]
    shapes: tuple[AskedColumns, ...]


_SUPPLIES = ("patient_id", "date", "per_day", "drug", "duration_days")
_WINDOW = ("ow_start_day", "ow_duration_days", "fuw_duration_days", "carry_over", "dose_change_considered")
ASKED: Mapping[str, Asked] = {
    "refill_adherence": Asked(
        "patient_id",
        _SUPPLIES,
        (
            AskedColumns(("patient_id", "cma", "scenario", "options"), ("value",), asked_refill.in_words),
            AskedColumns(("patient_id", "cma", *_WINDOW), ("value",), asked_refill.in_columns),
        ),
    ),
    "refill_episodes": Asked(
        "patient_id",
        _SUPPLIES,
        (
            AskedColumns(
                ("patient_id", "permissible_gap_days", "switch_starts_new_episode"),
                ("episode", "start", "end", "duration_days", "end_gap_days"),
                asked_refill.in_episodes,
            ),
        ),
    ),
    "dosing_adherence": Asked(
        "case_id",
        ("case_id", "local_time", "tablets_or_openings"),
        (
            AskedColumns(
                (
                    "case_id",
                    "prescribed_per_day",
                    "prescribed_interval_h",
                    "observed_from",
                    "days_observed",
                    "day_boundary",
                    "due_days",
                    "prescribed_doses",
                ),
                asked_dosing.MEASURES,
                asked_dosing.measures,
            ),
        ),
    ),
}
