"""Which secrets are none: default passwords, short keys, placeholders. Pure; called by the settings."""

_WELL_KNOWN = {
    "admin", "changeme", "change-me", "default", "guest", "hub", "mosquitto", "mqtt", "password", "passwd", "postgres",
    "public", "root", "secret", "test", "vigie",
}  # fmt: skip
SHORTEST_SECRET = 32


def is_default(password: str, username: str | None) -> bool:
    """Whether everybody would try this password first."""
    return not password or password.lower() in _WELL_KNOWN or password == username


def secret_faults(name: str, secret: str) -> list[str]:
    """What is wrong with a key that signs; empty when it may be used."""
    if not secret:
        return [f"{name}: missing, expected at least {SHORTEST_SECRET} random characters (openssl rand -hex 32)"]
    if len(secret) < SHORTEST_SECRET:
        return [f"{name}: expected at least {SHORTEST_SECRET} characters, got {len(secret)}"]
    if len(set(secret)) < 10 or any(
        word in secret.lower() for word in ("changeme", "change-me", "example", "placeholder")
    ):
        return [f"{name}: not random, expected the answer of: openssl rand -hex 32"]
    return []
