"""Predictive models (and nothing else is called a model): they add to what rules decide. None ships yet.

A model may open an alert or raise its rank; it never closes, lowers or delays one. Pure: arrays in and out.
"""

MODELS: tuple[str, ...] = ()
"""Names of the models that ship, each a module of this package with its figures and their source."""
