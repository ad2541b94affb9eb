"""Protocols as people handle them: drafting, signing, activating, retiring, looking. Decides by `protocol_life`, writes
by `storage.protocols`, and puts each step on the audit trail. The caller owns the transaction.

Called by `vigie protocol` and by the console.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from psycopg import Connection

from alerts import plans_hold
from alerts import protocol_life as life
from alerts.library import library, shipped_texts
from alerts.loading import Rules
from alerts.plan import limit_faults
from alerts.protocol import Protocol, ProtocolError, read
from domain.instants import Micros, iso
from domain.protocols import Act, Version
from storage import audit, protocols

DEFAULT = "project default, not signed"
LONGEST = 1_000_000  # characters of one protocol
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


def checked(file: str, text: str, texts: Mapping[str, str]) -> tuple[Protocol, Version]:
    """A file's text as a protocol over {id: text}, and as a version that is not drafted yet.

    Raises ProtocolError naming file, line, rule, field, and what was expected.
    """
    if len(text) > LONGEST:
        raise ProtocolError(f"{file}: expected at most {LONGEST} characters, got {len(text)}")
    name = read(file, text).id
    try:
        protocol, bases = life.chain_of(name, {**texts, name: text})
    except ProtocolError as error:
        raise ProtocolError(re.sub(rf"^{re.escape(name)}(\.toml)?:", f"{file}:", str(error))) from error
    version = Version(
        name, protocol.version, "site", text, protocol.digest, life.asked_roles(protocol), "draft", NOBODY, bases
    )  # fmt: skip
    return protocol, version


def books(conn: Connection[Any]) -> dict[str, Version]:
    """Every version on the books, by ID@VERSION."""
    return {version.ref: version for version in protocols.versions(conn)}


def shipped_versions() -> dict[str, Version]:
    """What came with the hub, by ID@VERSION."""
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
    return life.chain_of(version.id, {**dict(version.bases), version.id: version.text})[0]


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


def draft(conn: Connection[Any], file: str, text: str, *, act: Act, over: Sequence[str] = ()) -> Version:
    """A new version, over what is in force now or over the versions named. Raises ProtocolError, Refused."""
    protocols.lock(conn)
    known = books(conn)
    texts = texts_now(conn, act.at)
    for ref in over:
        base = found(conn, ref, act.at)
        texts[base.id] = base.text
    _, version = checked(file, text, texts)
    version, moved = life.drafted(version, {**shipped_versions(), **known}, act)
    protocols.insert_version(conn, version)
    protocols.insert_move(conn, version, moved)
    _record(conn, version, "drafted", act)
    return version


def sign(conn: Connection[Any], ref: str, *, act: Act, digest: str) -> Version:
    """One role signs the digest of the exact text. A shipped version enters the books with it. Raises Refused."""
    protocols.lock(conn)
    known = books(conn)
    version = known.get(ref) or _shipped_draft(conn, ref, act)
    after, moved = life.signed(version, act, digest)
    protocols.insert_signature(conn, after, after.signatures[-1])
    protocols.update_state(conn, after)
    protocols.insert_move(conn, after, moved)
    _record(conn, after, moved.kind, act)
    return after


def _shipped_draft(conn: Connection[Any], ref: str, act: Act) -> Version:
    came = shipped_versions().get(ref)
    if came is None:
        raise life.Refused("version", f"expected one that exists, got {ref[:100]!r}")
    version, moved = life.drafted(came, {}, msgspec.structs.replace(act, reason="came with the hub"))
    protocols.insert_version(conn, version)
    protocols.insert_move(conn, version, moved)
    return version


def activate(conn: Connection[Any], refs: Sequence[str], *, act: Act, from_at: Micros) -> list[Version]:
    """These versions are active from then on, all together. Raises Refused (unsigned, nobody to call ...)."""
    protocols.lock(conn)
    changes = life.activated(books(conn), refs, act, from_at=from_at, shipped=shipped_texts())
    for version, moved in changes:
        if moved.kind == "activated":
            faults = life.unheld(protocol_of(version), lambda role: protocols.sites_without(conn, role, act.at))
            if faults:
                raise life.Refused(version.ref, "; ".join(faults))
    return _written(conn, changes, act, from_at=from_at)


def retire(conn: Connection[Any], refs: Sequence[str], *, act: Act) -> list[Version]:
    """These versions end now; what has no successor falls back to the project default. Raises Refused."""
    protocols.lock(conn)
    return _written(conn, life.retired(books(conn), refs, act, shipped=shipped_texts()), act, from_at=act.at)


def _written(conn: Connection[Any], changes: Sequence[life.Changed], act: Act, *, from_at: Micros) -> list[Version]:
    """The changes as rows. Raises Refused when a patient's plan could no longer be used: the caller rolls back."""
    now = rules_at(conn, act.at)
    for version, moved in changes:
        protocols.update_state(conn, version)
        protocols.insert_move(conn, version, moved)
        _record(conn, version, moved.kind, act)
    left_out = plans_hold.left_out(conn, now, rules_at(conn, from_at))
    if left_out is not None:
        raise life.Refused("plans", left_out)
    return [version for version, _ in changes]


def rules_at(conn: Connection[Any], at: Micros) -> Rules:
    """The protocols of a moment, and the sites' limits as they are now."""
    return Rules(library(protocols.active_texts(conn, at)), protocols.site_limits(conn))


LimitCheck = Callable[[str, Any, Any], list[str]]


def set_limits(
    conn: Connection[Any], site: str, limits: Mapping[str, Any], *, act: Act, check: LimitCheck | None = None
) -> int:
    """The next version of a site's limits. Raises Refused naming every fault, and patients whose plan would not do.

    `check(code, low, high)`: faults; without it the bounds of every protocol that may be followed.
    """
    protocols.lock(conn)
    now = rules_at(conn, act.at)
    judge = bounds_of(now) if check is None else check
    faults = [fault for code, sides in limits.items() for fault in _limit_faults(code, sides, judge)]
    if faults:
        raise life.Refused("limits", "; ".join(faults))
    version = protocols.add_site_limits(conn, site, dict(limits), act=act)
    left_out = plans_hold.left_out(conn, now, rules_at(conn, act.at), sites=[site])
    if left_out is not None:
        raise life.Refused("limits", left_out)
    audit.append(conn, audit.Look(act.at, act.actor, "site.limits", f"site:{site}", {"version": version}))
    return version


def _limit_faults(code: str, sides: Any, check: LimitCheck) -> list[str]:
    if not isinstance(sides, dict) or not sides or set(sides) - {"low", "high"}:
        return [f"{code}: expected low, high or both"]
    return check(code, sides.get("low"), sides.get("high"))


def bounds_of(rules: Rules) -> LimitCheck:
    """The check of limits against what is believable and against the bounds of every protocol."""

    def check(code: str, low: Any, high: Any) -> list[str]:
        sides = {name: value for name, value in (("low", low), ("high", high)) if value is not None}
        faults = [f for each in rules.library.protocols.values() for f in limit_faults({code: sides}, each)]
        return [fault.removeprefix("limits.") for fault in dict.fromkeys(faults)]

    return check


def _record(conn: Connection[Any], version: Version, action: str, act: Act) -> None:
    detail = {"digest": version.digest, "role": act.role, "reason": act.reason}
    if version.active_from is not None:
        detail["active_from"] = iso(version.active_from)
    audit.append(conn, audit.Look(act.at, act.actor, f"protocol.{action}", f"protocol:{version.ref}", detail))
