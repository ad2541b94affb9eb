"""The synthesis of one patient's day as values: what is stored of that day, and what is planned for the next. Pure.

Made by `alerts.synthesis`, kept by `storage.syntheses`, put into words by `clinician_ui.synthesis_text`. Texts of
people are in it as they were written: hostile until escaped.
"""

from datetime import date
from hashlib import sha256

import msgspec
from msgspec import Struct, structs

from domain.alerts import Said
from domain.converting import converter
from domain.instants import Micros


class Course(Struct, frozen=True):
    """Where the patient stands at an instant. `day`: of the cycle, 1 on its first day; None: the plan gives no start.

    `window`: open, closed, none (the protocol has no aplasia window) or unknown (the plan cannot be used). `counted`: a
    neutrophil count was taken since it opened.
    """

    protocol: str | None = None
    regimen: str | None = None
    day: int | None = None
    window: str = "unknown"
    window_since: Micros | None = None
    expected_end: Micros | None = None
    overdue: bool = False
    counted: bool = False


class AlertLine(Struct, frozen=True):
    """One clinical or adherence alert, as it stood at the end of the day. `new`: it (re)opened that day."""

    id: str
    category: str
    severity: str
    state: str
    reason: Said
    opened_at: Micros
    new: bool
    late: bool = False
    disproved: bool = False
    holder: str | None = None


class TechnicalLine(Struct, frozen=True):
    """Technical alerts of one rule: how many were there that day, and how many of them were not closed at its end."""

    rule: str
    severity: str
    reason: Said
    count: int
    left: int


class Act(Struct, frozen=True):
    """What a person did. `about`: the alert's sentence, or what was set. `text`: in the person's own words."""

    at: Micros
    actor: str
    kind: str
    about: Said | None = None
    text: str | None = None


class Tally(Struct, frozen=True):
    """One measure over the day and before it. `count` 0: nothing was measured that day; `before_*` of the day before,
    `earlier` the last value before the day, at most 90 days back."""

    code: str
    count: int
    doubtful: int
    low: float | None
    high: float | None
    last: float | None
    last_at: Micros | None
    body_site: str | None
    by: str | None
    before_count: int
    before_low: float | None
    before_high: float | None
    earlier: float | None
    earlier_at: Micros | None
    earlier_site: str | None = None


class DoseLine(Struct, frozen=True):
    """One expected dose of an oral treatment and what became of it; `why`: of the patient, or of a hold."""

    drug: str
    due_at: Micros
    state: str
    mg: float | None
    tablets: float | None
    at: Micros | None = None
    by: str | None = None
    why: str | None = None
    too_many: bool = False


class StrayLine(Struct, frozen=True):
    """An intake that belongs to no expected dose: beyond it, when none was due, or of a drug the plan does not have."""

    drug: str
    at: Micros
    kind: str
    by: str


class GivenLine(Struct, frozen=True):
    """A treatment that a professional gave."""

    kind: str
    name: str
    at: Micros
    amount: float | None
    unit: str | None
    by: str


class SymptomLine(Struct, frozen=True):
    """One question with a grade: the highest of the day (None: not answered), and that of the day before."""

    name: Said
    grade: int | None
    before: int | None
    at: Micros | None
    by: str | None


class FigureLine(Struct, frozen=True):
    """One question answered with a number: the last of the day."""

    name: Said
    number: float
    at: Micros
    by: str


class WordLine(Struct, frozen=True):
    """What a person wrote."""

    name: Said
    text: str
    at: Micros
    by: str


class NextDose(Struct, frozen=True):
    """A dose due on the next day. `held`: why it is on hold, by order of whom."""

    drug: str
    due_at: Micros
    mg: float | None
    tablets: float | None
    held: str | None = None


class NextMeasure(Struct, frozen=True):
    """A measure expected on the next day, every so often."""

    code: str
    every: Micros


class NextQuestions(Struct, frozen=True):
    """A questionnaire to be answered on the next day."""

    title: Said
    every_min: int


class Rest(Struct, frozen=True):
    """A pause that covers noon of the next day."""

    kind: str
    until: Micros | None
    reason: str
    by: str


class Tomorrow(Struct, frozen=True):
    """What the plan in force at the end of the day asks of the next. `known` False: the plan cannot be used."""

    day: date
    known: bool = False
    course: Course = Course()
    pause: Rest | None = None
    doses: tuple[NextDose, ...] = ()
    measures: tuple[NextMeasure, ...] = ()
    questions: tuple[NextQuestions, ...] = ()


class Synthesis(Struct, frozen=True, kw_only=True):
    """One patient, one day of the patient's own clock. `upto`: what is known until then; the end of the day when it is
    over (`whole`)."""

    patient: str
    site: str
    day: date
    zone: str
    start: Micros
    upto: Micros
    whole: bool
    course: Course
    alerts: tuple[AlertLine, ...] = ()
    technical: tuple[TechnicalLine, ...] = ()
    acts: tuple[Act, ...] = ()
    trends: tuple[Tally, ...] = ()
    doses: tuple[DoseLine, ...] = ()
    strays: tuple[StrayLine, ...] = ()
    given: tuple[GivenLine, ...] = ()
    symptoms: tuple[SymptomLine, ...] = ()
    figures: tuple[FigureLine, ...] = ()
    words: tuple[WordLine, ...] = ()
    tomorrow: Tomorrow

    @property
    def blank(self) -> bool:
        """Whether nothing at all is stored of the day."""
        parts = (self.alerts, self.technical, self.acts, self.doses, self.strays, self.given, self.symptoms,
                 self.figures, self.words)  # fmt: skip
        return not any(parts) and not any(row.count for row in self.trends)

    @property
    def digest(self) -> str:
        """Of the facts alone: the same facts looked at later have the same one."""
        plain = read_synthesis(msgspec.to_builtins(structs.replace(self, upto=0)))  # 1500 mg is 1500.0 mg
        return sha256(msgspec.json.encode(plain)).hexdigest()


read_synthesis = converter(Synthesis)
