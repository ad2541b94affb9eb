"""`vigie questionnaire import`, `list`, `show`, `check`, `withdraw`: what patients are asked, besides what ships."""

from pathlib import Path
from typing import Annotated, Any

import typer

from alerts import questionnaire_shelf as shelf
from alerts.questionnaire_files import shipped
from domain.instants import iso, micros
from domain.questionnaire import Questionnaire
from domain.questionnaire_fhir import QuestionnaireError, read
from domain.questionnaire_view import view
from storage import messages, questionnaires, registry
from vigie.commands.moments import print_table
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

app = typer.Typer(help="Questionnaires: what patients are asked.", no_args_is_help=True)
File = Annotated[Path, typer.Argument(metavar="FILE.json", help="A FHIR R4 Questionnaire.")]
Site = Annotated[str, typer.Option("--site", help="The site whose patients are asked.")]
Licence = Annotated[str, typer.Option("--licence", help="Under which licence or agreement the site may ask this.")]
REGISTRY = "vigie_registry"


@app.command("import")
def import_(file: File, licence: Licence, site: Site, env_file: EnvFile = None) -> None:
    """Keep a questionnaire for a site, with its version and its licence; a version is never changed."""
    if not licence.strip():
        refuse("--licence: expected the licence or agreement under which the site may ask this")
    text = _text(file)
    found = _read(file, text, licence)
    settings = settings_of(env_file)
    with transaction(settings) as conn:
        at = hub_now(settings)
        if not registry.has_site(conn, site):
            fail(f"--site: no site {site!r}; make it with `vigie site add`")
        try:
            shelf.put(conn, site, text, questionnaire=found, by=operator(), at=at)
        except shelf.Refused as error:
            refuse(f"{file}: {error}")
        record(conn, "questionnaire.import", f"site:{site}", at=at, detail={"ref": found.ref, "licence": licence})
        messages.wake(conn, REGISTRY)
    typer.echo(f"{found.ref} of {site}: {len(found.questions)} questions, asked of {_asked_of(found)}")


@app.command("list")
def list_(
    site: Annotated[str | None, typer.Option("--site")] = None, env_file: EnvFile = None, json: AsJson = False
) -> None:
    """What ships and what sites have imported."""
    with transaction(settings_of(env_file)) as conn:
        rows = questionnaires.imported(conn, site)
    found = [_row(each) for each in shipped()] + [
        _row(read(row.id, row.body, licence=row.licence), row) for row in rows
    ]
    if json:
        print_json(found)
        return
    lines = [
        [row["site"] or "ships", row["ref"], f"q={row['q']}", f"{row['questions']} questions", _standing(row)]
        for row in found
    ]
    print_table(lines)


def _standing(row: dict[str, Any]) -> str:
    return "withdrawn" if row["withdrawn_at"] else ", ".join(row["protocols"]) or "nobody"


def _row(each: Questionnaire, row: questionnaires.Imported | None = None) -> dict[str, Any]:
    times = {} if row is None else {"imported_at": row.imported_at, "withdrawn_at": row.withdrawn_at}
    return {
        "site": None if row is None else row.site, "ref": each.ref, "q": each.name, "protocols": list(each.protocols),
        "licence": each.licence, "questions": len(each.questions), "imported_at": None, "withdrawn_at": None,
        **{name: None if at is None else iso(micros(at)) for name, at in times.items()},
    }  # fmt: skip


@app.command("show")
def show(
    ref: Annotated[str, typer.Argument(metavar="ID[@VERSION]")],
    site: Annotated[str | None, typer.Option("--site")] = None,
    env_file: EnvFile = None,
) -> None:
    """One questionnaire as the app reads it (JSON); without a version the newest."""
    known = list(shipped())
    if site is not None:
        with transaction(settings_of(env_file)) as conn:
            rows = questionnaires.imported(conn, site)
        known += [read(row.id, row.body, licence=row.licence) for row in rows]
    found = [each for each in known if ref in (each.ref, each.id)]
    if not found:
        fail(f"expected one of {', '.join(each.ref for each in known)}, got {ref!r}")
    print_json(view(found[-1]))


@app.command("check")
def check(file: File) -> None:
    """Whether a file can be used: every fault with file, item, field and what was expected; then what it asks."""
    found = _read(file, _text(file), None)
    missing = shelf.taken_away(found)
    if missing:
        fail(f"{file}: item: expected also {', '.join(missing)}: rules look at them, and it would be asked instead")
    typer.echo(
        f"{found.ref}: {len(found.questions)} questions, answered as q={found.name}, asked of {_asked_of(found)}"
    )
    watched = {code for protocol in found.protocols for code in shelf.watched(protocol, found)}
    watched |= {c.code for q in found.questions for branch in (*q.section, *q.when) for c in branch.of}
    watched |= {code for q in found.questions for code in q.sum_of}
    unwatched = [q.code for q in found.questions if q.kind != "text" and q.code not in watched]
    if unwatched:
        typer.echo(f"no rule of these protocols looks at {', '.join(unwatched)}")


@app.command("withdraw")
def withdraw(name: Annotated[str, typer.Argument(metavar="ID")], site: Site, env_file: EnvFile = None) -> None:
    """Nobody is asked it any more; what was answered stays, and late answers are still judged by it."""
    settings = settings_of(env_file)
    with transaction(settings) as conn:
        at = hub_now(settings)
        versions = questionnaires.withdraw(conn, site, name, by=operator(), at=at)
        if not versions:
            fail(f"ID: expected a questionnaire that {site} has in use, got {name!r}")
        record(conn, "questionnaire.withdraw", f"site:{site}", at=at, detail={"id": name, "versions": versions})
    typer.echo(f"{name} of {site} withdrawn ({', '.join(versions)})")


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except OSError as error:
        refuse(f"FILE.json: {error.strerror}: {file}")
    except UnicodeDecodeError as error:
        refuse(f"{file}: expected UTF-8: {error}")


def _read(file: Path, text: str, licence: str | None) -> Questionnaire:
    try:
        return read(file.name, text, licence=licence)
    except QuestionnaireError as error:
        refuse(str(error))


def _asked_of(found: Questionnaire) -> str:
    return f"patients of {', '.join(found.protocols)}" if found.protocols else "nobody (no useContext)"
