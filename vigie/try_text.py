"""A comparison of protocols as tables and sentences for a physician. No arithmetic here."""

from collections.abc import Iterator

from rich.console import Group
from rich.table import Table
from rich.text import Text

from alerts.trial.compare import Comparison, Lead, Rule, Span
from domain.instants import HOUR


def shown(found: Comparison, *, now: str, new: str, span: Span) -> Group:
    """Everything, under names for the two sides."""
    parts: list[Table | Text] = [Text(line) for line in sentences(found, now=now, new=new)]
    parts.append(_rules(found))
    if found.seen:
        parts.append(_seen(found))
        parts.append(
            Text(
                f"An alert tells of an event when it was raised at most {span.before / HOUR:g} h before or "
                f"{span.after / HOUR:g} h after it. "
                "Lead time: hours from the first such alert to the event, median (quartiles); negative: it came after."
            )
        )
    return Group(*parts)


def sentences(found: Comparison, *, now: str, new: str) -> Iterator[str]:
    """What a reader in a hurry must know."""
    total = found.total
    yield f"Now: {now}. New: {new}."
    patients = "1 patient" if found.patients == 1 else f"{found.patients} patients"
    yield f"{patients}, {found.patient_days:g} patient-days, the same records under both."
    if not total.now and not total.new:
        yield "Neither raises any alert."
        return
    yield (
        f"The new protocol raises {total.new} alerts where {total.now} are raised now "
        f"({total.new_a_day:.3g} instead of {total.now_a_day:.3g} a patient-day): "
        f"{total.gained} gained, {total.lost} lost."
    )


def _rules(found: Comparison) -> Table:
    table = Table("rule", title="Alerts by rule", title_justify="left")
    for head in ("now", "new", "gained", "lost", "now, a patient-day", "new, a patient-day"):
        table.add_column(head, justify="right")
    for rule in found.rules:
        table.add_row(*_cells(rule))
    table.add_section()
    table.add_row(*_cells(found.total))
    return table


def _cells(rule: Rule) -> tuple[str, ...]:
    gained, lost = (f"+{rule.gained}" if rule.gained else "", f"-{rule.lost}" if rule.lost else "")
    return (rule.rule, str(rule.now), str(rule.new), gained, lost, f"{rule.now_a_day:.3g}", f"{rule.new_a_day:.3g}")


def _seen(found: Comparison) -> Table:
    table = Table("event", "rule", title="Known events that were told of", title_justify="left")
    for head in ("events", "found now", "found new", "lead now, h", "lead new, h"):
        table.add_column(head, justify="right")
    for one in found.seen:
        table.add_row(
            one.kind, one.rule, str(one.events), _share(one.now), _share(one.new), _lead(one.now), _lead(one.new)
        )
    return table


def _share(found: Lead) -> str:
    return "-" if found.sensitivity is None else f"{found.found} ({found.sensitivity:.0%})"


def _lead(found: Lead) -> str:
    if found.median is None or found.lower is None or found.upper is None:
        return "-"
    lower, median, upper = (round(hours, 1) + 0.0 for hours in (found.lower, found.median, found.upper))
    return f"{median:.1f} ({lower:.1f} to {upper:.1f})"
