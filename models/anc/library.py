"""The drug library: published parameter sets with their kinetics, the regimens, the G-CSF products. Read once, frozen.

Every number stands in a table of this package (or `domain/regimens.csv`) with its source and status; nothing is read
from elsewhere. A set that lacks what a forecast needs, or is not believable, is in UNUSED with the reason.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from math import log1p
from types import MappingProxyType

DEFAULTS: Mapping[str, str] = MappingProxyType(
    {
        "docetaxel": "kloft2006_docetaxel",
        "paclitaxel": "wahlby2004_paclitaxel",
        "nab-paclitaxel": "chen2014_nabpaclitaxel",
        "eribulin": "vanhasselt2013_eribulin",
    }
)
UNUSED: Mapping[str, str] = MappingProxyType(
    {
        "vinflunine": "its only set has a slope with an implausible unit",
        "schmitt2018_vinflunine": "slope unit printed as mL/ng is implausible",
        "5-fluorouracil": "its only set is of leucocytes, not of neutrophils",
        "arshad2020_5fu": "of leucocytes, not of neutrophils",
        "friberg2002_paclitaxel_wbc": "of leucocytes, not of neutrophils",
        "friberg2002_docetaxel_linear": "no variability between people in the source",
        "ozawa2007_docetaxel": "needs the observed baseline and a dexamethasone compartment",
        "quartino2014_docetaxel_gcsf": "no variability between people; another structure",
        "kawamura2018_eribulin": "drifts by up to 30 % without a drug",
        "torsten_example": "simulated",
        "friberg2002_other": "ranges from memory",
        "henrich2017_paclitaxel": "from memory, another structure",
    }
)
RESIDUAL_SD = 0.424  # of log(ANC), that of the default set: for a set whose source gives none
ETAS = ("circ0", "mtt", "gamma", "slope")


@dataclass(frozen=True, slots=True)
class Kinetics:
    """Typical pharmacokinetics in L, L/h and, where saturable, µg/h and µg/L. `cv_cl`: clearance between people."""

    volumes: tuple[float, ...]
    flows: tuple[float, ...]
    clearance: float | None
    saturable: tuple[float, float, float, float, float] | None  # vmax_el, km_el, vmax_tr, km_tr, volume behind it
    cv_cl: float
    source: str
    status: str


@dataclass(frozen=True, slots=True)
class ParameterSet:
    """One published model. `slope` per mg/L; `ec50` mg/L where the effect saturates; `omega2` of log parameters."""

    id: str
    drug: str
    circ0: float
    mtt: float
    gamma: float
    slope: float
    ec50: float | None
    omega2: Mapping[str, float]
    residual_sd: float
    kinetics: Kinetics
    source: str
    status: str


@dataclass(frozen=True, slots=True)
class Regimen:
    """A regimen of which only the usual day of the nadir is known (days 1-based, as in the table)."""

    key: str
    name: str
    nadir_from: float
    nadir_to: float
    source: str
    status: str


def _table(package: str, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((files(package) / name).read_text("utf-8").splitlines()))


def _variance(text: str, scale: str) -> float:
    """omega² of the log parameter. A value estimated as 0 with one `in paper` beside it: that of the paper."""
    inside = re.search(r"\(([\d.]+) in paper\)", text)
    number = float(inside[1] if inside else text or 0)
    return {"omega^2 log": number, "CV": log1p(number**2), "SD of eta": number**2}[scale]


def _slope(row: Mapping[str, str], kinetics: Mapping[str, str]) -> tuple[float, float | None, float]:
    """Slope per mg/L, EC50 in mg/L or None, and its variance."""
    per_umol = 1000.0 / float(kinetics["molar_mass"])
    if row["drug_effect"] == "Emax":
        top, half = (float(number) for number in re.findall(r"[\d.]+(?=;|$)", row["slope"]))
        spread = sum(_variance(number, row["iiv_scale"]) for number in re.findall(r"0\.\d+", row["iiv_slope"]))
        return top / half * per_umol, half / per_umol, spread
    factor = {"L/umol": per_umol, "L/mg": 1.0, "mL/ng": 1000.0, "L/ug": 1000.0}[row["slope_unit"].split(" ")[0]]
    return float(row["slope"]) * factor, None, _variance(row["iiv_slope"], row["iiv_scale"])


def _kinetics(row: Mapping[str, str]) -> Kinetics:
    def numbers(*names: str) -> tuple[float, ...]:
        return tuple(float(row[name]) for name in names if row[name])

    saturable = numbers("vmax_el", "km_el", "vmax_tr", "km_tr", "v3") if row["vmax_el"] else None
    volumes, flows = numbers("v1", "v2") if saturable else numbers("v1", "v2", "v3"), numbers("q2", "q3")
    clearance = None if saturable else float(row["cl"])
    cv = float(row["cv_cl"] or 0)
    return Kinetics(volumes, flows, clearance, saturable, cv, row["source"], row["status"])  # type: ignore[arg-type]


def _sets() -> Iterator[ParameterSet]:
    kinetics = {row["set"]: row for row in _table("models.anc", "kinetics.csv")}
    for row in _table("models.anc", "parameters.csv"):
        if row["id"] in UNUSED:
            continue
        slope, ec50, spread = _slope(row, kinetics[row["id"]])
        omega2 = {name: _variance(row[f"iiv_{name}"], row["iiv_scale"]) for name in ETAS if name != "slope"}
        yield ParameterSet(
            row["id"], row["drug"], float(row["circ0_1e9_per_L"]), float(row["mtt_h"]), float(row["gamma"]),
            slope, ec50, MappingProxyType({**omega2, "slope": spread}), float(row["residual"] or RESIDUAL_SD),
            _kinetics(kinetics[row["id"]]), row["source"], row["status"],
        )  # fmt: skip


def _regimens() -> Iterator[Regimen]:
    for row in _table("domain", "regimens.csv"):
        days = [float(number) for number in re.findall(r"\d+", row["nadir_day"].split("(")[0])]
        low, high = max(1.0, min(days)), max(days)
        yield Regimen(row["key"], row["regimen"], low, high, row["source"], row["nadir_status"])


SETS: Mapping[str, ParameterSet] = MappingProxyType({found.id: found for found in _sets()})
DRUGS: Mapping[str, ParameterSet] = MappingProxyType({**{drug: SETS[name] for drug, name in DEFAULTS.items()}, **SETS})
REGIMENS: Mapping[str, Regimen] = MappingProxyType({found.key: found for found in _regimens()})
REGIMEN_DRUGS: Mapping[str, str] = MappingProxyType({"docetaxel": "docetaxel"})
"""Regimens of one drug of the library: its set is used. The others have no kinetics here (KPD)."""
GCSF: Mapping[str, Mapping[str, str]] = MappingProxyType({row["name"]: row for row in _table("models.anc", "gcsf.csv")})
