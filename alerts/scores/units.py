"""Exact unit conversion and Bluetooth/IEEE 11073 codes to LOINC, over `tables/units.csv` and `tables/mdc.csv`. Pure.

Sources: clinical table 08 (exact constants by definition, molar ones from memory); HL7/phd examples for the codes.
Version: tables of 2026. The live path converts with `domain.units`; a test holds the two equal.
"""

from decimal import Decimal
from fractions import Fraction
from functools import cache

from msgspec import Struct

from alerts.scores.tables import rows
from alerts.scores.values import Number, exact
from domain.alerts import Said

_SYNONYMS = {
    "spo2": "fraction", "saturation": "fraction", "oxygen saturation": "fraction", "hemoglobin": "haemoglobin",
    "body weight": "weight", "body temperature": "temperature", "blood pressure": "pressure", "body height": "height",
    "sodium": "potassium", "crp": "mass concentration", "length": "height", "mass": "weight", "heart rate": "rate",
    "pulse": "rate", "respiratory rate": "rate", "neutrophils": "cell count", "platelets": "cell count",
    "leucocytes": "cell count", "monocytes": "cell count", "lymphocytes": "cell count",
}  # fmt: skip
PARTITION = 65536


class Converted(Struct, frozen=True):
    """The value in the other unit, 20 significant digits at most."""

    value: Decimal | None
    why: Said
    version: str = "2026"


@cache
def _units() -> dict[str, dict[str, tuple[Fraction, Fraction]]]:
    found: dict[str, dict[str, tuple[Fraction, Fraction]]] = {}
    for row in rows("units"):
        found.setdefault(row["quantity"], {})[row["unit"]] = (_fraction(row["factor"]), Fraction(row["offset"]))
    return found


def _fraction(text: str) -> Fraction:
    above, _, below = text.partition("/")
    return Fraction(above) / Fraction(below or "1")


def convert(quantity: str, value: Number | None, unit: str, to: str) -> Converted:
    """A value in another UCUM unit of the same quantity; refuses what is no such value, unit or quantity."""
    name = quantity.strip().casefold()
    table = _units().get(_SYNONYMS.get(name, name))
    number = exact(value)
    if table is None:
        return _refused(f"quantity: expected one of {', '.join(sorted(_units()))}, got {quantity!r}")
    for asked in (unit, to):
        if asked not in table:
            return _refused(f"unit: expected one of {', '.join(table)}, got {asked!r}")
    if number is None:
        return _refused("value: expected a number")
    if number < 0 and table is not _units()["temperature"]:
        return _refused(f"value: expected 0 or more, got {number}")
    factor, offset = table[unit]
    target, shift = table[to]
    result = (Fraction(number) * factor + offset - shift) / target
    return Converted(_decimal(result), Said("", ""))


def _decimal(value: Fraction) -> Decimal:
    return +(Decimal(value.numerator) / Decimal(value.denominator))


def _refused(text: str) -> Converted:
    return Converted(None, Said(text, text))


class Coded(Struct, frozen=True):
    """The LOINC code of a device code."""

    loinc: str | None
    why: Said
    version: str = "2026"


def mdc_to_loinc(code: int | None, *, ucum: str | None = None) -> Coded:
    """The LOINC code of a 32-bit MDC code. Where two share one (glucose), the unit says which."""
    found = [row for row in rows("mdc") if code is not None and int(row["mdc_code"]) == code]
    if len(found) > 1:
        found = [row for row in found if row["ucum"] == ucum]
    if len(found) == 1:
        return Coded(found[0]["loinc"], Said(found[0]["name"], found[0]["name"]))
    text = f"no LOINC code is known for MDC {code} in {ucum or 'no unit'}"
    return Coded(None, Said(f"aucun code LOINC connu pour MDC {code} ({ucum or 'sans unité'})", text))


def mdc_code(partition: int, term: int) -> int:
    """The 32-bit code of a partition and a term code."""
    return partition * PARTITION + term
