"""`python -m vigie` and `vigie`."""

import sys

from vigie import allocator


def main() -> None:
    """The command line. A hub that serves chooses its allocator before anything else is loaded."""
    if sys.argv[1:2] == ["serve"]:
        allocator.begin_with_jemalloc()
    from vigie.cli import app

    app()


if __name__ == "__main__":
    main()
