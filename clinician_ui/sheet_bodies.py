"""A patient's sheet as it may be sent: each field, and what must fit together. Used by the console and `vigie`."""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from domain.converting import converter
from domain.sheet import Sheet
from web.bodies import Body, Text

MOST_CONTACTS = 8
_DIALLED = re.compile(r"\+?[0-9](?:[ .-]?(?:\(0\)[ .-]?)?[0-9]){1,18}")  # "(0)": for whoever does not dial the country
_as_sheet = converter(Sheet)
NUMBER = "a telephone number as one dials it, such as 06 12 34 56 78 or +33612345678"


def _dialled(text: str | None) -> str | None:
    if text is not None and not _DIALLED.fullmatch(text):
        raise ValueError(f"expected {NUMBER}")
    return text


def _day(text: str | None) -> str | None:
    try:
        if text is not None and not "1900-01-01" <= date.fromisoformat(text).isoformat() == text:
            raise ValueError
    except ValueError:
        raise ValueError("expected a day YYYY-MM-DD from 1900 on") from None
    return text


def _written(value: object) -> object:
    """Spaces around do not count, and nothing but spaces is nothing."""
    return (value.strip() or None) if isinstance(value, str) else value


Written = Annotated[Text | None, BeforeValidator(_written)]
Short = Annotated[Annotated[Text, Field(max_length=100)] | None, BeforeValidator(_written)]
Phone = Annotated[Short, AfterValidator(_dialled)]
Needed = Annotated[Text, BeforeValidator(_written), Field(min_length=1, max_length=100)]


class ContactBody(Body):
    """Somebody close to the patient."""

    name: Needed
    relation: Annotated[Text, BeforeValidator(lambda value: value.strip() if isinstance(value, str) else value)] = ""
    phone: Annotated[Needed, AfterValidator(_dialled)]


class SheetBody(Body):
    """PUT /api/patients/{patient}/sheet: the whole sheet as it is from now on."""

    family_name: Short = None
    given_name: Short = None
    birth_date: Annotated[Short, AfterValidator(_day)] = None
    phone: Phone = None
    address: Written = None
    access: Written = None
    allergy_status: Literal["unknown", "none", "known"] = "unknown"
    allergies: Annotated[Written, Field(validate_default=True)] = None
    emergency_unit: Short = None
    emergency_phone: Phone = None
    contacts: Annotated[list[ContactBody], Field(max_length=MOST_CONTACTS)] = Field(default_factory=list)

    @field_validator("allergies")
    @classmethod
    def _as_the_status_says(cls, text: str | None, info: object) -> str | None:
        status = getattr(info, "data", {}).get("allergy_status")
        if status == "known" and text is None:
            raise ValueError("expected which allergies, as they are said to be known")
        if status in {"unknown", "none"} and text is not None:
            raise ValueError(f"expected nothing, as allergy_status is {status}")
        return text

    def value(self) -> Sheet:
        """As the hub keeps it."""
        return _as_sheet(self.model_dump())
