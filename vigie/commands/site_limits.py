"""`vigie site limits SITE FILE.json`: limits of a whole site, between those of the protocol and those of a patient."""

from pathlib import Path
from typing import Annotated

import typer

from alerts.protocol import desk
from alerts.protocol.life import Refused
from clinician_ui.protocol_views import limits_json
from domain.protocols import Act
from storage import protocols, registry
from vigie.commands.shell import (
    AsJson,
    EnvFile,
    fail,
    hub_now,
    json_object,
    operator,
    print_json,
    refuse,
    settings_of,
    transaction,
)


def limits(
    site: Annotated[str, typer.Argument(metavar="SITE")],
    file: Annotated[Path | None, typer.Argument(metavar="FILE.json", help="Without: shows those there are.")] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Why, kept with the limits.")] = None,
    as_json: AsJson = False,
    env_file: EnvFile = None,
) -> None:
    """Set the limits of a site as {code: {"low", "high"}}, all of them at once; every version is kept."""
    wanted = None if file is None else json_object(file, like='{"8867-4": {"high": 130}}')
    settings = settings_of(env_file)
    with transaction(settings) as conn:
        if not registry.has_site(conn, site):
            fail(f"SITE: no site {site!r}; make it with `vigie site add`")
        if wanted is not None:
            act = Act(operator(), "operator", hub_now(settings), reason)
            try:
                desk.set_limits(conn, site, wanted, act=act)
            except Refused as error:
                refuse(str(error))
        history = [limits_json(row) for row in protocols.site_limit_history(conn, site)]
    if as_json or wanted is None:
        print_json({"site": site, "limits": history[0]["limits"] if history else {}, "history": history})
    else:
        typer.echo(f"limits {history[0]['version']} of {site}")
