"""The commands of `vigie`, one module a subject. Each defines functions; `vigie.cli` registers them."""
