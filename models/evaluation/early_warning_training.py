"""Trains the early warning and writes its file: `python -m models.evaluation.early_warning_training`.

With `--cluster ADDRESS` the features and the fits are made on a Dask cluster whose workers have this package.
"""

import argparse
import hashlib
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import Progress

import models.early_warning
from models.early_warning import files
from models.evaluation.early_warning_fit import classifier, cross_fit, held, members
from models.evaluation.early_warning_records import FILE, NoParquet, columns_of, known, made, piece, records, sha256

SEED = 20261125
Map = Callable[[Callable[[Any], Any], Sequence[Any], str], Iterator[Any]]


def main() -> None:
    """Read the arguments, train, write."""
    said = argparse.ArgumentParser(prog="python -m models.evaluation.early_warning_training", description=__doc__)
    said.add_argument("--data", type=Path, default=Path("../shared/data"), help="the folder of public data")
    said.add_argument("--out", type=Path, default=files.SHIPPED, help="the file to write, a page beside it")
    said.add_argument("--seed", type=int, default=SEED)
    said.add_argument("--cluster", metavar="tcp://HOST:PORT", help="a Dask scheduler: pip install 'vigie[fleet]'")
    asked = said.parse_args()
    with Progress(disable=not sys.stderr.isatty()) as bars, mapper(asked.cluster, bars) as over:
        train(asked.data / FILE, asked.out, asked.seed, over)


def train(source: Path, out: Path, seed: int, over: Map) -> None:
    """From the data file to the trained file and its page."""
    try:
        found = records(columns_of(source))
    except (NoParquet, ValueError, OSError) as error:
        raise SystemExit(f"{source}: {error}") from error
    spans = known(found)
    rows = made(found, spans, lambda some: over(piece, some, "features"))
    fitted = cross_fit(found, rows, seed, lambda some: over(classifier, some, "folds"))
    final = list(over(classifier, members(found, rows, np.ones(len(fitted.raw), bool), seed), "fit"))
    files.write(out, held(found, rows, fitted, spans, final=final), provenance(source, seed))


def provenance(source: Path, seed: int) -> dict[str, str]:
    """Where a trained file comes from: the data, the seed, the code that makes the features."""
    return {"data": FILE, "data_sha256": sha256(source), "seed": str(seed), "code_sha256": code()}


def code() -> str:
    """The digest of the modules that decide what a feature is."""
    folder = Path(models.early_warning.__file__).parent
    parts = [(folder / name).read_bytes() for name in ("values.py", "slots.py", "points.py", "features.py")]
    return hashlib.sha256(b"".join(parts)).hexdigest()


@contextmanager
def mapper(cluster: str | None, bars: Progress) -> Iterator[Map]:
    """Pieces of work in order: here, or on a cluster."""
    if cluster is None:
        yield lambda do, some, what: (do(each) for each in bars.track(some, description=what))
        return
    try:
        import distributed
    except ImportError as error:
        raise SystemExit("--cluster: expected the package distributed: pip install 'vigie[fleet]'") from error
    library: Any = distributed  # it has no types
    with library.Client(cluster, timeout="15s", set_as_default=False) as client:

        def sent(do: Callable[[Any], Any], some: Sequence[Any], what: str) -> Iterator[Any]:
            waiting = [client.submit(do, each, pure=False, retries=1) for each in some]
            yield from (future.result() for future in bars.track(waiting, description=what))

        yield sent


if __name__ == "__main__":
    main()
