"""Clinical scores: frozen results over the tables in `tables/`. Pure; callers: rules, `vigie score`.

One file a score or a family. What is missing or unusable is named and never guessed; an impossible number is missing.
"""
