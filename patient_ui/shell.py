"""The app's files over HTTP, compressed: that saves time on a mobile network. Answers of the API are not: secrets.

Mounted by `app`, and by whoever measures it.
"""

from pathlib import Path

from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

STATIC = Path(__file__).parent / "static"
SMALLEST = 1000  # bytes: below, compressing costs more than it saves


def shell() -> ASGIApp:
    """`/` is the page, everything else a file beside it."""
    return GZipMiddleware(StaticFiles(directory=STATIC, html=True, check_dir=False), minimum_size=SMALLEST)
