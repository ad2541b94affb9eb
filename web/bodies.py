"""What request bodies are made of: the strict base model and its texts and instants. Unknown fields are refused."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from domain.instants import Micros, parse_iso


class Body(BaseModel):
    """Base of every request body: no coercion, no unknown field, no NaN."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


def _instant(value: object) -> Micros:
    if not isinstance(value, str):
        raise ValueError("expected ISO 8601 with an offset")
    try:
        return parse_iso(value)
    except OverflowError as error:
        raise ValueError("expected a date and time between year 1 and 9999") from error


def _storable(value: object) -> object:
    if isinstance(value, str) and ("\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value)):
        raise ValueError("expected text without U+0000 or lone surrogates")
    return value


Instant = Annotated[int, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})]
Text = Annotated[str, BeforeValidator(_storable), Field(max_length=2000)]
LongText = Annotated[str, BeforeValidator(_storable), Field(max_length=4000)]
Name = Annotated[str, BeforeValidator(_storable), Field(min_length=1, max_length=64)]
Password = Annotated[str, BeforeValidator(_storable), Field(min_length=1, max_length=200)]
