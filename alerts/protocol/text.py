"""What a protocol file may say, as frozen values: the shape of the TOML. Pure; `reading` reads and checks it.

Every clinical number stands beside its `source` and its `status` (V read in the source, V2 in a secondary one, M from
memory, D a choice of this project). Durations end in `_min` or `_h`, instants are never written in a protocol.
"""

from typing import Literal

import msgspec
from msgspec import Struct

from alerts.oral.windows import IntakesText

Severity = Literal["high", "medium", "low"]
Category = Literal["clinical", "adherence", "technical"]
Rounding = Literal["none", "half-up", "floor"]
ClinicalStatus = Literal["V", "V2", "M", "D"]
Role = Literal[
    "physician", "nurse", "advanced-nurse", "pharmacist", "prescriber", "coordinator", "operator", "auditor"
]  # fmt: skip
Channel = Literal["console", "web-push", "email", "sms", "voice", "webhook"]


class Sentence(Struct, frozen=True, forbid_unknown_fields=True):
    """One sentence in both languages."""

    fr: str
    en: str


class BoundText(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Exactly one bound: `from`/`up_to` are inclusive, `above`/`below` strict."""

    from_: float | None = msgspec.field(default=None, name="from")
    above: float | None = None
    up_to: float | None = None
    below: float | None = None


class CriterionText(Struct, frozen=True, forbid_unknown_fields=True):
    """One criterion of a rule: exactly one bound, a hold, a severity, and where the number comes from.

    `from`/`up_to` are inclusive, `above`/`below` strict. `hold_min`: the run of samples beyond the bound must span so
    many minutes (strictly more when `hold_inclusive` is false); `cap_min`: two samples of the run must lie within that.
    """

    name: str
    severity: Severity
    source: str
    status: ClinicalStatus
    from_: float | None = msgspec.field(default=None, name="from")
    above: float | None = None
    up_to: float | None = None
    below: float | None = None
    hold_min: float = 0
    hold_inclusive: bool = True
    cap_min: float | None = None


class FeverProfile(Struct, frozen=True, forbid_unknown_fields=True):
    """One national wording of fever in neutropenia (clinical table 02)."""

    single_threshold: float
    single_inclusive: bool
    sustained_threshold: float
    sustained_inclusive: bool
    window_min: float
    window_inclusive: bool
    source: str
    status: ClinicalStatus
    cap_min: float | None = None
    hypothermia_below: float | None = None


class StepText(Struct, frozen=True, forbid_unknown_fields=True):
    """A severity that changes with time: up while nobody has acted, down while it has been over, by samples."""

    after_min: float
    to: Severity
    source: str
    status: ClinicalStatus


class RuleBase(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind"):
    """What every rule says of itself. `gate`: the id of a phase. `context`: treatments and the site of measurement are
    told beside its sentence. `ask`: one question to the patient, which never delays the alert. `advice`: what the
    patient is told meanwhile."""

    id: str
    title: Sentence
    category: Category = "clinical"
    gate: str = "always"
    latched: bool = False
    context: bool = False
    advice: Sentence | None = None
    ask: Sentence | None = None
    step_up: StepText | None = None
    step_down: StepText | None = None


class LevelText(RuleBase, frozen=True, tag="level"):
    """A value beyond a bound, at once or for a time (threshold, sustained). `code`: a measure, `answer:ITEM.ATTRIBUTE`
    (grade of an answer), `taken:KIND`, `given:KIND` or `intake:STATE` (each counts 1), `device:rejected`,
    `device:dropped`. `unit`: said for the reader; it must be the one of the code."""

    code: str
    criterion: tuple[CriterionText, ...]
    unit: str | None = None
    rounding: Rounding = "none"
    plan_limits: bool = False
    yields_to_profile_hypothermia: bool = False
    hysteresis: float = 0


class FeverText(RuleBase, frozen=True, tag="fever"):
    """Criteria from the plan's fever profile."""

    code: str
    severity: Severity = "high"


class ScoreText(RuleBase, frozen=True, tag="score"):
    """A score over the newest value of each of its items, none older than `max_age_min`. Missing items count nothing:
    the known part may be enough to be MET, never to be NOT_MET."""

    score: str
    max_age_min: float
    criterion: tuple[CriterionText, ...]
    source: str
    status: ClinicalStatus


class TrendText(RuleBase, frozen=True, tag="trend"):
    """The slope (least squares) over a moving window, in the code's unit per `per_min` minutes.

    The window is cut in parts of `part_min` minutes on UTC's clock; of each the last measured sample counts.
    """

    code: str
    window_min: float
    part_min: float
    at_least: int
    per_min: float
    criterion: tuple[CriterionText, ...]
    source: str
    status: ClinicalStatus


class ChangeText(RuleBase, frozen=True, tag="change"):
    """The newest value against the person's own baseline: the `against` of the window's parts that end at least
    `apart_min` before it. `percent`: of the baseline. Parts as in a trend."""

    code: str
    window_min: float
    part_min: float
    apart_min: float
    at_least: int
    against: Literal["median", "lowest", "highest"]
    criterion: tuple[CriterionText, ...]
    source: str
    status: ClinicalStatus
    percent: bool = False


class CountText(RuleBase, frozen=True, tag="count"):
    """How many samples of these codes, beyond `where`, lie in the last `within_min` minutes."""

    codes: tuple[str, ...]
    within_min: float
    criterion: tuple[CriterionText, ...]
    where: BoundText = BoundText()


class SymptomText(RuleBase, frozen=True, tag="symptom"):
    """Severe or worsening: one alert a symptom, `{id}.{item}`. `rise`: grades more than in the report before.

    `of_drug`: only symptoms that the table of oral drugs names as a risk of a drug of the plan, with that status.
    """

    items: dict[str, Sentence]
    severe_from: int
    severe: Severity
    rise: int
    worsening: Severity
    source: str
    status: ClinicalStatus
    very_severe_from: int | None = None
    very_severe: Severity = "high"
    attribute: str = "severity"
    of_drug: ClinicalStatus | None = None


class ConditionText(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One part of a combination: the newest sample of a code, not older than `max_age_min`, beyond one bound. Those of
    one `one_of` count as one: any of them is enough."""

    code: str
    max_age_min: float
    source: str
    status: ClinicalStatus
    from_: float | None = msgspec.field(default=None, name="from")
    above: float | None = None
    up_to: float | None = None
    below: float | None = None
    one_of: str | None = None


class CombinationText(RuleBase, frozen=True, tag="combination"):
    """All, any, or at least n of some conditions at once. A condition that is not known counts as not met for MET, and
    leaves the rest UNKNOWN."""

    needs: Literal["all", "any"] | int
    of: tuple[ConditionText, ...]
    severity: Severity
    source: str
    status: ClinicalStatus


class OralText(RuleBase, frozen=True, tag="oral"):
    """A rule on the intakes of the plan's oral drugs. `watch` and its value: `missed` doses in a row left out or not
    reported; `stopped` days in a row with doses due and none taken; `over` doses of a day beyond those due on it until
    then; `double` two doses in the place of one; `weekly` doses of a weekly drug in seven days; `hold` doses taken
    during a prescriber's hold; `off` doses taken when none was due, in seven days; `unplanned` a drug that is not in
    the plan; `skipped` doses said to be left out in the last `within_min` minutes."""

    watch: Literal["missed", "stopped", "over", "double", "weekly", "hold", "off", "unplanned", "skipped"]
    criterion: tuple[CriterionText, ...]
    within_min: float | None = None


class ModelText(RuleBase, frozen=True, tag="model"):
    """The output of a predictive model, in its own unit. It may open an alert or raise its rank, never close, lower or
    delay one. `max_age_min`: what was said so long ago is not known any more."""

    model: str
    criterion: tuple[CriterionText, ...]
    max_age_min: float = 1440


RuleText = (
    LevelText
    | FeverText
    | ScoreText
    | TrendText
    | ChangeText
    | CountText
    | SymptomText
    | CombinationText
    | OralText
    | ModelText
)


class AnswerText(Struct, frozen=True, forbid_unknown_fields=True):
    """An answer of a person that alerts by itself, whatever the readings say. `items`: names on the wire (`rep.i`)."""

    id: str
    items: tuple[str, ...]
    from_grade: int
    severity: Severity
    title: Sentence
    source: str
    status: ClinicalStatus
    advice: Sentence | None = None


class StreamText(Struct, frozen=True, forbid_unknown_fields=True):
    """Something that is expected at a cadence: silence is twice that without one. `code`: a measure or
    `questionnaire:NAME`. `gate`: the phase in which it is expected."""

    code: str
    cadence_min: float
    status: ClinicalStatus
    source: str
    gate: str = "always"
    title: Sentence | None = None


class PhaseText(Struct, frozen=True, forbid_unknown_fields=True):
    """A stretch of a stay. `window`: while the aplasia window is open or closed; `from_day`/`to_day`: cycle days (day 1
    is `cycle_start`), inclusive; `after_dose_h`: so many hours after a dose. All that are said must hold."""

    id: str
    title: Sentence
    source: str
    status: ClinicalStatus
    window: Literal["open", "closed"] | None = None
    from_day: int | None = None
    to_day: int | None = None
    after_dose_h: float | None = None


class GroupText(Struct, frozen=True, forbid_unknown_fields=True):
    """Alerts with one cause, shown as one: the highest severity in front, then the order of `rules` (`*` at the end
    stands for anything). Only the display: each keeps its own escalation and clock."""

    id: str
    title: Sentence
    rules: tuple[str, ...]


class BoundsText(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How far a site's or a patient's own limit on a code may go: `low` and `high` from, to (inclusive)."""

    code: str
    unit: str | None = None
    source: str
    status: ClinicalStatus
    low: tuple[float, float] | None = None
    high: tuple[float, float] | None = None


class Defaults(Struct, frozen=True, forbid_unknown_fields=True):
    """Numbers that hold for every rule of the protocol, in minutes."""

    clear_after_min: float
    late_after_min: float
    late_rings_min: float
    rearm_min: float
    battery_low_percent: float
    snooze_high_min: float
    snooze_medium_min: float
    snooze_low_min: float
    plan_limit_severity: Severity
    silence_severity: Severity
    silence_severity_in_window: Severity
    source: str
    status: ClinicalStatus
    context_within_h: float = 48


class EscalationStep(Struct, frozen=True, forbid_unknown_fields=True):
    """Who is reached how, so many minutes after opening, unless the alert was acknowledged. `how`: in order, the next
    one when one fails."""

    after_min: float
    who: tuple[Role, ...]
    how: tuple[Channel, ...]


class EscalationText(Struct, frozen=True, forbid_unknown_fields=True):
    """The steps of an alert nobody has acknowledged, by severity."""

    source: str
    status: ClinicalStatus
    high: tuple[EscalationStep, ...] = ()
    medium: tuple[EscalationStep, ...] = ()
    low: tuple[EscalationStep, ...] = ()


class RecoveryText(Struct, frozen=True, forbid_unknown_fields=True):
    """When a neutrophil count (10*9/L) closes the aplasia window, and when a low one opens it."""

    single_from: float
    twice_from: float
    twice_apart_h: float
    neutropenic_below: float
    source: str
    status: ClinicalStatus


class ForecastText(Struct, frozen=True, forbid_unknown_fields=True):
    """What a forecast of the neutrophil count may do: open the aplasia window before plan, regimen or a count do.

    `opens_window_from_percent`: the probability of a count below 0.5 from which it does. Never closes a window.
    """

    opens_window_from_percent: float
    source: str
    status: ClinicalStatus


class ProtocolText(Struct, frozen=True, forbid_unknown_fields=True):
    """A whole protocol file. `signers`: the roles that must sign it before it may be active."""

    id: str
    version: str
    title: Sentence
    sign_off: str
    signers: tuple[Role, ...] = ()
    defaults: Defaults | None = None
    extends: str | None = None
    drops: tuple[str, ...] = ()
    escalation: EscalationText | None = None
    recovery: RecoveryText | None = None
    forecast: ForecastText | None = None
    intakes: IntakesText | None = None
    default_fever_profile: str | None = None
    fever_profile: dict[str, FeverProfile] = {}
    phase: tuple[PhaseText, ...] = ()
    stream: tuple[StreamText, ...] = ()
    answer: tuple[AnswerText, ...] = ()
    group: tuple[GroupText, ...] = ()
    bounds: tuple[BoundsText, ...] = ()
    rule: tuple[RuleText, ...] = ()
