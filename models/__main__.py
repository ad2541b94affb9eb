"""`make evaluate`: the figures of every model that ships, as a table."""

from rich.console import Console
from rich.table import Table

from models import MODELS


def main() -> None:
    """Print the table; an empty one says so."""
    table = Table("model", "data", "figure", "value", "goal", title="Models")
    console = Console()
    console.print(table)
    if not MODELS:
        console.print("No model ships in this version: nothing to evaluate. Alerts come from rules alone.")


if __name__ == "__main__":
    main()
