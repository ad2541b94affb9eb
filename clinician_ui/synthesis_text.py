"""The daily synthesis in words: the same rows for the page and for the PDF, in French or English. Pure.

Nothing is computed here but text. Words of people stay apart, in `quote`: hostile until escaped.
"""

from datetime import date

from msgspec import Struct

from alerts.core.codes import named
from clinician_ui.synthesis_words import UNITS, by_word, word
from clinician_ui.views import site_name, value_text
from domain.alerts import Said
from domain.instants import HOUR, MINUTE, Micros, moment
from domain.synthesis import AlertLine, Course, DoseLine, GivenLine, StrayLine, Synthesis, Tally, Tomorrow
from domain.wall_clock import local_date, zone_of

NBSP = "\N{NO-BREAK SPACE}"


class Row(Struct, frozen=True):
    """One line. `when`: on the patient's clock. `mark`: a severity, for a sign beside its word. `quote`: a person's."""

    text: str
    when: str = ""
    mark: str = ""
    notes: tuple[str, ...] = ()
    quote: str | None = None


class Section(Struct, frozen=True):
    """One part of the synthesis. `empty`: what is said when it has no row."""

    id: str
    title: str
    empty: str
    rows: tuple[Row, ...]


def sections(found: Synthesis, lang: str) -> list[Section]:
    """The whole synthesis, in order."""
    writer = _Writer(found, lang)
    parts = {
        "course": writer.course(), "alerts": writer.alerts(), "actions": writer.actions(), "trends": writer.trends(),
        "doses": writer.doses(), "symptoms": writer.symptoms(), "tomorrow": writer.tomorrow(),
    }  # fmt: skip
    day = day_text(found.tomorrow.day, lang)
    return [
        Section(name, word(name, lang, day), word(f"none-{name}", lang), tuple(rows)) for name, rows in parts.items()
    ]


def day_text(day: date, lang: str) -> str:
    """25/11/2026 in French, 25 Nov 2026 in English."""
    return day.strftime("%d/%m/%Y") if lang == "fr" else f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def moment_text(at: Micros, zone: str, lang: str) -> str:
    """Day and time on the clock of a zone."""
    local = moment(at).astimezone(zone_of(zone))
    return f"{day_text(local.date(), lang)} {local:%H:%M}"


class _Writer:
    """Rows of one synthesis in one language."""

    def __init__(self, found: Synthesis, lang: str) -> None:
        self.found, self.lang, self.zone = found, lang, zone_of(found.zone)

    def w(self, key: str, *given: object) -> str:
        return word(key, self.lang, *given)

    def said(self, both: Said) -> str:
        return both.fr if self.lang == "fr" else both.en

    def time(self, at: Micros, day: date | None = None) -> str:
        """14:05, and the date before it when it is of another day."""
        local = moment(at).astimezone(self.zone)
        return f"{local:%H:%M}" if local.date() == (day or self.found.day) else f"{local:%d/%m} {local:%H:%M}"

    def number(self, text: str) -> str:
        return text.replace(".", ",") if self.lang == "fr" else text

    def value(self, code: str, value: float) -> str:
        unit = named(code).unit
        return f"{self.number(value_text(code, value))}{NBSP}{UNITS.get(unit, unit)}".rstrip(NBSP)

    def amount(self, value: float, unit: str | None) -> str:
        return f"{self.number(f'{value:g}')} {UNITS.get(unit or '', unit or '')}".rstrip()

    def joined(self, name: str, rest: str) -> str:
        return f"{name}{NBSP}: {rest}" if self.lang == "fr" else f"{name}: {rest}"

    # situation

    def course(self) -> list[Row]:
        now = self.found.course
        rows = []
        if now.protocol:
            rest = [self.w("regimen", now.regimen)] if now.regimen else []
            rows.append(Row(", ".join([self.w("protocol", now.protocol), *rest])))
        return [*rows, Row(self.cycle(now)), self.window(now)]

    def cycle(self, now: Course) -> str:
        if now.day is None:
            return self.w("no-cycle")
        return self.w("cycle-day", now.day) if now.day > 0 else self.w("before-cycle", 1 - now.day)

    def window(self, now: Course) -> Row:
        notes = []
        if now.window == "open":
            notes += [self.w("since", self.time(now.window_since))] if now.window_since is not None else []
            notes += [self.w("ends", self.time(now.expected_end))] if now.expected_end is not None else []
            notes += [] if now.counted else [self.w("uncounted")]
            notes += [self.w("overdue")] if now.overdue else []
        return Row(self.w(f"window-{now.window}"), notes=tuple(notes))

    # alerts

    def alerts(self) -> list[Row]:
        rows = [self.alert(each) for each in self.found.alerts]
        for each in self.found.technical:
            text = f"{self.w(each.severity)}, {self.w('technical')} · {self.said(each.reason)}"
            rows.append(Row(text, "", each.severity, (self.w("technical-count", each.count, each.left),)))
        return rows

    def alert(self, each: AlertLine) -> Row:
        kind = f", {self.w(each.category)}" if each.category != "clinical" else ""
        state = self.w("now-open" if each.state == "open" and not self.found.whole else f"left-{each.state}")
        notes = [f"{state} {self.w('holder', each.holder)}" if each.holder else state]
        notes += [] if each.new else [self.w("older")]
        notes += [self.w(name) for name in ("late", "disproved") if getattr(each, name)]
        text = f"{self.w(each.severity)}{kind} · {self.said(each.reason)}"
        return Row(text, self.time(each.opened_at), each.severity, tuple(notes))

    def actions(self) -> list[Row]:
        rows = []
        for act in self.found.acts:
            about = (
                ""
                if act.about is None
                else self.w(act.about.fr)
                if act.kind.startswith("pause")
                else self.said(act.about)
            )
            actor = by_word(act.actor, self.lang) if act.kind == "retracted" else act.actor
            text = f"{actor} {self.w(act.kind)}"
            rows.append(Row(self.joined(text, about) if about else text, self.time(act.at), quote=act.text))
        return rows

    # trends

    def trends(self) -> list[Row]:
        return [self.trend(each) for each in self.found.trends]

    def trend(self, each: Tally) -> Row:
        name = self.said(Said(named(each.code).fr, named(each.code).en))
        return Row(self.joined(name, self.of_day(each)), notes=tuple(self.of_before(each)))

    def of_day(self, each: Tally) -> str:
        if each.last is None or each.last_at is None or each.low is None or each.high is None:
            return self.w("no-reading")
        site, by = site_name(each.body_site), by_word(each.by or "device", self.lang)
        source = by if site is None else f"{site[self.lang]}, {by}"
        parts = [self.w("last", self.value(each.code, each.last), self.time(each.last_at)) + f" ({source})"]
        if each.low != each.high:
            parts.insert(0, self.w("range", self.value(each.code, each.low), self.value(each.code, each.high)))
        parts.append(self.w("reading") if each.count == 1 else self.w("readings", each.count))
        return ", ".join(parts + ([self.w("doubtful", each.doubtful)] if each.doubtful else []))

    def of_before(self, each: Tally) -> list[str]:
        notes = []
        if each.before_count and each.before_low is not None and each.before_high is not None:
            low, high = self.value(each.code, each.before_low), self.value(each.code, each.before_high)
            notes.append(self.w("day-before", low if low == high else self.w("range", low, high)))
        if each.earlier is not None and each.earlier_at is not None:
            earlier, at = self.value(each.code, each.earlier), self.time(each.earlier_at)
            if each.last is None:
                notes.append(self.w("earlier", earlier, at))
            elif named(each.code).unit != "" and each.earlier_site == each.body_site:  # of two sites nothing is said
                notes.append(self.w("change", self.change(each.code, each.last - each.earlier), earlier, at))
            else:
                notes.append(self.w("earlier", earlier, at))
        return notes

    def change(self, code: str, difference: float) -> str:
        text = self.value(code, abs(difference))
        return f"{'+' if difference > 0 else '−' if difference < 0 else '±'}{text}"

    # treatments

    def doses(self) -> list[Row]:
        rows = [(each.due_at, self.dose(each)) for each in self.found.doses]
        rows += [(each.at, self.stray(each)) for each in self.found.strays]
        rows += [(each.at, self.treatment(each)) for each in self.found.given]
        return [row for _, row in sorted(rows, key=lambda pair: pair[0])]

    def how_much(self, mg: float | None, tablets: float | None) -> str:
        parts = [f"{self.number(f'{mg:g}')} mg"] if mg is not None else []
        parts += [self.w("tablets", self.number(f"{tablets:g}"))] if tablets is not None else []
        return f" {', '.join(parts)}" if parts else ""

    def dose(self, each: DoseLine) -> Row:
        state = self.w(f"s-{each.state}")
        state += f" {self.w('at', self.time(each.at))}" if each.at is not None else ""
        state += f" ({by_word(each.by, self.lang)})" if each.by else ""
        text = self.joined(f"{each.drug}{self.how_much(each.mg, each.tablets)}", state)
        notes = (self.w("too-many"),) if each.too_many else ()
        return Row(text, self.time(each.due_at), notes=notes, quote=each.why)

    def stray(self, each: StrayLine) -> Row:
        text = self.joined(each.drug, self.w(f"stray-{each.kind}"))
        return Row(f"{text} ({by_word(each.by, self.lang)})", self.time(each.at))

    def treatment(self, each: GivenLine) -> Row:
        much = "" if each.amount is None else f", {self.amount(each.amount, each.unit)}"
        text = f"{self.joined(self.w(each.kind), each.name)}{much}, {self.w('given')} ({by_word(each.by, self.lang)})"
        return Row(text, self.time(each.at))

    # answers

    def symptoms(self) -> list[Row]:
        rows = []
        for each in self.found.symptoms:
            now = self.w("not-answered") if each.grade is None else self.w("grade", each.grade)
            now += f" ({by_word(each.by, self.lang)})" if each.by else ""
            was = self.w("was-none") if each.before is None else self.w("was", each.before)
            when = "" if each.at is None else self.time(each.at)
            rows.append(Row(self.joined(self.said(each.name), now), when, notes=(was,)))
        for figure in self.found.figures:
            text = f"{self.number(f'{figure.number:g}')} ({by_word(figure.by, self.lang)})"
            rows.append(Row(self.joined(self.said(figure.name), text), self.time(figure.at)))
        for each_word in self.found.words:
            text = f"{self.said(each_word.name)} · {by_word(each_word.by, self.lang)} {self.w('wrote')}"
            rows.append(Row(text, self.time(each_word.at), quote=each_word.text))
        return rows

    # tomorrow

    def tomorrow(self) -> list[Row]:
        next_day: Tomorrow = self.found.tomorrow
        rows = [] if next_day.known else [Row(self.w("plan-unusable"))]
        if next_day.course.day is not None:
            rows.append(Row(self.cycle(next_day.course)))
        if next_day.course.window in ("open", "closed"):
            notes = (self.w("overdue"),) if next_day.course.overdue else ()
            rows.append(Row(self.w(f"window-{next_day.course.window}"), notes=notes))
        return [*rows, *self.resting(next_day), *self.due(next_day)]

    def resting(self, next_day: Tomorrow) -> list[Row]:
        rest = next_day.pause
        if rest is None:
            return []
        kind = self.w(rest.kind)
        until = None if rest.until is None else self.time(rest.until, next_day.day)
        text = self.w("paused-open", kind, rest.by) if until is None else self.w("paused", kind, until, rest.by)
        return [Row(text, quote=rest.reason)]

    def due(self, next_day: Tomorrow) -> list[Row]:
        rows = []
        for dose in next_day.doses:
            text = f"{dose.drug}{self.how_much(dose.mg, dose.tablets)}"
            text = self.joined(text, self.w("held")) if dose.held is not None else text
            rows.append(Row(text, self.time(dose.due_at, next_day.day), quote=dose.held))
        for measure in next_day.measures:
            name = self.said(Said(named(measure.code).fr, named(measure.code).en))
            rows.append(Row(f"{self.w('measure', name)}, {self.w('every', self.span(measure.every))}"))
        for asked in next_day.questions:
            rows.append(Row(self.w("questionnaire", self.said(asked.title))))
        return rows

    def span(self, length: Micros) -> str:
        minutes = round(length / MINUTE)
        return f"{minutes} min" if minutes < 120 else f"{self.number(f'{length / HOUR:g}')} h"


def today_of(found: Synthesis, at: Micros) -> bool:
    """Whether it is of the patient's day of that moment."""
    return local_date(at, zone_of(found.zone)) == found.day
