"""The lines of a rule case as a nurse writes them, read into values. Pure: words in, values or a fault out.

`alerts.trial.cases` reads the file around them; what a line means for the engine is `vigie.rule_cases`.
"""

import re
from typing import Literal, NoReturn

from msgspec import Struct

from alerts.core.codes import MODELS
from alerts.lifecycle import MOVES
from domain.alerts import SEVERITIES
from domain.instants import DAY, HOUR, MINUTE, SECOND, Micros
from domain.vocabulary import (
    ACVPU,
    BODY_SITES,
    CONSCIOUSNESS,
    DIASTOLIC,
    HEART_RATE,
    MEASURES,
    NEUTROPHILS,
    OXYGEN_FLOW,
    RESPIRATORY_RATE,
    SITE_SYNONYMS,
    SPO2,
    SYSTOLIC,
    TEMPERATURE,
    WEIGHT,
)

SIGNS = {
    "temperature": TEMPERATURE, "heart-rate": HEART_RATE, "respiratory-rate": RESPIRATORY_RATE, "saturation": SPO2,
    "systolic": SYSTOLIC, "diastolic": DIASTOLIC, "weight": WEIGHT, "consciousness": CONSCIOUSNESS,
    "oxygen-flow": OXYGEN_FLOW, "glucose": "14743-9",
}  # fmt: skip
LABS = {
    "neutrophils": NEUTROPHILS, "platelets": "777-3", "haemoglobin": "718-7", "leucocytes": "6690-2",
    "monocytes": "742-7", "creatinine": "14682-9", "crp": "1988-5", "potassium": "2823-3",
}  # fmt: skip
SITES = (*BODY_SITES, *SITE_SYNONYMS)
DOSES = ("taken", "skipped", "vomited", "extra")
TREATMENTS = ("antibiotic", "chemotherapy", "gcsf", "transfusion", "antipyretic", "corticoid")
PAUSES = ("ward", "day-hospital", "leave", "death", "end")
ENDLESS = ("death", "end")
ACTS = ("acknowledge", "snooze", "close")
BY = ("device", "patient", "caregiver", "nurse", "physician")
KINDS = (*dict.fromkeys(kind for _, kind in MOVES), "refused", "rejected")
HAPPENS = (*SIGNS, "lab", "says", *DOSES, "given", "battery", "model", *ACTS)


class LineFault(ValueError):
    """A line that cannot be read: which word, and what was expected there."""


class Measured(Struct, frozen=True):
    """A value; `measured`: when, if it came late or from a clock that is ahead."""

    at: Micros
    code: str
    value: float | str
    unit: str
    site: str | None = None
    by: str = "device"
    measured: Micros | None = None


class Says(Struct, frozen=True):
    """An answer of the patient: a grade, or a number such as a score."""

    at: Micros
    item: str
    attribute: str | None
    grade: int | None
    number: float | None = None


class Dose(Struct, frozen=True):
    """A dose that was taken or not."""

    at: Micros
    state: str
    drug: str
    amount: float | None
    unit: str | None
    by: str = "patient"
    measured: Micros | None = None


class Treated(Struct, frozen=True):
    """A treatment given by a professional."""

    at: Micros
    kind: str
    name: str
    amount: float | None
    unit: str | None


class Battery(Struct, frozen=True):
    """What a device says of its battery, in %."""

    at: Micros
    percent: float


class Foretold(Struct, frozen=True):
    """What a model says, in the unit of its output."""

    at: Micros
    model: str
    value: float


class Act(Struct, frozen=True):
    """What a person does to the open alert of a rule."""

    at: Micros
    action: str
    rule: str
    until: Micros | None


class Paused(Struct, frozen=True):
    """A pause, known from the moment it begins."""

    at: Micros
    kind: str
    until: Micros | None


class Nothing(Struct, frozen=True):
    """Time passes until then."""

    at: Micros


Line = Measured | Says | Dose | Treated | Battery | Foretold | Act | Paused | Nothing


class Expected(Struct, frozen=True):
    """`at`, `once`: exactly one such event (then, or ever); `never`: none; `nothing else`: no other that matters."""

    how: Literal["at", "once", "never", "nothing else"]
    text: str
    at: Micros = 0
    width: Micros = 0  # a minute when no second is written
    rule: str = ""
    kind: str = ""
    severity: str = ""


class Words:
    """The words of a line, taken one by one. Instants are µs after midnight of day 1."""

    def __init__(self, text: str) -> None:
        self._words = text.split()
        self._place = 0

    @property
    def next(self) -> str:
        """The next word, empty at the end."""
        return self._words[self._place] if self._place < len(self._words) else ""

    def take(self, expected: str) -> str:
        """The next word; LineFault when there is none."""
        word = self.next
        if not word:
            raise LineFault(f"expected {expected} at the end of the line")
        self._place += 1
        return word

    def skip(self, word: str) -> bool:
        """Whether the next word is this one, which is then taken."""
        found = self.next == word
        self._place += found
        return found

    def one_of(self, known: tuple[str, ...], what: str) -> str:
        """The next word, which must be known."""
        word = self.take(what)
        if word not in known:
            wrong(word, f"{what}, one of {', '.join(known)}")
        return word

    def number(self, what: str) -> float:
        """The next word as a number; a comma may stand for the point."""
        word = self.take(what)
        if not re.fullmatch(r"-?\d{1,9}([.,]\d{1,9})?", word):
            wrong(word, f"{what}, a number such as 38.4")
        return float(word.replace(",", "."))

    def moment(self, what: str = "a time") -> Micros:
        """`[day N] HH:MM[:SS]`."""
        day = 1
        if self.skip("day"):
            word = self.take("the number of the day")
            if not re.fullmatch(r"[1-9]\d{0,2}", word):
                wrong(word, "the number of the day, 1 to 999")
            day = int(word)
        word = self.take(f"{what} such as 08:00 or day 2 08:00")
        found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?", word)
        if found is None:
            wrong(word, f"{what} such as 08:00 or day 2 08:00")
        hour, minute, second = (int(part or 0) for part in found.groups())
        return (day - 1) * DAY + hour * HOUR + minute * MINUTE + second * SECOND

    def has_seconds(self) -> bool:
        """Whether the word just taken was a time with seconds."""
        return self._words[self._place - 1].count(":") == 2

    def end(self) -> None:
        """Nothing may follow."""
        if self.next:
            wrong(self.next, "the end of the line")


def wrong(word: str, expected: str) -> NoReturn:
    """The fault of one word."""
    raise LineFault(f"{word!r}: expected {expected}")


def happens(text: str) -> Line:
    """One line of `readings`. Raises LineFault."""
    words = Words(text)
    if words.skip("nothing"):
        if not words.skip("until"):
            wrong(words.next or "nothing", "nothing until 20:00")
        line: Line = Nothing(words.moment())
    elif words.skip("pause"):
        line = _pause(words)
    else:
        line = _entry(words, words.moment("a time, `nothing until` or `pause`"))
    words.end()
    return line


def _pause(words: Words) -> Paused:
    kind = words.one_of(PAUSES, "a kind of pause")
    if "-" in words.next:  # 10:00-16:00
        words = Words(" to ".join(words.take("").split("-", 1)) + "".join(f" {word}" for word in _rest(words)))
    begins = words.moment("the time it begins")
    if kind in ENDLESS and not words.next:
        return Paused(begins, kind, None)
    if not words.skip("to"):
        wrong(words.next or kind, "the end of the pause: 10:00-16:00, or 10:00 to day 2 08:00")
    until = words.moment("the time it ends")
    if until <= begins:
        raise LineFault("pause: expected an end after its beginning")
    words.end()
    return Paused(begins, kind, until)


def _rest(words: Words) -> list[str]:
    found = []
    while words.next:
        found.append(words.take(""))
    return found


def _entry(words: Words, at: Micros) -> Line:
    what = words.one_of(HAPPENS, "what happens")
    if what in SIGNS:
        return _measured(words, at, SIGNS[what])
    if what in DOSES:
        return _dose(words, at, what)
    match what:
        case "lab":
            return _measured(words, at, LABS[words.one_of(tuple(LABS), "a laboratory value")])
        case "says":
            return _says(words, at)
        case "given":
            kind = words.one_of(TREATMENTS, "a kind of treatment")
            return Treated(at, kind, words.take("its name"), *_amount(words))
        case "battery":
            return Battery(at, words.number("the charge in %"))
        case "model":
            return Foretold(at, words.one_of(tuple(MODELS), "the name of a model"), words.number("what it says"))
        case _:
            rule = words.take("the rule of the alert")
            until = words.moment("its end") if what == "snooze" and _word(words, "until") else None
            return Act(at, what, rule, until)


def _dose(words: Words, at: Micros, state: str) -> Dose:
    drug = words.take("the name of the drug")
    amount, unit = (None, None) if words.next in ("", "by", "measured") else _amount(words)
    by = words.one_of(BY, "who said it") if words.skip("by") else "patient"
    measured = words.moment("when it happened") if words.skip("measured") else None
    return Dose(at, state, drug, amount, unit, by, measured)


def _word(words: Words, word: str) -> bool:
    if not words.skip(word):
        wrong(words.next or "the end of the line", word)
    return True


def _measured(words: Words, at: Micros, code: str) -> Measured:
    site = words.take("") if code == TEMPERATURE and words.next in SITES else None
    if code == CONSCIOUSNESS:
        value: float | str = words.one_of(tuple(ACVPU), "a letter")
    else:
        what = "a value" if code != TEMPERATURE else f"a value, or where it was measured ({', '.join(SITES)})"
        value = words.number(what)
    units = MEASURES[code].units
    unit = words.take("") if words.next in units and words.next else MEASURES[code].unit
    by = words.one_of(BY, "who measured") if words.skip("by") else "device"
    measured = words.moment("when it was measured") if words.skip("measured") else None
    return Measured(at, code, value, unit, site, by, measured)


def _says(words: Words, at: Micros) -> Says:
    item = words.take("what the patient says (rigors, unwell, pain ...)")
    if words.skip("number"):
        return Says(at, item, None, None, words.number("a number"))
    attributes = ("frequency", "severity", "interference", "presence", "amount")
    attribute = words.take("") if words.next in attributes else None
    grade = words.take("a grade from 0 to 4")
    if grade not in ("0", "1", "2", "3", "4"):
        wrong(grade, f"a grade from 0 to 4, or one of {', '.join(attributes)}, number before it")
    return Says(at, item, attribute, int(grade))


def _amount(words: Words) -> tuple[float | None, str | None]:
    return (words.number("an amount"), words.take("its unit")) if words.next else (None, None)


def expectation(text: str) -> Expected:
    """One line of `expect`. Raises LineFault. Whether the rule exists is for who knows the protocol."""
    words = Words(text)
    if words.skip("nothing"):
        _word(words, "else")
        words.end()
        return Expected("nothing else", text)
    for how in ("never", "once"):
        if words.skip(how):
            rule = words.take("a rule")
            kind = words.one_of(KINDS, "what becomes of the alert") if words.next or how == "once" else ""
            return _ended(words, Expected(how, text, rule=rule, kind=kind))
    at = words.moment("a time, `never`, `once` or `nothing else`")
    width = SECOND if words.has_seconds() else MINUTE
    rule = words.take("a rule")
    kind = words.one_of(KINDS, "what becomes of the alert")
    return _ended(words, Expected("at", text, at, width, rule, kind))


def _ended(words: Words, found: Expected) -> Expected:
    severity = words.one_of(SEVERITIES, "a severity") if words.next else ""
    words.end()
    return Expected(found.how, found.text, found.at, found.width, found.rule, found.kind, severity)
