"""A fleet back-test on two worker processes, one of which is killed: the same bytes as in one process."""

import os
import signal
import threading
from pathlib import Path
from typing import Any

from distributed import LocalCluster

from tests.vigie.test_replay_many import story
from vigie.replay_file import Options, replay


def test_two_workers_of_which_one_is_killed_print_the_same_bytes(tmp_path: Path) -> None:
    path = story(tmp_path / "r.csv", patients=60, rows=6000)
    alone = list(replay(path, None))
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address="127.0.0.1:0",
        worker_dashboard_address="127.0.0.1:0", local_directory=str(tmp_path),
    ) as cluster:  # fmt: skip
        options = Options(cluster=cluster.scheduler_address)
        assert list(replay(path, None, options)) == alone
        nanny: Any = next(iter(cluster.workers.values()))
        victim = nanny.pid
        killer = threading.Timer(0.2, os.kill, (victim, signal.SIGKILL))
        killer.start()
        assert list(replay(path, None, options)) == alone
        killer.join()
        assert alone
