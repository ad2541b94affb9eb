"""Clocks, budget and yield as JSON and as rows for a file. Pure; used by the console and by `vigie figures`."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from alerts import aplasia_clock, budget
from alerts.aplasia_clock import Clock, Figure, MarkAt, Spread, Step
from alerts.budget import Bin, Budget, Yield
from alerts.protocol.library import rule_titles
from alerts.responses import Responses
from domain.instants import MINUTE, SECOND, Micros, iso
from storage.answer_channels import Channel
from storage.marks import Mark

TARGET = {
    "minutes": aplasia_clock.TARGET // MINUTE,
    "source": aplasia_clock.TARGET_SOURCE,
    "status": aplasia_clock.TARGET_STATUS,
}
REFERENCE = {
    "minutes": budget.BIN // MINUTE,
    "steady": budget.STEADY,
    "flood": budget.FLOOD,
    "shares": budget.SHARES,
    "source": budget.SOURCE,
    "status": budget.STATUS,
    "acted_within_h": budget.ACTED_WITHIN // (60 * MINUTE),
}


def clocks_of(marks: Iterable[Mark]) -> list[Clock]:
    """Marks as rows, put together by alert, in the order in which alerts come."""
    grouped: dict[str, list[Mark]] = {}
    for mark in marks:
        grouped.setdefault(mark.alert, []).append(mark)
    return [_clock(found) for found in grouped.values()]


def _clock(found: Sequence[Mark]) -> Clock:
    one = found[0]
    reached = [(each.mark, MarkAt(each.at, each.who, each.source)) for each in found]
    return aplasia_clock.clock(one.alert, one.patient, one.site, rule=one.rule, marks=reached)


def clock_json(clock: Clock, now: Micros) -> dict[str, Any]:
    """One clock: seven marks in order, null where one is missing."""
    return {
        "alert": clock.alert,
        "patient": clock.patient,
        "site": clock.site,
        "rule": clock.rule,
        "verdict": aplasia_clock.verdict(clock, now),
        "marks": [_step(step) for step in aplasia_clock.steps(clock)],
    }


def _step(step: Step) -> dict[str, Any]:
    reached = step.reached
    return {
        "mark": step.mark,
        "at": None if reached is None else iso(reached.at),
        "who": None if reached is None else reached.who,
        "source": None if reached is None else reached.source,
        "since_signal_s": seconds(step.since_signal),
        "since_before_s": seconds(step.since_before),
    }


def seconds(taken: Micros | None) -> float | None:
    """Micros as seconds."""
    return None if taken is None else round(taken / SECOND, 1)


def minutes(taken: Micros | None) -> float | None:
    """Micros as minutes, one decimal."""
    return None if taken is None else round(taken / MINUTE, 1)


def percent(share: float | None) -> float | None:
    """A share as %, one decimal."""
    return None if share is None else round(100 * share, 1)


def figure_json(found: Figure) -> dict[str, Any]:
    """A site's month. Null: there is nothing to say it of."""
    dose = found.spreads["antibiotic"]
    return {
        "site": found.site,
        "n": found.n,
        "within": found.within,
        "over": found.over,
        "missing": found.missing,
        "running": found.running,
        "within_percent": percent(found.share),
        "median_min": minutes(dose.median),
        "p90_min": minutes(dose.p90),
        "marks": _marks_json(found.spreads),
    }


def _marks_json(spreads: Mapping[str, Spread]) -> list[dict[str, Any]]:
    return [
        {
            "mark": mark,
            "n": each.n,
            "missing": each.missing,
            "median_min": minutes(each.median),
            "p90_min": minutes(each.p90),
        }
        for mark, each in spreads.items()
    ]


def bin_json(found: Bin) -> dict[str, Any]:
    """Ten minutes of a site."""
    return {
        "site": found.site,
        "from": iso(found.at),
        "high": found.high,
        "medium": found.medium,
        "low": found.low,
        "alerts": found.total,
        "consoles": found.consoles,
        "per_console": round(found.load, 2),
    }


def budget_json(found: Budget) -> dict[str, Any]:
    """A site's stretch. Null: no alert, or no patient, to say it of."""
    shares = found.shares
    return {
        "site": found.site,
        "alerts": found.calls,
        "ten_minutes": found.bins,
        "per_console_mean": None if found.mean is None else round(found.mean, 3),
        "per_console_most": round(found.most, 2),
        "over_steady": found.over_steady,
        "floods": found.floods,
        "shares_percent": None if shares is None else {name: percent(share) for name, share in shares.items()},
        "patient_days": round(found.patient_days, 2),
        "per_patient_day": None if found.per_patient_day is None else round(found.per_patient_day, 3),
    }


def yield_json(found: Yield) -> dict[str, Any]:
    """What became of a rule's alerts."""
    return {
        "site": found.site,
        "rule": found.rule,
        "opened": found.opened,
        "acted": found.acted,
        "undecided": found.undecided,
        "yield_percent": percent(found.share),
        "median_min": minutes(found.median),
    }


def responses_json(found: Responses) -> dict[str, Any]:
    """How fast the alerts of one severity were answered."""
    return {"severity": found.severity, "n": found.n, "marks": _marks_json(found.spreads)}


def titles_json(rules: Iterable[str]) -> dict[str, dict[str, str]]:
    """What each rule is called, in both languages."""
    called = rule_titles()
    return {rule: {"fr": called(rule).fr, "en": called(rule).en} for rule in rules}


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row for a table or a file: nested figures get names of their own, what cannot be said is the word `none`."""
    out: dict[str, Any] = {}
    for name, value in row.items():
        if name == "marks":
            for each in value:
                out |= {f"{each['mark']}_{key}": _word(each[key]) for key in ("missing", "median_min", "p90_min")}
        elif name == "shares_percent":
            out |= {f"{each}_percent": _word(None if value is None else value[each]) for each in budget.SHARES}
        else:
            out[name] = _word(value)
    return out


def _word(value: Any) -> Any:
    return "none" if value is None else value


def csv_text(rows: Sequence[Mapping[str, Any]], empty: Mapping[str, Any]) -> str:
    """Rows as CSV; the columns are those of `empty`, there even without a row."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(flat(empty)), lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat(row) for row in rows)
    return out.getvalue()


def channel_json(row: Channel) -> dict[str, Any]:
    """Rounds of answers that came by one channel."""
    return {
        "site": row.site,
        "channel": row.channel,
        "by": row.by,
        "rounds": row.rounds,
        "patients": row.patients,
    }
