"""`python -m vigie`."""

from vigie.cli import app

app()
