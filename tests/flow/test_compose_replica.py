"""The scripts of the profile `cluster` on real servers: a primary that waits, a replica that follows."""

import os
import signal
import subprocess
from pathlib import Path

import psycopg

from vigie.embedded import child
from vigie.embedded.postgres import EmbeddedPostgres

SCRIPTS = Path(__file__).parents[2] / "deploy/postgres"
FOLLOWS = "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'quorum'"
PASSWORD = "tests-only-replication"


def test_the_replica_follows_and_commits_wait_for_it(service_folder: Path) -> None:
    with EmbeddedPostgres(service_folder / "one") as primary:
        copy, programs = service_folder / "two", primary._install.programs
        user = child.ordinary_user("nobody")
        for folder in (copy, copy / "sockets"):
            child.own_folder(folder, user)
        (copy / "data.new").mkdir()
        (copy / "data.new/PG_VERSION").write_text("a copy that broke off")
        if user is not None:
            os.chown(copy / "data.new", user.uid, user.gid)
        env = {
            "PATH": f"{programs}:{os.environ['PATH']}", "POSTGRES_USER": "postgres", "HOME": "/",
            "PGHOST": str(primary.sockets), "PGDATA": str(primary.folder / "cluster"),
            "PRIMARY_HOST": str(primary.sockets),
            "REPLICATION_PASSWORD": PASSWORD,
        }  # fmt: skip
        log = copy / "log"
        done = _script("primary.sh", env=env, log=log, user=user)
        assert done.wait(60) == 0, child.tail(log)
        with psycopg.connect(primary.url, autocommit=True) as conn:
            conn.execute("SELECT pg_reload_conf()")
            assert conn.execute("SELECT count(*) FROM pg_hba_file_rules WHERE error IS NOT NULL").fetchone() == (0,)
        server = [f"{programs}/postgres", "-D", str(copy / "data"), "-k", str(copy / "sockets"),
                  "-c", "listen_addresses="]  # fmt: skip
        env["PGDATA"] = str(copy / "data")
        replica = _script("replica.sh", *server, env=env, log=log, user=user)
        try:
            assert child.wait_until(lambda: _rows(primary.url, FOLLOWS), replica, log=log, seconds=60), child.tail(log)
            with psycopg.connect(primary.url, autocommit=True) as conn:
                conn.execute("CREATE TABLE proof AS SELECT 41 + 1 AS answer")
            assert _rows(f"postgresql://postgres@/postgres?host={copy / 'sockets'}", "SELECT answer FROM proof") == [
                (42,)
            ]
        finally:
            child.stop(replica, signal.SIGINT)
        again = _script("replica.sh", "echo", "as it was", env=env, log=log, user=user)
        assert again.wait(30) == 0
        assert "as it was" in child.tail(log)


def _script(
    name: str, *words: str, env: dict[str, str], log: Path, user: child.RunAs | None
) -> subprocess.Popen[bytes]:
    return child.spawn(
        ["/bin/sh", str(SCRIPTS / name), *words], run_as=user, log=log, death_signal=signal.SIGKILL, env=env
    )


def _rows(url: str, question: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as conn:
        return conn.execute(question).fetchall()
