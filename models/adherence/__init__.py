"""Adherence: what was dispensed (supply), what was opened or swallowed (dosing), and the risk of a lapse. Pure.

Nothing here decides: a measure that cannot be said is None with a reason, never 0.
Callers: `vigie score`, evaluation, the hub.
"""
