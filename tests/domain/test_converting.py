"""Values are converted by many threads from the first moment on: a hub's threads start together."""

import subprocess
import sys

# Each turn needs a process of its own: only the first use of a type was in danger.
FIRST_USE = """
import sys, threading
from alerts.protocol.library import shipped_texts
from alerts.protocol.reading import read
sys.setswitchinterval(1e-6)
name, text = sorted(shipped_texts().items())[0]
together = threading.Barrier(6)
def first() -> None:
    together.wait()
    read(name, text)
threads = [threading.Thread(target=first) for _ in range(6)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


def test_six_threads_may_use_a_type_for_the_first_time_at_once() -> None:
    for _ in range(6):
        done = subprocess.run([sys.executable, "-c", FIRST_USE], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
