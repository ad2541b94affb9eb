"""Whether a moment lies in a phase of a protocol. Pure; asked by the engine's state and by what is due when."""

from collections.abc import Sequence

from alerts.core.window import Window
from alerts.protocol.compiled import Phase
from domain.instants import Micros


def within(phase: Phase, at: Micros, *, window: Window, doses: Sequence[Micros]) -> bool:
    """All that the phase says must hold. `doses`: those of the plan and those given."""
    if phase.window_open is not None and window.is_open(at) != phase.window_open:
        return False
    if phase.from_at is not None and at < phase.from_at:
        return False
    if phase.to_at is not None and at >= phase.to_at:
        return False
    if phase.after_dose is None:
        return True
    # not knowing when a dose was given is being after one
    return not doses or any(dose <= at < dose + phase.after_dose for dose in doses)
