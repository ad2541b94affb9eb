"""What the patient's app is given: the console's pool, clocks and gate, which roles of the staff do what. Wiring."""

from clinician_ui.access import TABLE, Verb
from clinician_ui.deps import Deps as ConsoleDeps
from patient_ui.deps import Deps, Hub
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


def roles_that(verb: Verb) -> frozenset[str]:
    """The roles that may."""
    return frozenset(role for role, verbs in TABLE.items() if verb in verbs)
