"""The name of a lease's holder tells whether its process is gone, and never says so of one that cannot be seen."""

import os
import subprocess
import sys

from ingest.holder import is_gone, said, this_process


def named(pid: int, started: int) -> str:
    host, _, _, *place = this_process().split(":")
    return ":".join([host, str(pid), str(started), *place])


def started() -> int:
    return int(this_process().split(":")[2])


def test_this_process_is_not_gone() -> None:
    assert not is_gone(this_process())
    assert said(this_process()).endswith(f":{os.getpid()}")


def test_a_process_that_ended_is_gone_even_before_it_is_reaped() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        code = "import sys; from ingest.holder import this_process; print(this_process())"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert is_gone(done.stdout.strip())
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert is_gone(named(child.pid, 1))


def test_a_number_given_to_another_process_is_another_process() -> None:
    assert is_gone(named(os.getpid(), started() - 1))


def test_what_cannot_be_seen_from_here_is_not_said_to_be_gone() -> None:
    host, pid, begun, namespace, boot = named(2**22 + 1, 5).split(":")
    assert not is_gone(":".join([host, pid, begun, namespace, "another-boot"]))
    assert not is_gone(":".join([host, pid, begun, "1", boot]))
    for strange in ("", "test", "pid-7", "a:b", f"{host}:x:y:{namespace}:{boot}"):
        assert not is_gone(strange)
