"""How the hub's process collects garbage once the patients are loaded."""

import gc


def calm() -> None:
    """The patients' states live as long as the process and hold no cycles: do not search them again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
