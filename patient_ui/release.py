"""Names the release of the app's files in its service worker: `python -m patient_ui.release`.

A browser takes new files only when the bytes of the service worker change; a test says when this was not run.
"""

import hashlib
import re
from pathlib import Path

from patient_ui.shell import STATIC

WORKER = STATIC / "sw.js"


def files(static: Path = STATIC) -> list[str]:
    """Everything that the service worker keeps, by name."""
    return sorted(each.name for each in static.iterdir() if each.is_file() and each.name != WORKER.name)


def stamped(worker: str, static: Path = STATIC) -> str:
    """The text of the service worker with the digest and the list of the files beside it."""
    plain = re.sub(r'const RELEASE = "[^"]*";', 'const RELEASE = "";', re.sub(r"const FILES = \[.*?\];", "", worker))
    digest = hashlib.sha256(plain.encode())
    for name in files(static):
        digest.update(name.encode() + b"\0" + (static / name).read_bytes())
    listed = ", ".join(f'"{name}"' for name in files(static))
    worker = re.sub(r'const RELEASE = "[^"]*";', f'const RELEASE = "{digest.hexdigest()[:16]}";', worker)
    return re.sub(r"const FILES = \[.*?\];", f"const FILES = [{listed}];", worker)


def main() -> None:
    """Write it."""
    WORKER.write_text(stamped(WORKER.read_text()))


if __name__ == "__main__":
    main()
