"""CTCAE 5.0 grades that need more than one number, or a clinician's judgement. Pure.

Source and version: NCI CTCAE 5.0 (2017) as transcribed in oncohub/CTCAE5. `judged` is a clinician's choice of the
description that applies; several terms have no grade 1, 2 or 4. None of these has a 6.0 form here.
"""

from decimal import Decimal

from alerts.scores import ctcae
from alerts.scores.ctcae import Case, term_of, ungraded
from alerts.scores.tables import rows
from alerts.scores.values import Grade, Number, exact, usable
from domain.alerts import Said

VERSION = "5.0"
EXERTION = {"rest": 3, "minimal_exertion": 2, "moderate_exertion": 1, "none": 0}
DESATURATED_BELOW = 88
_NEUTROPENIC_BELOW, _ONE_READING_ABOVE, _SUSTAINED_FROM, _MINUTES_ABOVE = Decimal(1), Decimal("38.3"), Decimal(38), 60


def _graded(grade: int, fr: str, en: str) -> Grade:
    return Grade("ctcae", VERSION, grade, grade, (), Said(fr, en))


def _missing(*names: str) -> Grade:
    text = ", ".join(names)
    return ungraded(VERSION, "il manque " + text, "missing " + text, names)


def febrile_neutropenia(*, anc: Number | None, temperature: Number | None, sustained_min: Number | None) -> Grade:
    """3 with ANC < 1.0 G/L and one reading > 38.3 °C, or >= 38.0 °C for more than one hour; else 0."""
    count, warm, minutes = usable("anc", anc), usable("temperature", temperature), exact(sustained_min)
    if count is None or warm is None:
        return _missing(*(name for name, value in (("anc", count), ("temperature", warm)) if value is None))
    if count >= _NEUTROPENIC_BELOW or warm < _SUSTAINED_FROM:
        return _graded(0, "critère non rempli", "criterion not met")
    if warm > _ONE_READING_ABOVE:
        return _graded(3, "PNN < 1,0 G/L et > 38,3 °C", "ANC < 1.0 G/L and > 38.3 °C")
    if minutes is None or minutes < 0:
        return _missing("sustained_min")
    if minutes > _MINUTES_ABOVE:
        return _graded(3, "PNN < 1,0 G/L et ≥ 38,0 °C plus d'une heure", "ANC < 1.0 G/L and ≥ 38.0 °C for over an hour")
    return _graded(0, "pas plus d'une heure", "not for more than one hour")


def dyspnoea(exertion: str | None) -> Grade:
    """A word of `EXERTION`."""
    if exertion not in EXERTION:
        return _missing("dyspnoea")
    return _graded(EXERTION[exertion], "", "")


def hypoxia(*, spo2: Number | None, at: str | None) -> Grade:
    """Below 88 %: 3 at rest, 2 on exercise only (`exercise_only`)."""
    value = usable("spo2", spo2)
    if value is None or at not in ("rest", "exercise_only"):
        return _missing(*(("spo2",) if value is None else ()), *(() if at in ("rest", "exercise_only") else ("at",)))
    if value >= DESATURATED_BELOW:
        return _graded(0, "≥ 88 %", "≥ 88 %")
    return _graded(3 if at == "rest" else 2, "< 88 %", "< 88 %")


def weight(term: str, *, baseline_kg: Number | None, now_kg: Number | None) -> Grade:
    """Weight loss or gain, in per cent of the baseline."""
    before, now = usable("weight", baseline_kg), usable("weight", now_kg)
    if before is None or now is None:
        return _missing(*(name for name, value in (("baseline_kg", before), ("now_kg", now)) if value is None))
    loss = (before - now) * 100 / before
    values: dict[str, Number] = {"loss from baseline": loss, "gain from baseline": -loss}
    return ctcae.grade(term, Case(values, unit="%"), version=VERSION)


def diarrhoea(*, baseline_stools: Number | None, stools_today: Number | None) -> Grade:
    """Stools a day above the baseline."""
    before, now = exact(baseline_stools), exact(stools_today)
    if before is None or now is None or before < 0 or now < 0:
        names = (("baseline_stools", before), ("stools_today", now))
        return _missing(*(name for name, value in names if value is None or value < 0))
    return ctcae.grade("Diarrhea", Case({"stools per day above baseline": now - before}, unit="/d"), version=VERSION)


def qtc(*, average_ms: Number | None, baseline_ms: Number | None) -> Grade:
    """Mean QTc, and its rise over the baseline."""
    average, before = exact(average_ms), exact(baseline_ms)
    values: dict[str, Number] = {} if average is None or average <= 0 else {"mean QTc": average}
    if values and average is not None and before is not None and before > 0:
        values["rise over baseline"] = average - before
    return ctcae.grade("QTc prolonged", Case(values, unit="ms"), version=VERSION)


def judged(term: str, met: Number | None, *, version: str = VERSION) -> Grade:
    """The grade whose description a clinician says applies; 0 when none does."""
    name, chosen = term_of(term), exact(met)
    found = [row for row in rows("ctcae_clinical") if row["term"].casefold() == name and row["version"] == version]
    if not found:
        text = f"{term!r} in CTCAE {version}"
        return ungraded(version, f"pas de description pour {text}", f"no description for {text}")
    if chosen is None:
        return ungraded(version, "il manque grade", "missing grade", ("grade",))
    if chosen == 0:
        return _graded(0, "", "")
    for row in found:
        if chosen == int(row["grade"]):
            return _graded(int(row["grade"]), row["criterion"], row["criterion"])
    grades = ", ".join(row["grade"] for row in found)
    return ungraded(version, f"grades de ce terme : {grades}", f"grades of this term: {grades}")
