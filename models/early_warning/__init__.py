"""Early warning: the risk of an onset of sepsis within 12 hours, from vital signs. Beside NEWS2, never instead of it.

`values` what goes in and comes out · `load(path) -> Model | Refused` in `files` · `score(model, observations, at, *,
previous_alarms=(), budget=0.25) -> Score` in `scoring` · `watch` decides whether the model stays in service. Pure: the
moment is an argument. It opens no alert: the hub decides what a score may do, and a model only ever adds.
"""
