"""`vigie intakes import`: the openings that a pill cap recorded, from its maker's export."""

from pathlib import Path
from typing import Annotated, Any

import typer

from domain.instants import iso
from domain.wall_clock import zone_of
from ingest.pill_caps.export import Export, Refused
from ingest.pill_caps.reading import read
from storage import registry
from vigie.clock import real_now
from vigie.commands.shell import (
    AsJson,
    EnvFile,
    fail,
    hub_now,
    operator,
    print_json,
    record,
    refuse,
    settings_of,
    transaction,
)
from vigie.intake_files import Import, Outcome, file_away, sort_out

LONGEST_DRUG = 64
app = typer.Typer(help="Intakes.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `import` a word of its own although it is the only one."""


@app.command("import")
def import_(
    patient: Annotated[str, typer.Argument(metavar="PATIENT")],
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="AdhereTech, CleverCap, eCAP, MEMS, PatchCap, SimpleMed.")
    ],
    drug: Annotated[str, typer.Option(help="The drug in the cap, as the care plan names it.")],
    timezone: Annotated[str, typer.Option(help="Zone of times without an offset.")] = "Europe/Paris",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and judge, enter nothing.")] = False,
    as_json: AsJson = False,
    env_file: EnvFile = None,
) -> None:
    """Enter what a pill cap recorded; what is there already is left out, and a row that cannot be used is named."""
    export = _export(file, timezone)
    name = _drug(drug)
    settings = settings_of(env_file)
    with transaction(settings) as conn:
        site = registry.site_of_patient(conn, patient)
        if site is None:
            fail(f"PATIENT: no patient {patient!r}; make it with `vigie patient add`")
        registry.lock_patient(conn, patient)
        wanted = Import(patient, site, name, operator(), hub_now(settings))
        outcome = sort_out(conn, wanted, export)
        if outcome.fresh and not dry_run:
            file_away(conn, wanted, outcome)
            detail = {"drug": name, "brand": export.brand, "entered": len(outcome.fresh)}
            record(conn, "intakes.import", f"patient:{patient}", at=real_now(), detail=detail)
    for refused in outcome.refused:
        typer.echo(f"vigie: {file}: {refused}", err=True)
    summary = _summary(export, outcome, wanted)
    if as_json:
        print_json({**summary, "dry_run": dry_run})
    else:
        _tell(summary, "would be entered" if dry_run else "entered")


def _export(file: Path, timezone: str) -> Export:
    try:
        zone = zone_of(timezone)
    except ValueError as error:
        refuse(f"--timezone: {error}")
    if not file.is_file():
        refuse(f"{file}: expected a file")
    export = read(file.read_bytes(), zone)
    if isinstance(export, Refused):
        refuse(f"{file}: {export}")
    return export


def _drug(drug: str) -> str:
    name = drug.strip()
    if not 1 <= len(name) <= LONGEST_DRUG or not name.isprintable():
        refuse(f"--drug: expected 1 to {LONGEST_DRUG} printable characters, got {drug!r}")
    return name


def _summary(export: Export, outcome: Outcome, wanted: Import) -> dict[str, Any]:
    return {
        "patient": wanted.patient,
        "drug": wanted.drug,
        "brand": export.brand,
        "openings": len(export.openings),
        "entered": len(outcome.fresh),
        "already_there": outcome.known,
        "refused": len(outcome.refused),
        "duplicates": export.duplicates,
        "left_out": dict(export.left_out),
        "first": iso(export.openings[0].at) if export.openings else None,
        "last": iso(export.openings[-1].at) if export.openings else None,
        "remarks": list(export.remarks),
    }


def _tell(summary: dict[str, Any], entered: str) -> None:
    typer.echo(
        f"{summary['brand']}: {summary['openings']} openings, {summary['entered']} {entered}, "
        f"{summary['already_there']} already there, {summary['refused']} rows refused, "
        f"{summary['duplicates']} said twice"
    )
    for what, count in summary["left_out"].items():
        typer.echo(f"left out: {count} {what!r}")
    for remark in summary["remarks"]:
        typer.echo(remark)
