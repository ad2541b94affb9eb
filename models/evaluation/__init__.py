"""`make evaluate`: the figures of every model that ships, their pictures and cards. The shell around the pure models.

A module here named as a model gives its figures: `VERSION`, `CARD` (its page in docs/models) and
`figures(sources, told) -> Iterator[Figure | Picture]`. Called by `python -m models`.
"""
