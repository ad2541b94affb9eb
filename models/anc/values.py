"""What a forecast of the neutrophil count is asked with and what it answers (interface, section 9). Frozen values.

Days are those of the request, ANC is in 10⁹/L, amounts in mg. Made by `models.anc.requests` or by the hub's services.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field

HORIZON_DAYS = 28.0


@dataclass(frozen=True, slots=True)
class Dose:
    """One infusion or intake. `drug`: a key of the drug library where it is not the request's (several drugs add)."""

    day: float
    amount_mg: float
    duration_h: float
    drug: str | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """One laboratory count, 10⁹/L."""

    day: float
    anc: float


@dataclass(frozen=True, slots=True)
class Gcsf:
    """One injection. `mg` None: the usual dose of the product."""

    day: float
    mg: float | None = None
    name: str = "filgrastim"


@dataclass(frozen=True, slots=True)
class Request:
    """One patient's treatment and counts. `count_log_sd`: residual SD of log(ANC), None = that of the parameter set.

    Covariates by name: `sex` (1 female, 0 male), `ecog`, `prior_therapy` (0, 1), `aag` g/L, `albumin` g/dL, `age`
    years, `bilirubin` µmol/L. An absent one is the reference value of the set; an unknown name is not used.
    """

    id: str
    drug: str | None
    regimen: str | None
    doses: tuple[Dose, ...]
    counts: tuple[Count, ...] = ()
    gcsf: tuple[Gcsf, ...] = ()
    covariates: Mapping[str, float] = field(default_factory=dict)
    count_log_sd: float | None = None
    horizon_days: float = HORIZON_DAYS


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that cannot be used: which field, and what was expected there. `id` None: it could not be read."""

    id: str | None
    field: str
    expected: str


@dataclass(frozen=True, slots=True)
class Quantiles:
    """5 %, 50 % and 95 %; None lies beyond the horizon or does not happen."""

    p05: float | None
    p50: float | None
    p95: float | None


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """The latent count on a day; `count_p05` and `count_p95` are where a laboratory count of that day would lie."""

    day: float
    p05: float
    p50: float
    p95: float
    count_p05: float
    count_p95: float


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the ensemble was drawn: `prior`, `importance` or `tempered`; effective draws; Pareto shape of the weights."""

    method: str
    draws: int
    effective: float
    pareto_k: float | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """The answer. `status`: ready, prior_only, surprised, refused; the last two say why, in English and French.

    Nadir, grades (below 1.0, below 0.5), recovery (first day back above 1.0, of those who fall below it) and days below
    0.5 are of the latent count, from 24 h after the last dose (`cycle_from_day`) to the horizon after it.
    `surprise`: two-sided tail probability of the newest count before it was used, None without one.
    `recovered`: (day, P(not below 1.0 from that day to the horizon)), read by `p_recovered_by`.
    A `surprised` forecast is widened, or withdrawn: then its quantities are None and its curve is empty.
    """

    id: str | None
    status: str
    why: str
    why_fr: str
    version: str
    parameters: str | None = None
    cycle_from_day: float | None = None
    nadir_anc: Quantiles | None = None
    nadir_day: Quantiles | None = None
    p_grade3: float | None = None
    p_grade4: float | None = None
    first_day_below_0_5: Quantiles | None = None
    recovery_day: Quantiles | None = None
    days_below_0_5: Quantiles | None = None
    curve: tuple[CurvePoint, ...] = ()
    next_count_best_day: float | None = None
    surprise: float | None = None
    recovered: tuple[tuple[float, float], ...] = ()
    sampling: Sampling | None = None
    field: str | None = None
    expected: str | None = None

    def p_recovered_by(self, day: float) -> float | None:
        """P(the count is not below 1.0 from that day to the horizon); None outside the forecast days."""
        place = bisect_right(self.recovered, (day, 2.0)) - 1
        if place < 0 or day > self.recovered[-1][0]:
            return None
        return self.recovered[place][1]
