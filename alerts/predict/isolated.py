"""A model in a process of its own, asked one question at a time: one that hangs or dies is cut off, and said.

Used by one thread each. The process is started with the first question, and again after it was cut off.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from alerts.predict import child as frames

STARTS_WITHIN = 120.0  # s, for imports and a trained file on a busy machine
ANSWERS_WITHIN = 10.0  # s: four hundred times what a forecast takes


class ModelFailed(Exception):
    """A model raised, hung or died. Says which."""


class Isolated:
    """`function` is `module:name`, bytes to bytes. Not for several threads."""

    def __init__(self, function: str, *, answers_within: float = ANSWERS_WITHIN) -> None:
        self._function = function
        self._answers_within = answers_within
        self._child: subprocess.Popen[bytes] | None = None

    def ask(self, question: bytes) -> bytes:
        """The answer. Raises ModelFailed; the next question finds a fresh process if this one had to be ended."""
        child = self._started()
        with self._cut_off(child, self._answers_within):
            if child.stdin is not None:
                frames.write(child.stdin, question)
            answer = _read(child)
        if answer[:1] != b"=":
            raise ModelFailed(answer[1:].decode("utf-8", "replace"))
        return answer[1:]

    def close(self) -> None:
        """End the process. The next question starts another."""
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                _closed(stream)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is None:
            return self._child
        self.close()
        argv = [sys.executable, "-m", "alerts.predict.child", self._function, str(os.getpid())]
        child = self._child = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        with self._cut_off(child, STARTS_WITHIN):
            _read(child)
        return child

    @contextmanager
    def _cut_off(self, child: subprocess.Popen[bytes], within: float) -> Iterator[None]:
        """Ends the process when the time is over, so that whatever waits for it gets an end instead."""
        timer = threading.Timer(within, child.kill)
        timer.daemon = True
        timer.start()
        try:
            yield
        except OSError as error:
            over = timer.finished.is_set()
            self.close()
            said = f"the model did not answer within {within:g} s and was cut off" if over else "the model died"
            raise ModelFailed(said) from error
        finally:
            timer.cancel()


def _read(child: subprocess.Popen[bytes]) -> bytes:
    """One frame. Raises OSError when the process ends before it."""
    answer = None if child.stdout is None else frames.read(child.stdout)
    if answer is None:
        raise OSError("no more answers")
    return answer


def _closed(stream: IO[bytes]) -> None:
    try:
        stream.close()
    except OSError:
        return  # the other end went first, with something still to be written
