"""From VIGIE_BROKER_ACL to the way broker accounts are made. Called by the commands and the demo."""

from pathlib import Path

from vigie.broker_accounts import Accounts, FileAccounts
from vigie.broker_dynsec import DynsecAccounts
from vigie.broker_rabbitmq import RabbitAccounts
from vigie.settings import Settings


def accounts_of(settings: Settings) -> Accounts:
    """`file:DIRECTORY`, `rabbitmq:URL` or `dynsec`; the settings are already checked."""
    kind, _, folder = settings.broker_acl.partition(":")
    if kind == "rabbitmq":
        return RabbitAccounts(folder)
    if kind == "file":
        return FileAccounts(Path(folder))
    return DynsecAccounts(settings.mqtt, ca_file=settings.mqtt_ca_file)
