"""What patients report: PRO-CTCAE composite grade, worsening-or-severe rule, Girerd, UKONS sum. Pure; arithmetic only.

Sources: Basch et al. 2021, Clin Trials 18:104 (composite 0 to 3); STAR, JCO 2016 and JAMA 2017 (severe or worsening;
3 and +2 from memory); Girerd cut-offs from memory; UKONS 24 h triage version 2. No wording of these instruments ships.
"""

from decimal import Decimal
from functools import cache

from msgspec import Struct

from alerts.scores.points import summed
from alerts.scores.tables import rows
from alerts.scores.values import Number, Score, absent, lacking, usable
from domain.alerts import Said

ASKED = {"F": "frequency", "S": "severity", "I": "interference"}


class Composite(Struct, frozen=True):
    """`outcome`: a grade 0 to 3 as text, or missing, none (a presence item has no composite), invalid input."""

    outcome: str
    grade: int | None
    missing: tuple[str, ...]
    why: Said
    version: str = "Basch 2021"


@cache
def _composites() -> dict[tuple[str, ...], int]:
    return {
        (row["attributes"], *(row[ASKED[letter]] for letter in row["attributes"])): int(row["grade"])
        for row in rows("proctcae_composite")
    }


def attributes_of(text: str) -> str | None:
    """`fsi`, `F+S`, `A` as the letters of the table in its order; P alone; None when they are something else."""
    letters = "".join(letter for letter in text.upper().replace("A", "I") if letter.isalpha())
    if letters == "P":
        return "P"
    ordered = "".join(letter for letter in ASKED if letter in letters)
    known = {key[0] for key in _composites()}
    return ordered if ordered in known and len(ordered) == len(letters) else None


def pro_ctcae(
    attributes: str, *, frequency: Number | None = None, severity: Number | None = None,
    interference: Number | None = None,
) -> Composite:  # fmt: skip
    """The composite of answers 0 to 4; a first answer of 0 is grade 0 whatever the others. Amount is interference.

    A number that no answer can be is `invalid input`, also where the grade would not need it.
    """
    letters = attributes_of(attributes)
    if not attributes.strip():
        why = Said("attributs manquants", "attributes: expected F, S, I, P, got nothing")
        return Composite("missing", None, ("attributes",), why)
    if letters is None:
        why = Said(f"attributs {attributes!r} inconnus", f"attributes: expected F, S, I, P, got {attributes!r}")
        return Composite("invalid input", None, ("attributes",), why)
    if letters == "P":
        why = Said("question de présence : pas de composite", "a presence item has no composite grade")
        return Composite("none", None, (), why)
    given = {"frequency": frequency, "severity": severity, "interference": interference}
    names = [ASKED[letter] for letter in letters]
    wrong = tuple(name for name in names if given[name] is not None and usable(name, given[name]) is None)
    if wrong:
        return Composite("invalid input", None, wrong, lacking(wrong))
    answers = [usable(name, given[name]) for name in names]
    if answers[0] == 0:
        return Composite("0", 0, (), Said("première réponse 0", "first answer 0"))
    missing = tuple(name for name, answer in zip(names, answers, strict=True) if answer is None)
    if missing:
        return Composite("missing", None, missing, lacking(missing))
    grade = _composites()[(letters, *(f"{answer:.0f}" for answer in answers))]
    return Composite(str(grade), grade, (), Said("", ""))


class Symptom(Struct, frozen=True):
    """Whether an answer alerts; None when it cannot be said."""

    alert: bool | None
    missing: tuple[str, ...]
    why: Said
    version: str = "STAR 2016"


@cache
def _limits() -> tuple[Decimal, Decimal]:
    found = {row["name"]: Decimal(row["value"]) for row in rows("symptom_rule")}
    return found["severe_from"], found["rise_from"]


def symptom(*, current: Number | None, previous: Number | None) -> Symptom:
    """Severe (>= 3) or worse by 2 or more than the previous report, 0 to 4. Without one only severity can alert."""
    severe_from, rise_from = _limits()
    now, before = usable("current", current), usable("previous", previous)
    if now is None:
        return Symptom(None, ("current",), lacking(("current",)))
    severe, rise = now >= severe_from, None if before is None else now - before
    worse = rise is not None and rise >= rise_from
    if severe or worse:
        return Symptom(True, (), _alerting(severe=severe, worse=worse))
    if before is None and previous is not None:
        return Symptom(None, ("previous",), lacking(("previous",)))
    if before is None:
        return Symptom(False, (), Said("pas de réponse précédente", "no previous report"))
    return Symptom(False, (), Said(f"évolution {rise:+.0f}", f"change {rise:+.0f}"))


def _alerting(*, severe: bool, worse: bool) -> Said:
    if severe and worse:
        return Said("sévère et aggravé", "severe and worse")
    return Said("sévère", "severe") if severe else Said("aggravé", "worse")


def girerd(answers: tuple[str | None, str | None, str | None, str | None, str | None, str | None]) -> Score:
    """Six answers `yes` or `no`; 0 good, 1 to 2 minor problem, 3 or more poor."""
    known = {f"q{n}": answer if answer in ("yes", "no") else None for n, answer in enumerate(answers, 1)}
    return summed("girerd", "cut-offs unverified", known)


class Triage(Struct, frozen=True):
    """`overall`: green, amber, red, or incomplete."""

    overall: str
    missing: tuple[str, ...]
    why: Said
    version: str = "UKONS 2 (2016)"


def ukons(*, green: Number | None, amber: Number | None, red: Number | None) -> Triage:
    """One red or two ambers are red; one amber is amber; green only when something was answered."""
    n_green, n_amber, n_red = usable("n_green", green), usable("n_amber", amber), usable("n_red", red)
    if (n_red or 0) >= 1 or (n_amber or 0) >= 2:
        why = Said("un rouge", "one red") if n_red else Said("deux oranges ou plus", "two ambers or more")
        return Triage("red", (), why)
    if n_green is None or n_amber is None or n_red is None:
        missing = absent(n_green=n_green, n_amber=n_amber, n_red=n_red)
        return Triage("incomplete", missing, lacking(missing))
    if n_amber + n_green == 0:
        return Triage("incomplete", (), Said("aucune réponse", "nothing was answered"))
    return Triage("amber" if n_amber else "green", (), Said("", ""))
