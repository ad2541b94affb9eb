"""The closed vocabulary of measures: LOINC code, quantity, plausible range at home, names, source status.

Ranges: outside `reject` a value is refused (`implausible`); outside `usual` it is kept with quality `question`.
Sources: clinical tables 08-device-codes and 08-plausibility ("proposed home" columns, status D: needs clinical
sign-off). Laboratory codes come from the interface, status M where the table does not hold them. Laboratory
bounds are technical (a count sent in the wrong unit must not close an aplasia window), status D.
"""

from dataclasses import dataclass

from domain.units import UNITS, Linear, canonical_unit


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing that can be measured. Bounds are inclusive, in the canonical unit."""

    code: str
    quantity: str
    fr: str
    en: str
    reject_below: float | None = None
    reject_above: float | None = None
    usual_from: float | None = None
    usual_to: float | None = None
    code_status: str = "V"
    range_status: str = "D"
    decimals: int = 0

    @property
    def unit(self) -> str:
        """Canonical UCUM unit."""
        return canonical_unit(self.quantity)

    @property
    def units(self) -> dict[str, Linear]:
        """Units accepted on the wire."""
        return UNITS[self.quantity]


TEMPERATURE = "8310-5"
HEART_RATE = "8867-4"
RESPIRATORY_RATE = "9279-1"
SPO2 = "59408-5"
SYSTOLIC = "8480-6"
DIASTOLIC = "8462-4"
WEIGHT = "29463-7"
CONSCIOUSNESS = "80288-4"
OXYGEN_FLOW = "3151-8"
NEUTROPHILS = "26499-4"

_MEASURES = (
    Measure(TEMPERATURE, "temperature", "Température", "Temperature", 30.0, 43.0, 34.0, 42.0, decimals=1),
    Measure(HEART_RATE, "rate", "Fréquence cardiaque", "Heart rate", 20, 250, 30, 240),
    Measure(RESPIRATORY_RATE, "rate", "Fréquence respiratoire", "Respiratory rate", 3, 70, 4, 60),
    Measure(SPO2, "fraction", "Saturation (SpO2)", "Saturation (SpO2)", 50, 100, 70, 100),
    Measure(SYSTOLIC, "pressure", "Pression systolique", "Systolic pressure", 50, 280, 60, 250),
    Measure(DIASTOLIC, "pressure", "Pression diastolique", "Diastolic pressure", 20, 180, 30, 160),
    Measure("8478-0", "pressure", "Pression moyenne", "Mean pressure", 20, 280, code_status="M"),
    Measure(WEIGHT, "weight", "Poids", "Weight", 25, 300, decimals=1),
    Measure("8302-2", "height", "Taille", "Height", 100, 230),
    Measure("39156-5", "bmi", "Indice de masse corporelle", "Body mass index", 0, 200, decimals=1),
    Measure(
        "14743-9",
        "glucose",
        "Glycémie",
        "Glucose",
        10 / 18.0156,
        900 / 18.0156,
        20 / 18.0156,
        600 / 18.0156,
        "M",
        decimals=1,
    ),
    Measure("61006-3", "fraction", "Indice de perfusion", "Perfusion index", 0, 100, decimals=1),
    Measure("41950-7", "steps", "Pas", "Steps", 0, 200_000, code_status="M"),
    Measure("80404-7", "duration", "Variabilité cardiaque SDNN", "Heart-rate variability SDNN", 0, 2000),
    Measure(CONSCIOUSNESS, "consciousness", "Conscience (ACVPU)", "Consciousness (ACVPU)", code_status="M"),
    Measure(OXYGEN_FLOW, "flow", "Débit d'oxygène", "Oxygen flow", 0, 100, code_status="M", decimals=1),
    Measure(
        NEUTROPHILS, "cell count", "Polynucléaires neutrophiles", "Neutrophils", 0, 500, code_status="M", decimals=2
    ),
    Measure("777-3", "cell count", "Plaquettes", "Platelets", 0, 10_000, code_status="M"),
    Measure("718-7", "haemoglobin", "Hémoglobine", "Haemoglobin", 0, 30, code_status="M", decimals=1),
    Measure("6690-2", "cell count", "Leucocytes", "Leucocytes", 0, 2000, code_status="M", decimals=1),
    Measure("742-7", "cell count", "Monocytes", "Monocytes", 0, 500, code_status="M", decimals=2),
    Measure("14682-9", "creatinine", "Créatinine", "Creatinine", 0, 5000, code_status="M"),
    Measure("1988-5", "mass concentration", "CRP", "CRP", 0, 2000, code_status="M"),
    Measure("2823-3", "potassium", "Potassium", "Potassium", 0, 20, code_status="M", decimals=1),
)

MEASURES: dict[str, Measure] = {measure.code: measure for measure in _MEASURES}

# What a laboratory counts. A patient or caregiver who types one could close an aplasia window.
LABORATORY = frozenset({NEUTROPHILS, "777-3", "718-7", "6690-2", "742-7", "14682-9", "1988-5", "2823-3"})

# A synonym on the wire -> (canonical code, site of measurement that the code itself states).
SYNONYMS: dict[str, tuple[str, str | None]] = {
    "2708-6": (SPO2, None),
    "751-8": (NEUTROPHILS, None),
    "41653-7": ("14743-9", None),
    "55423-8": ("41950-7", None),
    "76282-3": (HEART_RATE, None),
    "8331-1": (TEMPERATURE, "oral"),
    "8328-7": (TEMPERATURE, "axilla"),
    "8333-7": (TEMPERATURE, "tympanic"),
    "8332-3": (TEMPERATURE, "rectal"),
    "75539-7": (TEMPERATURE, "forehead"),
}

BODY_SITES: dict[str, tuple[str, str]] = {
    "oral": ("orale", "oral"),
    "axilla": ("axillaire", "axilla"),
    "tympanic": ("tympanique", "tympanic"),
    "rectal": ("rectale", "rectal"),
    "forehead": ("frontale", "forehead"),
    "core": ("centrale", "core"),
}
SITE_SYNONYMS = {"axillary": "axilla"}

# ACVPU letters, stored as a number so that one column holds every value.
ACVPU: dict[str, int] = {"A": 0, "C": 1, "V": 2, "P": 3, "U": 4}
ACVPU_LETTERS = {number: letter for letter, number in ACVPU.items()}


def canonical(code: str, body_site: str | None) -> tuple[str, str | None] | None:
    """Canonical (code, body site) of a wire code, or None when the code is unknown.

    A body site outside the table is kept as None: an unknown site never costs a reading.
    """
    named = body_site.strip().lower() if body_site else None
    site = SITE_SYNONYMS.get(named, named) if named else None
    if site is not None and site not in BODY_SITES:
        site = None
    if code in MEASURES:
        return code, site
    synonym = SYNONYMS.get(code)
    return None if synonym is None else (synonym[0], synonym[1] or site)
