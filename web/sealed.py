"""Secrets that must be read again, kept encrypted with the hub's own: a stolen dump of the database opens none."""

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def seal(secret_key: bytes, content: bytes) -> bytes:
    """Encrypted and signed (Fernet)."""
    return _box(secret_key).encrypt(content)


def unseal(secret_key: bytes, sealed: bytes) -> bytes | None:
    """The content; None when it was sealed with another key, or changed."""
    try:
        return _box(secret_key).decrypt(sealed)
    except InvalidToken:
        return None


def _box(secret_key: bytes) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"vigie sealed 1").derive(secret_key)
    return Fernet(urlsafe_b64encode(derived))
