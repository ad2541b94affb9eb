"""`vigie person`: accounts of patients, caregivers and shared tablets; `vigie site phone`."""

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from domain.instants import iso
from storage import app_people, consents, registry
from storage.connection import Connection
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
from vigie.settings import Settings
from web import enrolment, qr

ROLES = tuple(enrolment.RELATIONS)
PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
app = typer.Typer(help="Patients, caregivers and shared tablets who use the app.", no_args_is_help=True)
Person = Annotated[str, typer.Argument(metavar="PERSON", help="User name, as `person add` printed it.")]
Patient = Annotated[str, typer.Option(help="The patient's opaque id.")]
Scopes = Annotated[list[str] | None, typer.Option("--scope", help="Of a caregiver: answer, see, be_told; repeatable.")]
Version = Annotated[str, typer.Option("--text-version", help="Version of the consent text that was shown.")]
How = Annotated[str, typer.Option("--how", help="How the patient said so: paper or spoken.")]
Svg = Annotated[Path | None, typer.Option("--svg", help="Write the QR code into this file.")]


@app.command("add")
def add(
    role: Annotated[str, typer.Option(help=", ".join(ROLES))], patient: Patient,
    *, scope: Scopes = None, text_version: Version = "1", how: How = "paper",
    language: Annotated[str, typer.Option(help="fr or en")] = "fr",
    person: Annotated[str | None, typer.Option(help="An account that exists: one more patient for it.")] = None,
    svg: Svg = None, as_json: AsJson = False, env_file: EnvFile = None,
) -> None:  # fmt: skip
    """An account for a patient, and its code. With --person: that account stands for one more patient."""
    _check(role, scope or [], how=how, language=language)
    settings = _settings(env_file)
    with transaction(settings) as conn:
        site = registry.site_of_patient(conn, patient)
        if site is None:
            fail(f"--patient: no patient {patient!r}")
        wish = enrolment.NewPerson(role, patient, site, language, tuple(scope or ()), text_version, how)
        by = _by(settings)
        try:
            account = _made(conn, wish, person, by)
        except ValueError as error:
            fail(str(error))
        code = None if person is not None else enrolment.new_code(conn, account, by)
    _say(settings, account.username, code, svg=svg, as_json=as_json)


def _made(conn: Connection, wish: enrolment.NewPerson, person: str | None, by: enrolment.By) -> app_people.Account:
    if person is None:
        return enrolment.add_person(conn, wish, by)
    account = _account(conn, person)
    if account.role != wish.role or account.site != wish.site:
        fail(
            f"--person: expected a {wish.role} of the site {wish.site}, {person} is a {account.role} of {account.site}"
        )
    enrolment.join(conn, account, wish, by)
    record(conn, "app account joined", f"patient:{wish.patient}", at=by.hub_at, detail={"account": person})
    return account


def _check(role: str, scopes: list[str], *, how: str, language: str) -> None:
    if role not in ROLES:
        refuse(f"--role: expected one of {', '.join(ROLES)}, got {role!r}")
    fault = enrolment.scope_fault(scopes) if role == "caregiver" else None
    if fault is not None:
        refuse(f"--scope: expected {fault}")
    if how not in ("paper", "spoken"):
        refuse(f"--how: expected paper or spoken, got {how!r}")
    if language not in ("fr", "en"):
        refuse(f"--language: expected fr or en, got {language!r}")


@app.command("code")
def code(person: Person, *, svg: Svg = None, as_json: AsJson = False, env_file: EnvFile = None) -> None:
    """A new code for an account: works once, for 72 hours. The one before works no more."""
    settings = _settings(env_file)
    with transaction(settings) as conn:
        made = enrolment.new_code(conn, _account(conn, person), _by(settings))
    _say(settings, made.username, made, svg=svg, as_json=as_json)


@app.command("revoke")
def revoke(
    person: Person, patient: Patient, reason: Annotated[str, typer.Option(help="Why, for the trail.")],
    env_file: EnvFile = None,
) -> None:  # fmt: skip
    """From now on the account sees nothing of the patient, whatever is open."""
    if not reason.strip():
        refuse("--reason: expected a sentence that says why")
    settings = _settings(env_file)
    with transaction(settings) as conn:
        if not enrolment.revoke(conn, _account(conn, person), patient, reason=reason, by=_by(settings)):
            fail(f"PERSON: {person} does not stand for the patient {patient}")


@app.command("consent")
def consent(
    patient: Patient,
    scope: Annotated[str | None, typer.Option(help=", ".join((*consents.OWN, *consents.CAREGIVER)))] = None,
    *, decision: Annotated[str | None, typer.Option(help=", ".join(consents.DECISIONS))] = None,
    person: Annotated[str | None, typer.Option(help="The caregiver it is about.")] = None,
    text_version: Version = "1", how: How = "paper", as_json: AsJson = False, env_file: EnvFile = None,
) -> None:  # fmt: skip
    """Record what a patient decided; without --scope: list every decision, newest first."""
    settings = _settings(env_file)
    with transaction(settings) as conn:
        if registry.site_of_patient(conn, patient) is None:
            fail(f"--patient: no patient {patient!r}")
        if scope is not None:
            _decide(conn, settings, (patient, scope, decision, person), version=text_version, how=how)
        record(conn, "consents", f"patient:{patient}", at=real_now())
        rows = consents.history(conn, patient)
    shown = [
        {"scope": row.scope, "person": row.person, "decision": row.decision, "version": row.version, "how": row.how,
         "at": iso(row.at), "by": row.by}
        for row in rows
    ]  # fmt: skip
    if as_json:
        print_json(shown)
    for each in shown if not as_json else ():
        typer.echo(" ".join(str(value) for value in each.values() if value is not None))


def _decide(
    conn: Connection, settings: Settings, wish: tuple[str, str, str | None, str | None], *, version: str, how: str
) -> None:
    patient, scope, decision, person = wish
    if scope not in (*consents.OWN, *consents.CAREGIVER):
        refuse(f"--scope: expected one of {', '.join((*consents.OWN, *consents.CAREGIVER))}, got {scope!r}")
    if decision not in consents.DECISIONS:
        refuse(f"--decision: expected one of {', '.join(consents.DECISIONS)}, got {decision!r}")
    if how not in ("paper", "spoken"):
        refuse(f"--how: expected paper or spoken, got {how!r}")
    if (person is None) != (scope in consents.OWN):
        refuse("--person: expected the caregiver with answer, see or be_told, and nobody with the others")
    account = None if person is None else _account(conn, person).id
    row = consents.Decision(patient, account, scope, decision or "", version, how)
    consents.record(conn, row, by=operator(), role="operator", at=hub_now(settings))


@app.command("list")
def listed(patient: Patient, *, as_json: AsJson = False, env_file: EnvFile = None) -> None:
    """Who stands for a patient in the app."""
    with transaction(_settings(env_file)) as conn:
        record(conn, "persons", f"patient:{patient}", at=real_now())
        rows = app_people.linked(conn, patient)
    shown: list[dict[str, Any]] = [
        {"person": row.username, "role": row.role, "claimed": row.claimed, "since": iso(row.from_at),
         "scopes": list(row.scopes)}
        for row in rows
    ]  # fmt: skip
    if as_json:
        print_json(shown)
    for each in shown if not as_json else ():
        claimed = "in use" if each["claimed"] else "code not used yet"
        typer.echo(f"{each['person']}  {each['role']}  {', '.join(each['scopes'])}  {claimed}")


def _account(conn: Connection, person: str) -> app_people.Account:
    found = app_people.by_name(conn, person)
    if found is None:
        fail(f"PERSON: no account {person!r} of the app")
    return found


def _settings(env_file: Path | None) -> Settings:
    return settings_of(env_file, needs=("database_url", "secret_key"))


def _by(settings: Settings) -> enrolment.By:
    key = settings.secret_key.get_secret_value().encode()
    return enrolment.By(operator(), "operator", real_now(), hub_now(settings), key)


def _say(
    settings: Settings, username: str, code: enrolment.Enrolled | None, *, svg: Path | None, as_json: bool
) -> None:
    """The code is told once. A file with the QR code is for its owner alone."""
    if code is None:
        print_json({"person": username}) if as_json else typer.echo(username)
        return
    address = enrolment.address(settings.console_url, code.code) if settings.console_url else None
    if svg is not None and address is None:
        fail("--svg: VIGIE_CONSOLE_URL is not set, so the QR code would lead nowhere; the code was made")
    if svg is not None and address is not None:
        svg.touch(mode=0o600)
        svg.write_text(qr.svg(address), "utf-8")
    if as_json:
        answer = {"person": username, "code": code.code, "expires_at": iso(code.expires_at), "address": address}
        print_json(answer)
    else:
        typer.echo(f"{username}\ncode {code.code}, until {iso(code.expires_at)}")
        if address is not None:
            typer.echo(address)


def phone(
    name: Annotated[str, typer.Argument(metavar="SITE")],
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="E.164: +33123456789.")],
    env_file: EnvFile = None,
) -> None:
    """The number that patients of a site call when nobody on call has one of their own in the hub."""
    if not PHONE.fullmatch(number):
        refuse(f"NUMBER: expected + and 7 to 15 digits such as +33123456789, got {number!r}")
    with transaction(settings_of(env_file)) as conn:
        if not registry.set_phone(conn, name, number):
            fail(f"SITE: no site {name!r}")
        record(conn, "site.phone", f"site:{name}", at=real_now(), detail={"phone": number})
