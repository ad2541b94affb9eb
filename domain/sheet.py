"""Who a patient is, how to get there, whom to call: as FHIR has Patient (with contact) and AllergyIntolerance."""

from msgspec import Struct


class Contact(Struct, frozen=True):
    """Somebody close to the patient. `relation`: as people say it."""

    name: str
    relation: str
    phone: str


class Sheet(Struct, frozen=True):
    """One patient's sheet. `birth_date`: YYYY-MM-DD. `access`: door codes, floor, keys. None: not known.

    `allergy_status` unknown: nobody has asked; none: "no known allergy" was said; known: `allergies` says which.
    `emergency_unit`: the nearest one that was agreed on.
    """

    family_name: str | None = None
    given_name: str | None = None
    birth_date: str | None = None
    phone: str | None = None
    address: str | None = None
    access: str | None = None
    allergy_status: str = "unknown"
    allergies: str | None = None
    emergency_unit: str | None = None
    emergency_phone: str | None = None
    contacts: tuple[Contact, ...] = ()

    def changed(self, before: "Sheet") -> list[str]:
        """Names of the fields that differ."""
        return [name for name in self.__struct_fields__ if getattr(self, name) != getattr(before, name)]
