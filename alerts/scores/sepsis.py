"""qSOFA, SIRS, shock index. Pure.

Sources: qSOFA Seymour 2016 JAMA (PMC5433435), >= 22 and <= 100; SIRS BMC Infect Dis 14:155 table 2; shock index Koch
2019 OAEM, Sotello. Version: as published there, 2016, 2014 and 2019. In neutropenia the treatment itself meets the
SIRS item on white cells.
"""

from decimal import Decimal

from msgspec import Struct

from alerts.scores.points import summed
from alerts.scores.values import Number, Score, absent, band, lacking, usable
from domain.alerts import Said

NOT_MEASURED = frozenset({"paco2", "bands"})


def qsofa(*, resp_rate: Number | None, gcs: Number | None, systolic: Number | None) -> Score:
    """0 to 3; band `yes` from 2 on. Respirations /min, Glasgow coma scale 3 to 15, mmHg."""
    return summed(
        "qsofa",
        "Sepsis-3 2016",
        {
            "resp_rate": usable("resp_rate", resp_rate),
            "gcs": usable("gcs", gcs),
            "systolic": usable("systolic", systolic),
        },
    )


class Sirs(Struct, frozen=True):
    """Inputs of SIRS: °C, /min, /min, G/L; PaCO2 in mmHg and immature forms in % when they were measured."""

    temperature: Number | None
    heart_rate: Number | None
    resp_rate: Number | None
    wbc: Number | None
    paco2: Number | None = None
    bands: Number | None = None


def sirs(inputs: Sirs) -> Score:
    """0 to 4 criteria; band `yes` from 2 on."""
    known = {name: usable(name, getattr(inputs, name)) for name in inputs.__struct_fields__}
    spoiled = {name for name in NOT_MEASURED if getattr(inputs, name) is not None and known[name] is None}
    return summed("sirs", "1992, as in BMC Infect Dis 14:155", known, optional=NOT_MEASURED - spoiled)


class ShockIndex(Struct, frozen=True):
    """Heart rate over systolic pressure. `index` is exact; the band is that of the exact value."""

    index: Decimal | None
    band: str | None
    missing: tuple[str, ...]
    why: Said
    version: str = "Koch 2019"


def shock_index(*, heart_rate: Number | None, systolic: Number | None) -> ShockIndex:
    """/min over mmHg. Nothing is said of a rate or a pressure of zero."""
    rate, pressure = usable("heart_rate", heart_rate), usable("systolic", systolic)
    missing = absent(heart_rate=rate or None, systolic=pressure or None)
    if missing or rate is None or pressure is None:
        return ShockIndex(None, None, missing, lacking(missing))
    index = rate / pressure
    name = band("shock_index", index)
    return ShockIndex(index, name, (), Said(f"FC/PAS {name}", f"HR/SBP {name}"))
