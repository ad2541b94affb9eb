"""When a hub begins anew with jemalloc, and that it does so once, under its own number."""

import ctypes.util
import os
import subprocess
import sys
from pathlib import Path

from vigie.allocator import JEMALLOC, with_jemalloc

LIBRARY = "libjemalloc.so.2"
ASKS = """
import os, sys
from vigie.allocator import begin_with_jemalloc
begin_with_jemalloc()
print(os.getpid(), os.environ.get("PYTHONMALLOC"), "jemalloc" in open("/proc/self/maps").read(), *sys.argv[1:])
"""


def test_what_somebody_has_decided_stays() -> None:
    assert with_jemalloc({}, None) is None
    assert with_jemalloc({"PYTHONMALLOC": "pymalloc"}, LIBRARY) is None
    assert with_jemalloc({"LD_PRELOAD": "libfaketime.so.1"}, LIBRARY) is None
    assert with_jemalloc({"LD_PRELOAD": "", "A": "b"}, LIBRARY) == {
        "A": "b",
        "LD_PRELOAD": LIBRARY,
        "PYTHONMALLOC": "malloc",
        "MALLOC_CONF": JEMALLOC,
    }
    found = with_jemalloc({"MALLOC_CONF": "narenas:4"}, LIBRARY)
    assert found is not None
    assert found["MALLOC_CONF"] == "narenas:4"
    assert with_jemalloc(found, LIBRARY) is None, "never twice"


def test_the_process_begins_anew_once_where_jemalloc_is_installed(tmp_path: Path) -> None:
    script = tmp_path / "asks.py"
    script.write_text(ASKS)
    free = {name: value for name, value in os.environ.items() if name not in ("PYTHONMALLOC", "LD_PRELOAD")}
    started = subprocess.Popen([sys.executable, str(script), "a b", "--c"], env=free, stdout=subprocess.PIPE, text=True)
    said, _ = started.communicate(timeout=60)
    kept_by = "None False" if ctypes.util.find_library("jemalloc") is None else "malloc True"
    assert said.strip() == f"{started.pid} {kept_by} a b --c"
