"""The shape of the FHIR R4 Questionnaire that Vigie reads, as frozen values. Pure; `questionnaire_fhir` is the reader.

Items and conditions refuse fields that are not named here; the resource itself lets through what only says who made it.
"""

from typing import Any, Literal

import msgspec
from msgspec import Struct

from domain.questionnaire import Operator


class Extension(Struct, frozen=True, kw_only=True):
    """An extension; those that are not known here say nothing that is needed, and are let through."""

    url: str
    extension: tuple["Extension", ...] = ()
    code: str | None = msgspec.field(default=None, name="valueCode")
    string: str | None = msgspec.field(default=None, name="valueString")
    integer: int | None = msgspec.field(default=None, name="valueInteger")
    decimal: float | int | None = msgspec.field(default=None, name="valueDecimal")


class Primitive(Struct, frozen=True, kw_only=True):
    """What stands beside a primitive value: `_text`, `_title`."""

    id: str | None = None
    extension: tuple[Extension, ...] = ()


class Coding(Struct, frozen=True, kw_only=True):
    system: str | None = None
    version: str | None = None
    code: str | None = None
    display: str | None = None
    display_more: Primitive | None = msgspec.field(default=None, name="_display")
    extension: tuple[Extension, ...] = ()


class Concept(Struct, frozen=True, kw_only=True):
    coding: tuple[Coding, ...] = ()
    text: str | None = None


class Context(Struct, frozen=True, kw_only=True):
    code: Coding
    concept: Concept | None = msgspec.field(default=None, name="valueCodeableConcept")


class Option(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One answer to choose. Only codings: the others have no words in two languages."""

    coding: Coding = msgspec.field(name="valueCoding")
    id: str | None = None
    extension: tuple[Extension, ...] = ()


class When(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    question: str
    operator: Operator
    id: str | None = None
    boolean: bool | None = msgspec.field(default=None, name="answerBoolean")
    integer: int | None = msgspec.field(default=None, name="answerInteger")
    decimal: float | int | None = msgspec.field(default=None, name="answerDecimal")
    coding: Coding | None = msgspec.field(default=None, name="answerCoding")


class Item(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An item. What is not named here (answerValueSet, repeats, initial ...) is not understood, and said so."""

    link: str = msgspec.field(name="linkId")
    type: Literal["group", "display", "choice", "integer", "decimal", "string", "text"]
    text: str | None = None
    text_more: Primitive | None = msgspec.field(default=None, name="_text")
    id: str | None = None
    prefix: str | None = None
    definition: str | None = None
    read_only: bool = msgspec.field(default=False, name="readOnly")
    code: tuple[Coding, ...] = ()
    required: bool = False
    longest: int | None = msgspec.field(default=None, name="maxLength")
    when: tuple[When, ...] = msgspec.field(default=(), name="enableWhen")
    behavior: Literal["all", "any"] | None = msgspec.field(default=None, name="enableBehavior")
    options: tuple[Option, ...] = msgspec.field(default=(), name="answerOption")
    extension: tuple[Extension, ...] = ()
    item: tuple["Item", ...] = ()


class Resource(Struct, frozen=True, kw_only=True):
    """The resource itself; its other fields are about it, not about what is asked."""

    type: Literal["Questionnaire"] = msgspec.field(name="resourceType")
    id: str
    version: str
    status: Literal["draft", "active", "retired", "unknown"]
    title: str
    title_more: Primitive | None = msgspec.field(default=None, name="_title")
    description: str | None = None
    description_more: Primitive | None = msgspec.field(default=None, name="_description")
    purpose: str | None = None
    copyright: str | None = None
    code: tuple[Coding, ...] = ()
    context: tuple[Context, ...] = msgspec.field(default=(), name="useContext")
    extension: tuple[Extension, ...] = ()
    modifiers: tuple[Any, ...] = msgspec.field(default=(), name="modifierExtension")
    item: tuple[Item, ...]
