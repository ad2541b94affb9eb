"""`vigie export PATIENT`: one patient's rows as CSV or JSON lines on standard output."""

import csv
import json
import sys
from enum import StrEnum
from typing import Annotated

import typer

from storage import exports, registry
from storage.connection import Connection
from vigie.clock import real_now
from vigie.commands.shell import EnvFile, fail, record, settings_of, transaction


class What(StrEnum):
    """What can be exported."""

    READINGS = "readings"
    INTAKES = "intakes"
    REPORTS = "reports"
    ALERTS = "alerts"
    DELIVERIES = "deliveries"


class Format(StrEnum):
    """How rows are written."""

    CSV = "csv"
    JSONL = "jsonl"


def export(
    patient: Annotated[str, typer.Argument(metavar="PATIENT")],
    what: Annotated[What, typer.Option("--what")],
    form: Annotated[Format, typer.Option("--format")] = Format.CSV,
    env_file: EnvFile = None,
) -> None:
    """Everything of one kind that is stored of a patient, oldest first. The look goes on record."""
    with transaction(settings_of(env_file)) as conn:
        if registry.site_of_patient(conn, patient) is None:
            fail(f"PATIENT: no patient {patient!r}")
        record(conn, "patient.export", f"patient:{patient}", at=real_now(), detail={"what": what.value})
        if form is Format.CSV:
            _write_csv(conn, patient, what)
        else:
            _write_lines(conn, patient, what)


def _write_csv(conn: Connection, patient: str, what: What) -> None:
    writer = csv.DictWriter(sys.stdout, exports.columns(what.value), lineterminator="\n")
    writer.writeheader()
    for row in exports.rows(conn, patient, what.value):
        writer.writerow({name: _cell(value) for name, value in row.items()})


def _write_lines(conn: Connection, patient: str, what: What) -> None:
    for row in exports.rows(conn, patient, what.value):
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")


def _cell(value: object) -> object:
    """A spreadsheet must not run what a patient wrote: text that begins like a formula gets an apostrophe."""
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return value
