"""Predictive models (and nothing else is called a model): they add to what rules decide, and never subtract.

A model may open an alert or raise its rank; it never closes, lowers or delays one. Pure: values and arrays in and out;
`models.evaluation`, which measures them, is not.
"""

MODELS: tuple[str, ...] = ("anc", "adherence", "early_warning")
"""Names of the models that ship, each with a module of `models.evaluation` that gives its figures."""
