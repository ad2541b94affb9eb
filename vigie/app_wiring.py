"""What the patient's app is given: the console's pool, clocks and gate, which roles of the staff do what. Wiring."""

import threading

from alerts.escalation.channels.web_push import PushServices
from clinician_ui.access import TABLE, Verb
from clinician_ui.deps import Deps as ConsoleDeps
from patient_ui import reminder_service
from patient_ui.deps import Deps, Hub
from storage.connection import connect
from vigie.clock import Clock
from vigie.notifying import push_services
from vigie.settings import Settings


def app_deps(settings: Settings, console: ConsoleDeps) -> Deps:
    """One pool and one gate for both faces: together they verify no more passwords at once than one."""
    return Deps(
        pool=console.pool,
        clock=console.clock,
        wall=console.wall,
        secret_key=console.secret_key,
        entering=roles_that(Verb.ENTER),
        acting=roles_that(Verb.ACKNOWLEDGE),
        hub=Hub(console.hub.version, console.hub.speed, console.hub.demo),
        gate=console.gate,
        timezone=settings.timezone,
        console_url=settings.console_url,
        push_key=console.push_key,
    )


def start_reminders(settings: Settings, clock: Clock, stop: threading.Event) -> threading.Thread | None:
    """The reminders of this process, started; None when web push is not configured."""
    services: PushServices | None = push_services(settings)
    if services is None:
        return None
    given = reminder_service.Given(
        connect=lambda: connect(settings.database_url, application_name="vigie-reminders"),
        clock=clock.now,
        services=services,
        timezone=settings.timezone,
    )
    return reminder_service.start(given, stop)


def roles_that(verb: Verb) -> frozenset[str]:
    """The roles that may."""
    return frozenset(role for role, verbs in TABLE.items() if verb in verbs)
