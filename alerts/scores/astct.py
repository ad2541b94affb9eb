"""CRS and ICANS grades. Source and version: ASTCT consensus 2019, via PMC9327779 table 2 and PMC8021214 table 1. Pure.

CRS: fever, and the worse of hypotension and hypoxia; fever is no longer required once an antipyretic or anticytokine
was given. Low flow is <= 6 L/min whatever the cannula is called. ICANS: the worst domain.
"""

from decimal import Decimal
from functools import cache

from msgspec import Struct

from alerts.scores.tables import rows
from alerts.scores.values import Grade, Number, Part, absent, join, lacking, usable
from domain.alerts import Said

VERSION = "ASTCT 2019"
CONTEXTS = ("no", "antipyretic_given", "anticytokine_given", "vasopressin")
TREATED = ("antipyretic_given", "anticytokine_given")
ICANS_DOMAINS = ("consciousness", "seizure", "motor", "icp_or_oedema")


class Crs(Struct, frozen=True):
    """Inputs: °C, yes/no, pressors without vasopressin; `oxygen` none, low_flow, high_flow (with `flow` in L/min),
    blow_by, facemask, non_rebreather, venturi, positive_pressure; `context` one of `CONTEXTS`.
    """

    temperature: Number | None
    hypotension: str | None
    pressors: Number | None
    oxygen: str | None
    flow: Number | None = None
    context: str | None = "no"


class Icans(Struct, frozen=True):
    """Inputs: ICE 0 to 10, and a word a domain (`words(domain)`)."""

    ice: Number | None
    consciousness: str | None
    seizure: str | None
    motor: str | None
    icp_or_oedema: str | None


@cache
def _table(score: str, domain: str) -> dict[str, tuple[str, int]]:
    """Value -> (limit, grade)."""
    found = (row for row in rows("astct") if row["score"] == score and row["domain"] == domain)
    return {row["value"]: (row["limit"], int(row["grade"])) for row in found}


def words(domain: str) -> tuple[str, ...]:
    """The words of an ICANS domain."""
    return tuple(_table("icans", domain))


def crs(inputs: Crs) -> Grade:
    """0 (not CRS) to 4. Grade 0 when there is no fever and no treatment that hides it."""
    temperature = usable("temperature", inputs.temperature)
    context = inputs.context if inputs.context in CONTEXTS else None
    pressure, hypoxia = _hypotension(inputs), _hypoxia(inputs)
    limit, warm = _table("crs", "fever")["from_C"]
    fever = None if temperature is None else temperature >= Decimal(limit)
    counts = True if context in TREATED or fever else None if context is None else fever
    worst = max(warm, pressure or 0, hypoxia or 0)
    parts = (
        Part("fever", None if fever is None else int(fever)),
        Part("hypotension", pressure),
        Part("oxygen", hypoxia),
    )
    if counts is False:
        why = Said("ni fièvre ni traitement qui la masque : pas un CRS", "no fever and nothing that hides it: not CRS")
        missing = _missing(inputs, temperature=temperature, pressure=pressure, hypoxia=hypoxia, context=context)
        return Grade("crs", VERSION, None if missing else 0, 0, missing, join(why, lacking(missing)), parts)
    asked = temperature if context not in TREATED else 0
    missing = _missing(inputs, temperature=asked, pressure=pressure, hypoxia=hypoxia, context=context)
    sure = worst if counts else 0
    return Grade("crs", VERSION, None if missing else worst, sure, missing, lacking(missing), parts)


def _missing(
    inputs: Crs, *, temperature: Number | None, pressure: int | None, hypoxia: int | None, context: str | None
) -> tuple[str, ...]:
    return absent(
        temperature=temperature,
        hypotension=inputs.hypotension if inputs.hypotension in ("yes", "no") else None,
        pressors=usable("pressors", inputs.pressors) if pressure is None else pressure,
        oxygen_device=hypoxia,
        context=context,
    )


def _hypotension(inputs: Crs) -> int | None:
    """Somebody on pressors is hypotensive, whatever the pressure reads on them."""
    pressors, table = usable("pressors", inputs.pressors), _table("crs", "hypotension")
    if pressors is None:
        return None
    if pressors >= 1:
        return table["one_pressor" if pressors == 1 else "several_pressors"][1]
    if inputs.context == "vasopressin":
        return table["vasopressin_alone"][1]
    return {"yes": table["no_pressor"][1], "no": 0}.get(inputs.hypotension or "")


def _hypoxia(inputs: Crs) -> int | None:
    table = _table("crs", "hypoxia")
    if inputs.oxygen not in ("low_flow", "high_flow"):
        return table[inputs.oxygen][1] if inputs.oxygen in table else None
    flow = usable("flow", inputs.flow)
    if flow is None or flow == 0:
        return None
    return table["low_flow" if flow <= Decimal(table["low_flow"][0]) else "high_flow"][1]


def icans(inputs: Icans) -> Grade:
    """0 to 4. Somebody who cannot be roused is grade 4 without an ICE score."""
    graded = {name: _table("icans", name).get(getattr(inputs, name) or "", ("", None))[1] for name in ICANS_DOMAINS}
    score = usable("ice", inputs.ice)
    bands = _table("icans", "ice")
    ice = None if score is None else next(g for low, (high, g) in bands.items() if int(low) <= score <= int(high))
    unarousable = graded["consciousness"] == 4
    missing = absent(ice=0 if unarousable else ice, **graded)
    worst = max(grade or 0 for grade in (ice, *graded.values()))
    parts = (Part("ice", ice), *(Part(name, grade) for name, grade in graded.items()))
    return Grade("icans", VERSION, None if missing else worst, worst, missing, lacking(missing), parts)
