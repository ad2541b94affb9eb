"""`vigie broker accounts`: the hub's own two accounts in the broker that VIGIE_BROKER_ACL names."""

import typer

from vigie import broker_accounts
from vigie.broker_accounts import AccountError
from vigie.broker_ways import accounts_of
from vigie.commands.shell import EnvFile, fail, refuse, settings_of

app = typer.Typer(help="The broker.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `accounts` a word of its own although it is the only one."""


@app.command()
def accounts(env_file: EnvFile = None) -> None:
    """Make the hub's two accounts (live, bulk) as VIGIE_MQTT_URL names them; again renews them. Not with dynsec."""
    settings = settings_of(env_file, needs=("mqtt_url", "broker_acl"))
    if settings.broker_acl == "dynsec":
        refuse(
            "VIGIE_BROKER_ACL: expected file: or rabbitmq:, with dynsec the hub's account is the one that makes others"
        )
    try:
        made = broker_accounts.add_hub(accounts_of(settings), settings.mqtt.username, settings.mqtt.password)
    except AccountError as error:
        fail(str(error))
    for each in made:
        typer.echo(each.username)
    if not all(each.reloaded for each in made):
        typer.echo("vigie: tell the broker to read its accounts again (SIGHUP)", err=True)
