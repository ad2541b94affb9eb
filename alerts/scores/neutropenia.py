"""MASCC and CISNE, and what a neutrophil count says under each definition of febrile neutropenia. Pure.

Sources: MASCC Klastersky 2000 JCO 18:3038, low risk from 21 (not > 21); CISNE PMC6404710 table 4; definitions: IDSA
2010, NCCN (second-hand), ESMO 2016, CTCAE 5.0. Version: as published there. Neither score is a discharge rule alone.
"""

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct

from alerts.scores.points import Known, summed
from alerts.scores.tables import rows
from alerts.scores.values import Number, Score, lacking, usable
from domain.alerts import Said

# MASCC input -> the words it can be; the table lists those that give points.
MASCC_WORDS: Mapping[str, tuple[str, ...]] = {
    "burden_of_illness": ("none_mild", "moderate", "severe"),
    "hypotension": ("yes", "no"),
    "copd": ("yes", "no"),
    "tumour": ("solid_or_haem_without_prior_fungal", "haem_with_prior_fungal"),
    "dehydration": ("yes", "no"),
    "status_at_onset": ("outpatient", "inpatient"),
}
CISNE_WORDS: Mapping[str, tuple[str, ...]] = dict.fromkeys(
    ("diabetes_or_corticosteroids", "copd", "cardiovascular"), ("yes", "no")
)


class Mascc(Struct, frozen=True):
    """Inputs of MASCC: words of `MASCC_WORDS`; hypotension is systolic < 90 mmHg; age in years."""

    burden_of_illness: str | None
    hypotension: str | None
    copd: str | None
    tumour: str | None
    dehydration: str | None
    status_at_onset: str | None
    age: Number | None


class Cisne(Struct, frozen=True):
    """Inputs of CISNE: yes/no, glucose in mg/dL, monocytes per µL, grades 0 to 4. Stable solid tumours only."""

    ecog: Number | None
    glucose: Number | None
    diabetes_or_corticosteroids: str | None
    copd: str | None
    cardiovascular: str | None
    mucositis: Number | None
    monocytes: Number | None


def mascc(inputs: Mascc) -> Score:
    """0 to 26; band `low` from 21 on, else `high`."""
    return summed("mascc", "2000", _known(inputs, MASCC_WORDS))


def cisne(inputs: Cisne) -> Score:
    """0 to 8; band low (0), intermediate (1 to 2), high (3 or more)."""
    return summed("cisne", "2015", _known(inputs, CISNE_WORDS))


def _known(inputs: Mascc | Cisne, words: Mapping[str, tuple[str, ...]]) -> dict[str, Known | None]:
    known: dict[str, Known | None] = {}
    for name in inputs.__struct_fields__:
        value = getattr(inputs, name)
        known[name] = (value if value in words[name] else None) if name in words else usable(name, value)
    return known


class Neutropenia(Struct, frozen=True):
    """Answer per definition: yes, no, suspected, unknown; `not gradable` for the CTCAE grade."""

    answers: dict[str, str]
    missing: tuple[str, ...]
    why: Said
    version: str = "IDSA 2010, NCCN, ESMO 2016, CTCAE 5.0"


def febrile_neutropenia_anc(
    *, anc: Number | None, falling: bool | None, in_window: bool | None, fever: bool | None
) -> Neutropenia:
    """What a count in G/L says while the criterion of fever is met.

    `falling`: expected below 0.5 within 48 h. `in_window`: inside the expected nadir; an unknown count there is
    suspected neutropenia until a count says otherwise. Without fever every answer is no.
    """
    count = usable("anc", anc)
    table = rows("neutropenia")
    if fever is False:
        why = Said("critère de fièvre non rempli", "the criterion of fever is not met")
        return Neutropenia({row["definition"]: "no" for row in table}, (), why)
    if fever is None:
        why = Said("fièvre inconnue", "whether there is fever is not known")
        return Neutropenia({row["definition"]: _unknown(row) for row in table}, ("fever",), why)
    if count is None:
        why = lacking(("anc",))
        return Neutropenia({row["definition"]: _unknown(row, in_window) for row in table}, ("anc",), why)
    answers = {row["definition"]: _answer(row, count, falling) for row in table}
    open_question = "unknown" in answers.values()
    why = Said("évolution attendue inconnue", "whether it will fall is not known") if open_question else Said("", "")
    return Neutropenia(answers, ("falling",) if open_question else (), why)


def _unknown(row: dict[str, str], in_window: bool | None = None) -> str:
    if row["falling_if_below"] == "none":
        return "not gradable"
    return "suspected" if in_window else "unknown"


def _answer(row: dict[str, str], count: Decimal, falling: bool | None) -> str:
    ceiling = Decimal(row["falling_if_below"]) if row["falling_if_below"] not in ("", "none") else None
    if count < Decimal(row["now_below"]):
        return "yes"
    if row["falling_if_below"] == "none" or falling is False or (ceiling is not None and count >= ceiling):
        return "no"
    return "yes" if falling else "unknown"
