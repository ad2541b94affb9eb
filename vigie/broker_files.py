"""Broker accounts as Mosquitto's password and ACL files, rewritten atomically, then SIGHUP.

The folder belongs to the user the broker runs as; every file made here is given to the folder's owner, mode 0600.
"""

import base64
import fcntl
import hashlib
import os
import secrets
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PASSWORDS = "passwords"
ACL = "acl"
PID = "broker.pid"
# As mosquitto_passwd 2.0; that of 2.1 takes 1000, brokers read either. Passwords of devices are 192 random bits:
# stretching adds nothing.
ITERATIONS = 101


def password_hash(password: str, salt: bytes, iterations: int = ITERATIONS) -> str:
    """Mosquitto's `$7$` form: PBKDF2-HMAC-SHA512, 64 bytes, base64."""
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, iterations)
    return f"$7${iterations}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def make_folder(folder: Path) -> None:
    """Both files, empty where they are missing: Mosquitto refuses to start without them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (PASSWORDS, ACL):
        if not (folder / name).exists():
            _write(folder / name, "")


def put(folder: Path, username: str, password: str, *, rules: list[str]) -> bool:
    """Add or replace an account; `rules` are ACL lines (`topic write vigie/1/...`). True when the broker was told."""
    with _locked(folder):
        _change_acl(folder, username, rules)
        _change_password(folder, username, password_hash(password, secrets.token_bytes(12)))
    return reload(folder)


def drop(folder: Path, username: str) -> bool:
    """Remove an account. True when the broker was told."""
    with _locked(folder):
        _change_password(folder, username, None)
        _change_acl(folder, username, None)
    return reload(folder)


def reload(folder: Path) -> bool:
    """SIGHUP to the broker named by the pid file; False without one: the operator must reload the broker."""
    try:
        os.kill(int((folder / PID).read_text()), signal.SIGHUP)
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return False
    return True


def _change_password(folder: Path, username: str, hashed: str | None) -> None:
    entries = dict(line.split(":", 1) for line in _lines(folder / PASSWORDS))
    entries.pop(username, None)
    if hashed is not None:
        entries[username] = hashed
    _write(folder / PASSWORDS, "".join(f"{name}:{value}\n" for name, value in sorted(entries.items())))


def _change_acl(folder: Path, username: str, rules: list[str] | None) -> None:
    accounts = _read_acl(folder / ACL)
    accounts.pop(username, None)
    if rules is not None:
        accounts[username] = rules
    _write(folder / ACL, _acl_text(accounts))


def _read_acl(path: Path) -> dict[str, list[str]]:
    accounts: dict[str, list[str]] = {}
    current: list[str] = []
    for line in _lines(path):
        if line.startswith("user "):
            current = accounts.setdefault(line.removeprefix("user "), [])
        else:
            current.append(line)
    return accounts


def _acl_text(accounts: Mapping[str, list[str]]) -> str:
    return "".join(
        f"user {name}\n" + "".join(f"{rule}\n" for rule in accounts[name]) + "\n" for name in sorted(accounts)
    )


def _lines(path: Path) -> list[str]:
    text = path.read_text() if path.exists() else ""
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _write(path: Path, text: str) -> None:
    making = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(making, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.chown(making, owner.st_uid, owner.st_gid)
    making.replace(path)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
