"""The process in which a model runs: `python -m alerts.predict.child MODULE:FUNCTION PARENT`. Bytes in, bytes out.

Frames on standard input and output: four bytes of length, big-endian, then the content; an answer begins with one byte,
`=` for what the function returned, `!` for the error it raised. Ends when its input does, or its parent.
"""

import ctypes
import importlib
import os
import signal
import struct
import sys
from collections.abc import Callable
from typing import IO

PR_SET_PDEATHSIG = 1
NICENESS = 10  # a model never competes with ingest for a processor


def main(function: str, parent: str) -> None:
    """Arm the end, import the function, say so with an empty frame, answer until the input ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != int(parent):
        raise SystemExit("the parent ended before the model started")
    os.nice(NICENESS)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not be taken for an answer
    module, _, name = function.partition(":")
    found: Callable[[bytes], bytes] = getattr(importlib.import_module(module), name)
    write(answers, b"")
    while (asked := read(sys.stdin.buffer)) is not None:
        write(answers, _answer(found, asked))


def _answer(function: Callable[[bytes], bytes], asked: bytes) -> bytes:
    try:
        return b"=" + function(asked)
    except Exception as error:  # noqa: BLE001 - the outermost loop of the process: told to whoever asked
        return b"!" + f"{type(error).__name__}: {error}"[:500].encode()


def write(into: IO[bytes], content: bytes) -> None:
    """One frame."""
    into.write(struct.pack(">I", len(content)) + content)
    into.flush()


def read(source: IO[bytes]) -> bytes | None:
    """One frame; None at the end."""
    head = source.read(4)
    if len(head) < 4:
        return None
    size = struct.unpack(">I", head)[0]
    content = source.read(size)
    return content if len(content) == size else None


if __name__ == "__main__":
    main(*sys.argv[1:])
