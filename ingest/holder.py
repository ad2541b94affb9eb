"""Who holds a lease: this process by a name no other has, and whether the process of such a name is gone.

A name is `host:pid:start:pid-namespace:boot`. Only a process of the same namespace since the same boot can be looked
for; of any other only its silence tells. Reads /proc; called by the wiring and the owner.
"""

import os
import socket
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE = Path("/proc/self/ns/pid")
_UNKNOWN = "unknown:unknown"


def this_process() -> str:
    """The name of this process."""
    pid = os.getpid()
    return f"{socket.gethostname()}:{pid}:{_started(pid) or 0}:{_place()}"


def is_gone(holder: str) -> bool:
    """Whether the process of that name is known to have ended. False: it runs, or cannot be seen from here."""
    parts = holder.split(":")
    here = _place()
    if len(parts) != 5 or here == _UNKNOWN or ":".join(parts[3:]) != here:
        return False
    pid, started = parts[1:3]
    return pid.isdecimal() and started.isdecimal() and _started(int(pid)) != int(started)


def said(holder: str) -> str:
    """Host and process number, for people."""
    return ":".join(holder.split(":")[:2])


def _place() -> str:
    try:
        namespace = str(_NAMESPACE.readlink()).strip("pid:[]")
        return f"{namespace}:{_BOOT.read_text('ascii').strip()}"
    except OSError:
        return _UNKNOWN


def _started(pid: int) -> int | None:
    """When a process started, in ticks since the boot; None when there is none or it is dead and not yet reaped."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if after_name[0] in ("Z", "X") else int(after_name[19])
