"""One-time passwords by time, as authenticator apps make them (RFC 6238: HMAC-SHA-1, six digits, 30 s). Pure."""

import hmac
from base64 import b32encode
from struct import pack, unpack_from
from urllib.parse import quote

from domain.instants import SECOND, Micros

PERIOD: Micros = 30 * SECOND
DIGITS = 6
SECRET_BYTES = 20
AROUND = 1  # a clock may be one period off


def step_of(at: Micros) -> int:
    """The number of the period."""
    return at // PERIOD


def code_at(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """The code of one period."""
    digest = hmac.digest(secret, pack(">Q", step), "sha1")
    (number,) = unpack_from(">I", digest, digest[-1] & 15)
    return str((number & 0x7FFFFFFF) % 10**digits).zfill(digits)


def matching_step(secret: bytes, code: str, at: Micros) -> int | None:
    """The period to which a code belongs, None when it is none of now. Whether it was used is the caller's matter."""
    typed = "".join(code.split())
    now = step_of(at)
    steps = (now, *(now + away for n in range(1, AROUND + 1) for away in (-n, n)))
    found = [step for step in steps if hmac.compare_digest(code_at(secret, step).encode(), typed.encode())]
    return found[0] if found else None


def shown(secret: bytes) -> str:
    """The secret as a person types it."""
    return b32encode(secret).decode().rstrip("=")


def uri(secret: bytes, username: str, issuer: str = "Vigie") -> str:
    """What an authenticator app reads from the QR code."""
    label = f"{quote(issuer)}:{quote(username)}"
    return f"otpauth://totp/{label}?secret={shown(secret)}&issuer={quote(issuer)}&digits={DIGITS}&period=30"
