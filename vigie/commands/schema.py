"""`vigie schema`: the message format as JSON Schema or AsyncAPI, as published in docs/."""

from enum import StrEnum
from typing import Annotated

import typer

from vigie import schemas


class Kind(StrEnum):
    """Which description."""

    MESSAGE = "message"
    ASYNCAPI = "asyncapi"


def schema(kind: Annotated[Kind, typer.Argument(metavar="message|asyncapi")] = Kind.MESSAGE) -> None:
    """Print the JSON Schema of a device's message, or the AsyncAPI document of all topics."""
    typer.echo(schemas.schema_text() if kind is Kind.MESSAGE else schemas.asyncapi_text(), nl=False)
