"""A backup is a folder: the dump of one moment, and the proof of what the database held at that moment.

PostgreSQL's own programs dump and restore: those that come with the embedded server read every server up to theirs.
Called by `vigie db backup` and `vigie db restore`.
"""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec
import psycopg
from msgspec import Struct
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from domain.converting import decoder
from storage import proof, servers, tiers
from storage.connection import Connection, connect
from vigie.embedded.postgres import client_programs

DUMP, PROOF = "vigie.dump", "proof.json"


class BackupError(Exception):
    """A backup or a restore did not succeed. The text says why and what to do."""


class Kept(Struct, frozen=True):
    """What stands beside the dump. `timescaledb`: version of the extension, None on plain PostgreSQL."""

    made_at: str
    server: str
    timescaledb: str | None
    proof: proof.Proof


_kept = decoder(Kept)


def backup(database_url: str, folder: Path, *, made_at: str, told: Callable[[str], None] = lambda _: None) -> Kept:
    """Dump into a new folder, complete or not at all. The hub goes on meanwhile. Raises BackupError."""
    making = folder.with_name(f"{folder.name}.unfinished")
    if folder.exists() or making.exists():
        raise BackupError(f"FOLDER: expected one that does not exist, got {folder if folder.exists() else making}")
    making.mkdir(parents=True, mode=0o700)
    with connect(database_url, application_name="vigie-backup") as conn:
        moment = proof.snapshot(conn)
        told("dumping")
        _run(
            "pg_dump",
            servers.pinned(database_url, conn),
            "--format=custom",
            f"--snapshot={moment}",
            f"--file={making / DUMP}",
        )
        told("proving")
        kept = Kept(made_at, _version(conn), tiers.timescaledb_version(conn), proof.prove(conn))
    _write(making / PROOF, msgspec.json.format(msgspec.json.encode(kept), indent=1))
    _flush(making / DUMP)
    making.rename(folder)
    _flush(folder.parent)
    return kept


def restore(database_url: str, folder: Path, *, told: Callable[[str], None] = lambda _: None) -> Kept:
    """Bring a backup into an empty database and prove that it is all there. Raises BackupError."""
    kept = read(folder)
    with connect(database_url, application_name="vigie-restore") as conn:
        if not proof.is_empty(conn):
            raise BackupError("VIGIE_DATABASE_URL: expected an empty database, this one has tables")
        if kept.timescaledb is not None:
            _timescale(conn, "CREATE EXTENSION IF NOT EXISTS timescaledb", "SELECT timescaledb_pre_restore()")
        there = servers.pinned(database_url, conn)
    told("restoring")
    _run("pg_restore", there, "--exit-on-error", "--no-owner", str(folder / DUMP))
    with connect(database_url, application_name="vigie-restore") as conn:
        if kept.timescaledb is not None:
            _timescale(conn, "SELECT timescaledb_post_restore()")
    told("proving")
    said = check(database_url, kept)
    if said:
        raise BackupError("the restored database is not what was backed up:\n" + "\n".join(said))
    return kept


def check(database_url: str, kept: Kept) -> list[str]:
    """What a database lacks of a backup, a sentence each."""
    with connect(database_url, application_name="vigie-restore") as conn:
        return proof.differences(kept.proof, proof.prove(conn))


def read(folder: Path) -> Kept:
    """The proof of a backup. Raises BackupError when the folder is not one."""
    try:
        if not (folder / DUMP).is_file():
            raise BackupError(f"FOLDER: expected {DUMP} in {folder}")
        return _kept((folder / PROOF).read_bytes())
    except (OSError, msgspec.DecodeError) as error:
        raise BackupError(f"FOLDER: expected a backup with {PROOF}: {error}") from None


def _timescale(conn: Connection, *statements: str) -> None:
    try:
        for statement in statements:
            conn.execute(statement.encode())
        conn.commit()
    except psycopg.Error as error:
        raise BackupError(f"TimescaleDB: expected on this server as where the backup was made: {error}") from None


def _version(conn: Connection) -> str:
    return str(conn.info.parameter_status("server_version"))


def _run(program: str, database_url: str, *arguments: str) -> None:
    """The password goes by the environment: arguments can be read by everybody on the machine."""
    where = {name: str(value) for name, value in conninfo_to_dict(database_url).items() if value is not None}
    password = where.pop("password", None)
    argv = [str(client_programs() / program), *arguments, f"--dbname={make_conninfo(**where)}"]
    environment = {**os.environ, **({} if password is None else {"PGPASSWORD": password})}
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise BackupError(f"{program}: {done.stderr.strip()[-2000:]}")


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    _flush(path)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
