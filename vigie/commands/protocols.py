"""`vigie protocol`: what the shipped protocols say, for the people who sign them."""

import typer

from vigie import sign_off as page

app = typer.Typer(help="Shipped protocols.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `sign-off` a word of its own although it is the only one."""


@app.command("sign-off")
def sign_off() -> None:
    """Print every clinical number with its source and status, as Markdown (docs/sign-off.md)."""
    typer.echo(page.text(), nl=False)
