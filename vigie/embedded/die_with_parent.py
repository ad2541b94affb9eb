"""Run a program that is told to stop when its parent dies: `die_with_parent.py PARENT SIGNAL UID GID ROOT PROGRAM ...`.

Started as a script, before the program, so that nothing runs between fork and exec in a process with threads. Linux
delivers the signal when the *thread* that started the program ends: services are started from a thread that stays.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Drop to the user, arm the signal (in this order: changing the user disarms it), become the program."""
    parent, death_signal, uid, gid = (int(text) for text in arguments[:4])
    libc = ctypes.CDLL(None)
    if arguments[4] != "/":
        os.chroot(arguments[4])
        os.chdir("/")
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:
        raise SystemExit("the parent ended before the program started")
    os.execv(arguments[5], arguments[5:])  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
