"""Which medicines matter to fever, by name. Pure table; a name that is not here says nothing.

French and international non-proprietary names, compared without accents and case; status D (needs clinical sign-off):
the tables of clinical facts name paracetamol, NSAIDs and corticosteroids as hiding fever (clinical table 02, Quebec),
not the single molecules.
"""

import unicodedata
from functools import lru_cache

KINDS: dict[str, tuple[str, ...]] = {
    "antipyretic": (
        "paracetamol", "acetaminophen", "ibuprofen", "ibuprofene", "ketoprofen", "ketoprofene", "naproxen", "naproxene",
        "diclofenac", "aspirin", "aspirine", "acide acetylsalicylique", "metamizole",
    ),
    "corticoid": (
        "prednisone", "prednisolone", "methylprednisolone", "dexamethasone", "hydrocortisone", "betamethasone",
    ),
    "gcsf": ("filgrastim", "pegfilgrastim", "lenograstim", "lipegfilgrastim"),
}  # fmt: skip


@lru_cache(maxsize=1024)
def kinds_of(drug: str) -> tuple[str, ...]:
    """The kinds of a medicine by its name, also as a part of `paracetamol 500 mg`."""
    plain = unicodedata.normalize("NFKD", drug[:200]).encode("ascii", "ignore").decode().lower()
    return tuple(kind for kind, names in KINDS.items() if any(name in plain for name in names))
