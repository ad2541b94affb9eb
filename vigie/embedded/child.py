"""A child process that never outlives its parent, perhaps as an unprivileged user. Used by the embedded services."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

_SCRIPT = Path(__file__).with_name("die_with_parent.py")


class EmbeddedError(RuntimeError):
    """An embedded service is missing, cannot be reached or did not start. The text says what to do."""


class RunAs(Struct, frozen=True):
    """The ordinary user a service runs as when we are root, and perhaps a root folder of its own."""

    uid: int
    gid: int
    name: str
    root: str = "/"


def ordinary_user(*names: str) -> RunAs | None:
    """The first of the named users that exists when we are root; None when we are an ordinary user already."""
    if os.geteuid() != 0:
        return None
    for name in names:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return RunAs(entry.pw_uid, entry.pw_gid, name)
    raise EmbeddedError(f"running as root needs one of these users to exist: {', '.join(names)}")


def own_folder(folder: Path, run_as: RunAs | None) -> None:
    """Make the folder and give it to the service alone. Raises EmbeddedError where the service cannot come in."""
    folder.mkdir(parents=True, exist_ok=True)
    if run_as is not None:
        blocked = first_blocked(folder.parent, run_as)
        if blocked is not None and run_as.root == "/":
            raise EmbeddedError(
                f"{folder}: {blocked} cannot be entered by the user {run_as.name!r} that runs the service; "
                "choose a data folder elsewhere, such as /var/lib/vigie (VIGIE_DATA_DIR)"
            )
        os.chown(folder, run_as.uid, run_as.gid)
    folder.chmod(0o700)


def first_blocked(folder: Path, run_as: RunAs) -> Path | None:
    """The outermost folder on the way to (and including) `folder` that this user may not enter."""
    for step in [*reversed(folder.resolve().parents), folder.resolve()]:
        status = step.stat()
        if status.st_uid != run_as.uid and not status.st_mode & 0o001:
            return step
    return None


def spawn(
    argv: Sequence[str],
    *,
    run_as: RunAs | None,
    log: Path,
    death_signal: signal.Signals,
    env: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program that gets `death_signal` when the calling thread's process ends. Output goes to `log`."""
    uid, gid, root = (run_as.uid, run_as.gid, run_as.root) if run_as else (-1, -1, "/")
    front = [sys.executable, "-I", "-S", str(_SCRIPT), *map(str, (os.getpid(), int(death_signal), uid, gid, root))]
    with log.open("ab") as out:
        return subprocess.Popen(
            [*front, *argv], stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, cwd="/", env=env
        )


def run(argv: Sequence[str], *, run_as: RunAs | None, log: Path, seconds: float) -> None:
    """Run a program to its end; raises EmbeddedError with the end of its output when it fails."""
    child = spawn(argv, run_as=run_as, log=log, death_signal=signal.SIGKILL)
    try:
        status = child.wait(seconds)
    except subprocess.TimeoutExpired:
        kill(child)
        raise EmbeddedError(f"{argv[0]}: not done after {seconds:.0f} s; {tail(log)}") from None
    if status != 0:
        raise EmbeddedError(f"{argv[0]}: exit status {status}; {tail(log)}")


def stop(child: subprocess.Popen[bytes], how: signal.Signals, *, seconds: float = 10.0) -> None:
    """Ask the child to end, kill it when it does not."""
    if child.poll() is None:
        child.send_signal(how)
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        kill(child)


def kill(child: subprocess.Popen[bytes]) -> None:
    """`kill -9`, and wait until it is gone."""
    child.kill()
    child.wait(10)


def wait_until(ready: Callable[[], bool], child: subprocess.Popen[bytes], *, log: Path, seconds: float = 20.0) -> bool:
    """Poll until `ready()`; False when the child ended first. Raises EmbeddedError after `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if child.poll() is not None:
            return False
        if ready():
            return True
        time.sleep(0.02)
    kill(child)
    raise EmbeddedError(f"not ready after {seconds:.0f} s; {tail(log)}")


def tail(log: Path, *, lines: int = 5) -> str:
    """The end of a log, on one line."""
    if not log.exists():
        return "no output"
    return " | ".join(log.read_text(errors="replace").splitlines()[-lines:])


def find_program(name: str, *, package: str) -> str:
    """Path of a system program. Raises EmbeddedError naming the package when it is missing."""
    found = shutil.which(
        name, path=os.environ.get("PATH", os.defpath) + ":/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin"
    )
    if found is None:
        raise EmbeddedError(f"{name}: not found; install the system package {package!r} (apt-get install {package})")
    return found
