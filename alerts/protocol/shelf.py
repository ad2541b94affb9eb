"""Looking at protocols: what is on the books, what came with the hub, what is in force, and how a list says it.

Reads, writes nothing. Called by `alerts.protocol.desk`, `vigie protocol` and the console.
"""

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

import msgspec
from msgspec import Struct
from psycopg import Connection

from alerts.loading import Rules
from alerts.protocol import life
from alerts.protocol.library import library, shipped_texts
from alerts.protocol.reading import Protocol
from domain.instants import Micros, iso
from domain.protocols import Act, Version
from storage import protocols

DEFAULT = "project default, not signed"
NOBODY = Act("vigie", "operator", 0)


class Standing(Struct, frozen=True):
    """A version as a list shows it. `state` shipped: came with the hub and nobody has begun to sign it.

    `in_force`: patients are watched by it now. `standing`: the same in words.
    """

    version: Version
    state: str
    in_force: bool
    standing: str
    title: dict[str, str]


def books(conn: Connection[Any]) -> dict[str, Version]:
    """Every version on the books, by ID@VERSION."""
    return {version.ref: version for version in protocols.versions(conn)}


def shipped_versions() -> dict[str, Version]:
    """What came with the hub, by ID@VERSION."""
    return dict(_shipped_versions())


@cache
def _shipped_versions() -> dict[str, Version]:
    texts = shipped_texts()
    found = {}
    for name in texts:
        protocol, bases = life.chain_of(name, texts)
        version = Version(
            name, protocol.version, "shipped", texts[name], protocol.digest, life.asked_roles(protocol), "draft",
            NOBODY, bases,
        )  # fmt: skip
        found[version.ref] = version
    return found


def texts_now(conn: Connection[Any], at: Micros) -> dict[str, str]:
    """{id: text} of what patients are watched by at a moment."""
    return {**shipped_texts(), **protocols.active_texts(conn, at)}


def protocol_of(version: Version) -> Protocol:
    """A version resolved over the very texts it was drafted over."""
    return _resolved(version.id, version.text, version.bases)


@lru_cache(maxsize=256)
def _resolved(name: str, text: str, bases: tuple[tuple[str, str], ...]) -> Protocol:
    return life.chain_of(name, {**dict(bases), name: text})[0]


def found(conn: Connection[Any], ref: str, at: Micros) -> Version:
    """ID@VERSION, or ID alone for what is in force. Raises Refused."""
    known = {**shipped_versions(), **books(conn)}
    name, _, number = ref.partition("@")
    if number:
        if ref not in known:
            raise life.Refused("version", f"expected one of {', '.join(sorted(known))}, got {ref[:100]!r}")
        return known[ref]
    active = life.active_at(known.values(), at).get(name)
    if active is not None:
        return active
    for version in shipped_versions().values():
        if version.id == name:
            return version
    raise life.Refused(
        "protocol", f"expected one of {', '.join(sorted({v.id for v in known.values()}))}, got {name[:100]!r}"
    )


def listed(conn: Connection[Any], at: Micros) -> list[Standing]:
    """Every version on the books and every shipped one, by protocol, what is in force first."""
    known = books(conn)
    active = life.active_at(known.values(), at)
    came = {
        ref: version for ref, version in shipped_versions().items()
        if ref not in known or known[ref].digest != version.digest
    }  # fmt: skip
    rows = [_standing(version, active, at, state=None) for version in known.values()]
    rows += [_standing(version, active, at, state="shipped") for version in came.values()]
    return sorted(rows, key=lambda row: (row.version.id, not row.in_force, row.version.version))


def standing(conn: Connection[Any], ref: str, at: Micros) -> Standing:
    """Where one version stands; ID alone for what is in force. Raises Refused."""
    version = found(conn, ref, at)
    named = (version.ref, version.digest)
    return next(row for row in listed(conn, at) if (row.version.ref, row.version.digest) == named)


def _standing(version: Version, active: Mapping[str, Version], at: Micros, *, state: str | None) -> Standing:
    now = state or life.state_at(version, at)
    holder = active.get(version.id)
    default = holder is None and shipped_texts().get(version.id) == version.text
    words = _words(version, now, at) if holder is None or holder.ref == version.ref else _behind(version, now, holder)
    if default and now in ("shipped", "draft", "signed"):
        words = DEFAULT if now != "signed" else f"project default; {_words(version, now, at)}"
    in_force = default or (holder is not None and holder.ref == version.ref and now == "active")
    return Standing(version, now, in_force, words, msgspec.to_builtins(protocol_of(version).title))


def _behind(version: Version, now: str, holder: Version) -> str:
    words = _words(version, now, 0)
    return f"{words}; {holder.ref} is active" if now in ("draft", "signed", "shipped") else words


def _words(version: Version, now: str, at: Micros) -> str:
    match now:
        case "shipped":
            return "came with the hub, not signed"
        case "draft":
            return f"draft, waits for {', '.join(life.missing(version))}"
        case "signed" if version.active_from is not None:
            return f"signed, active from {iso(version.active_from)}"
        case "signed":
            return "signed, not active"
        case "active":
            until = "" if version.retired_at is None else f" until {iso(version.retired_at)}"
            return f"active since {iso(version.active_from or at)}{until}"
        case _:
            return "retired" if version.retired_at is None else f"retired {iso(version.retired_at)}"


def rules_at(conn: Connection[Any], at: Micros) -> Rules:
    """The protocols of a moment, and the sites' limits as they are now."""
    return Rules(library(protocols.active_texts(conn, at)), protocols.site_limits(conn))
