"""From what is stored of a patient to the question a forecast of the neutrophil count is asked. Pure.

Nothing is guessed: a dose without amount, an unknown drug or product is said, and there is no forecast until somebody
has entered it. Only infusion times are not known at all: each counts as `INFUSION_H`.
"""

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from domain.alerts import Said
from domain.instants import DAY, HOUR, Micros, iso, parse_iso
from models.anc import VERSION
from models.anc.library import DRUGS, GCSF, REGIMENS
from models.anc.values import Count, Dose, Gcsf, Request

LOOK_BACK: Micros = 180 * DAY  # treatments and counts that are read
CHAIN_GAP: Micros = 42 * DAY  # doses further apart belong to two treatments
FORGOTTEN: Micros = 42 * DAY  # so long after the last dose there is nothing left to forecast
RECORDED_WITHIN: Micros = 36 * HOUR  # a planned dose and its record belong together
INFUSION_H = 1.0  # infusion times are not recorded; over 24 h of kinetics an hour more or less is not seen
_MG = {"mg": 1.0, "g": 1000.0, "ug": 0.001, "µg": 0.001, "mcg": 0.001}


class Treatment(Struct, frozen=True):
    """A treatment given. `kind`: chemotherapy or gcsf."""

    kind: str
    name: str
    at: Micros
    amount: float | None
    unit: str | None


class Asked(Struct, frozen=True):
    """The question, or what is `missing` to ask it. `next_dose_at`: the next dose of the plan, None when none is."""

    patient: str
    request: Request | None
    day_zero_at: Micros | None
    next_dose_at: Micros | None
    missing: tuple[Said, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Over everything the answer depends on; the same for the same question to the same model."""
        request = None if self.request is None else encoded(self.request)
        text = msgspec.json.encode(
            [VERSION, request, self.day_zero_at, self.next_dose_at, self.missing], order="deterministic"
        )
        return hashlib.sha256(text).hexdigest()

    def day(self, at: Micros) -> float | None:
        """A moment as a day of the request."""
        return None if self.day_zero_at is None else (at - self.day_zero_at) / DAY


def asked(
    patient: str,
    plan: dict[str, Any] | None,
    given: Sequence[Treatment],
    *,
    counts: Iterable[tuple[Micros, float]],
    at: Micros,
) -> Asked:
    """The question at a moment, out of the care plan, treatments given and counts (10*9/L), in any order."""
    plan = plan or {}
    planned = sorted(parse_iso(text) for text in plan.get("doses", ()))
    upcoming = next((dose for dose in planned if dose > at), None)
    doses = _chain([each for each in given if each.kind == "chemotherapy" and each.at <= at])
    missing = [*_unrecorded(planned, doses, plan, at), *_unusable(doses, plan.get("regimen")), *_old(doses, at)]
    start = doses[0].at if doses else None
    shots = [each for each in given if each.kind == "gcsf" and start is not None and start <= each.at <= at]
    missing += [fault for shot in shots if (fault := _product_fault(shot)) is not None]
    if missing or start is None:
        return Asked(patient, None, start, upcoming, tuple(dict.fromkeys(missing)))
    return Asked(patient, _request(patient, plan.get("regimen"), doses, shots, counts=counts, at=at), start, upcoming)


def _request(
    patient: str,
    regimen: str | None,
    doses: Sequence[Treatment],
    shots: Sequence[Treatment],
    *,
    counts: Iterable[tuple[Micros, float]],
    at: Micros,
) -> Request:
    start = doses[0].at

    def day(moment: Micros) -> float:
        return (moment - start) / DAY

    drugs = [drug_of(dose.name) for dose in doses]
    by_drug = all(drug is not None for drug in drugs)
    known = sorted({(day(when), value) for when, value in counts if start <= when <= at})
    given = [
        Dose(day(dose.at), _mg(dose) or 0.0, INFUSION_H, drug if by_drug else None)
        for dose, drug in zip(doses, drugs, strict=True)
    ]
    return Request(
        patient,
        drugs[0] if by_drug else None,
        None if by_drug else regimen,
        tuple(given) if by_drug else _days_of(given),
        tuple(Count(when, value) for when, value in known),
        tuple(Gcsf(day(shot.at), _mg(shot), product_of(shot.name) or "") for shot in sorted(shots, key=_when)),
        {},
    )


def _days_of(doses: Sequence[Dose]) -> tuple[Dose, ...]:
    """Of a regimen without kinetics what counts is a day of treatment: its drugs together, at the first of them."""
    found: list[Dose] = []
    for dose in doses:
        if found and dose.day - found[-1].day < 0.5:
            found[-1] = Dose(found[-1].day, found[-1].amount_mg + dose.amount_mg, INFUSION_H)
        else:
            found.append(dose)
    return tuple(found)


def _chain(doses: list[Treatment]) -> list[Treatment]:
    """The doses of the newest treatment, in order."""
    ordered = sorted(doses, key=_when)
    start = 0
    for place in range(1, len(ordered)):
        if ordered[place].at - ordered[place - 1].at > CHAIN_GAP:
            start = place
    return ordered[start:]


def _when(each: Treatment) -> Micros:
    return each.at


def _unrecorded(
    planned: Sequence[Micros], doses: Sequence[Treatment], plan: dict[str, Any], at: Micros
) -> Iterable[Said]:
    """Doses that the plan says were due, and of which nobody wrote what was given."""
    if not doses:
        regimen = f" ({plan['regimen']})" if plan.get("regimen") else ""
        yield Said(
            f"aucune chimiothérapie donnée n'est saisie{regimen} : saisir le nom et la quantité en mg",
            f"no chemotherapy given is recorded{regimen}: enter its name and its amount in mg",
        )
        return
    for due in planned:
        late = doses[0].at - RECORDED_WITHIN <= due <= at - RECORDED_WITHIN
        if late and not any(abs(dose.at - due) <= RECORDED_WITHIN for dose in doses):
            day = iso(due)[:10]
            yield Said(
                f"dose prévue le {day} non saisie : saisir le nom et la quantité en mg, ou corriger le plan",
                f"dose planned on {day} not recorded: enter its name and amount in mg, or mend the plan",
            )


def _unusable(doses: Sequence[Treatment], regimen: str | None) -> Iterable[Said]:
    for dose in doses:
        day, name = iso(dose.at)[:10], dose.name[:60]
        if _mg(dose) is None:
            got = "rien" if dose.amount is None else f"{dose.amount:g} {dose.unit or ''}".rstrip()
            got_en = "nothing" if dose.amount is None else got
            yield Said(
                f"dose de {name} du {day} : une quantité en mg est attendue, reçu : {got}",
                f"dose of {name} on {day}: expected an amount in mg, got {got_en}",
            )
        if drug_of(dose.name) is None and regimen not in REGIMENS:
            yield Said(
                f"{name} n'est pas dans la bibliothèque ({', '.join(_short_names())}) et le plan ne nomme aucun schéma",
                f"{name} is not in the library ({', '.join(_short_names())}) and the plan names no regimen",
            )


def _short_names() -> list[str]:
    return sorted(name for name in DRUGS if "_" not in name)


def _old(doses: Sequence[Treatment], at: Micros) -> Iterable[Said]:
    if doses and at - doses[-1].at > FORGOTTEN:
        day = iso(doses[-1].at)[:10]
        yield Said(
            f"la dernière dose saisie est du {day} : plus rien à prévoir",
            f"the last dose recorded is of {day}: nothing left to forecast",
        )


def _product_fault(shot: Treatment) -> Said | None:
    if product_of(shot.name) is not None:
        return None
    products = ", ".join(sorted(GCSF))
    return Said(
        f"G-CSF {shot.name[:60]} du {iso(shot.at)[:10]} : attendu l'un de {products}",
        f"G-CSF {shot.name[:60]} on {iso(shot.at)[:10]}: expected one of {products}",
    )


def drug_of(name: str) -> str | None:
    """The key of the drug library that a name as entered stands for: case, accents and what follows do not matter."""
    return _first(name, DRUGS)


def product_of(name: str) -> str | None:
    """The same for a G-CSF."""
    return _first(name, GCSF)


def _first(name: str, known: Iterable[str]) -> str | None:
    plain = unicodedata.normalize("NFKD", name.strip().lower()).encode("ascii", "ignore").decode()
    words = plain.replace("nab paclitaxel", "nab-paclitaxel").split()
    return words[0] if words and words[0] in known else None


def _mg(each: Treatment) -> float | None:
    """The amount in mg; None when it is unknown, not above 0, or in a unit that is no mass."""
    if each.amount is None or each.unit is None or not each.amount > 0:
        return None
    factor = _MG.get(each.unit.strip())
    return None if factor is None else each.amount * factor


def encoded(request: Request) -> dict[str, Any]:
    """The question as it is stored: what `vigie forecast` takes as a line."""
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(request))
    return found
