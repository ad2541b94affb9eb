"""`make evaluate`: the figures of every model that ships, as a table, pictures and cards."""

import argparse
from pathlib import Path

from models import MODELS
from models.evaluation.figure import Sources
from models.evaluation.run import evaluate


def main() -> None:
    """Read the arguments, run, print."""
    said = argparse.ArgumentParser(prog="python -m models", description=__doc__)
    said.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MODELS)}; default: all")
    said.add_argument("--data", type=Path, default=Path("../shared/data"), help="the folder of public data")
    said.add_argument("--published", type=Path, help="the folder of DDMODEL00000224: its control file and its data")
    said.add_argument("--out", type=Path, default=Path("docs/models"), help="where cards, figures and pictures go")
    asked = said.parse_args()
    unknown = sorted(set(asked.names) - set(MODELS))
    if unknown:
        said.error(f"NAME: expected one of {', '.join(MODELS)}, got {', '.join(unknown)}")
    evaluate(asked.names or MODELS, Sources(asked.data, asked.published), asked.out)


if __name__ == "__main__":
    main()
