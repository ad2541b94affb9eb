"""Opaque tokens and passwords: made, digested, checked. Keeps nothing."""

import base64
import hashlib
import hmac
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()
MIN_PASSWORD = 12
MAX_PASSWORD = 200


def new_token() -> str:
    """256 random bits as text."""
    return secrets.token_urlsafe(32)


def digest(secret_key: bytes, token: str) -> bytes:
    """What the database keeps of a token: SHA-256 keyed with the hub's secret: a forged row opens no session."""
    return hmac.digest(secret_key, token.encode("utf-8", "surrogatepass"), hashlib.sha256)


def one_time_password() -> str:
    """A password to be printed once: four groups that can be read over the telephone."""
    alphabet = "abcdefghijkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(5)) for _ in range(4))


def hash_password(password: str) -> str:
    """argon2id hash with the library's current parameters."""
    return _hasher.hash(password)


def hash_of_nobody() -> str:
    """A hash that no password has, with the same parameters: made without the time that hashing takes."""
    salt, found = (
        base64.b64encode(secrets.token_bytes(length)).rstrip(b"=").decode()
        for length in (_hasher.salt_len, _hasher.hash_len)
    )
    costs = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    return f"$argon2id$v=19${costs}${salt}${found}"


def same_password(password_hash: str, password: str) -> bool:
    """Whether the password is the one that was hashed. Takes as long for a wrong one."""
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def password_fault(password: str, username: str) -> str | None:
    """What is expected of a new password, None when it will do."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        return f"{MIN_PASSWORD} to {MAX_PASSWORD} characters"
    if username.lower() in password.lower():
        return "a password that does not contain the user name"
    if len(set(password)) < 5:
        return "at least 5 different characters"
    return None
