"""Protocols as people handle them: drafting, signing, activating, retiring. Decides by `protocol_life`, writes
by `storage.protocols`, and puts each step on the audit trail. The caller owns the transaction.

Called by `vigie protocol` and by the console.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from psycopg import Connection

from alerts.loading import Rules
from alerts.protocol import hold as plans_hold
from alerts.protocol import life, shelf
from alerts.protocol.library import shipped_texts
from alerts.protocol.places import line_of
from alerts.protocol.plan import limit_faults
from alerts.protocol.reading import Protocol, ProtocolError, read
from domain.instants import Micros, iso
from domain.protocols import Act, Version
from storage import audit, protocols

LONGEST = 1_000_000  # characters of one protocol


def checked(file: str, text: str, texts: Mapping[str, str]) -> tuple[Protocol, Version]:
    """A file's text as a protocol over {id: text}, and as a version that is not drafted yet.

    Raises ProtocolError naming file, line, rule, field, and what was expected.
    """
    if len(text) > LONGEST:
        raise ProtocolError(f"{file}: expected at most {LONGEST} characters, got {len(text)}")
    try:
        name = read(file, text).id
    except ProtocolError as error:
        raise ProtocolError(_placed(file, text, str(error))) from error
    try:
        protocol, bases = life.chain_of(name, {**texts, name: text})
    except ProtocolError as error:
        own = re.sub(rf"^{re.escape(name)}(\.toml)?:", f"{file}:", str(error))
        raise ProtocolError(_placed(file, text, own)) from error
    version = Version(
        name, protocol.version, "site", text, protocol.digest, life.asked_roles(protocol), "draft", shelf.NOBODY, bases
    )  # fmt: skip
    return protocol, version


def _placed(file: str, text: str, fault: str) -> str:
    """The fault with the line where the reader did not know it: syntax, an unknown key, a field of the file itself."""
    unknown = re.fullmatch(rf"{re.escape(file)}:\d+: (\S+): (.*unknown field `([\w-]+)`.*)", fault)
    if unknown is not None:
        field = f"{unknown[1]}.{unknown[3]}".removeprefix("$.")
        return f"{file}:{line_of(text, f'$.{field}')}: {field}: {unknown[2]}"
    words = fault.removeprefix(f"{file}: ")
    if words == fault:
        return fault
    syntax = re.search(r"\(at line (\d+)", words)
    line = int(syntax[1]) if syntax is not None else line_of(text, f"$.{words.partition(':')[0].partition(',')[0]}")
    return f"{file}:{line}: {words}"


def draft(conn: Connection[Any], file: str, text: str, *, act: Act, over: Sequence[str] = ()) -> Version:
    """A new version, over what is in force now or over the versions named. Raises ProtocolError, Refused."""
    protocols.lock(conn)
    known = shelf.books(conn)
    texts = shelf.texts_now(conn, act.at)
    for ref in over:
        base = shelf.found(conn, ref, act.at)
        texts[base.id] = base.text
    _, version = checked(file, text, texts)
    version, moved = life.drafted(version, {**shelf.shipped_versions(), **known}, act)
    protocols.insert_version(conn, version)
    protocols.insert_move(conn, version, moved)
    _record(conn, version, "drafted", act)
    return version


def sign(conn: Connection[Any], ref: str, *, act: Act, digest: str) -> Version:
    """One role signs the digest of the exact text. A shipped version enters the books with it. Raises Refused."""
    protocols.lock(conn)
    known = shelf.books(conn)
    version = known.get(ref) or _shipped_draft(conn, ref, act)
    after, moved = life.signed(version, act, digest)
    protocols.insert_signature(conn, after, after.signatures[-1])
    protocols.update_state(conn, after)
    protocols.insert_move(conn, after, moved)
    _record(conn, after, moved.kind, act)
    return after


def _shipped_draft(conn: Connection[Any], ref: str, act: Act) -> Version:
    came = shelf.shipped_versions().get(ref)
    if came is None:
        raise life.Refused("version", f"expected one that exists, got {ref[:100]!r}")
    version, moved = life.drafted(came, {}, msgspec.structs.replace(act, reason="came with the hub"))
    protocols.insert_version(conn, version)
    protocols.insert_move(conn, version, moved)
    return version


def activate(conn: Connection[Any], refs: Sequence[str], *, act: Act, from_at: Micros) -> list[Version]:
    """These versions are active from then on, all together. Raises Refused (unsigned, nobody to call ...)."""
    protocols.lock(conn)
    changes = life.activated(shelf.books(conn), refs, act, from_at=from_at, shipped=shipped_texts())
    for version, moved in changes:
        if moved.kind == "activated":
            faults = life.unheld(shelf.protocol_of(version), lambda role: protocols.sites_without(conn, role, act.at))
            if faults:
                raise life.Refused(version.ref, "; ".join(faults))
    return _written(conn, changes, act, from_at=from_at)


def retire(conn: Connection[Any], refs: Sequence[str], *, act: Act) -> list[Version]:
    """These versions end now; what has no successor falls back to the project default. Raises Refused."""
    protocols.lock(conn)
    return _written(conn, life.retired(shelf.books(conn), refs, act, shipped=shipped_texts()), act, from_at=act.at)


def _written(conn: Connection[Any], changes: Sequence[life.Changed], act: Act, *, from_at: Micros) -> list[Version]:
    """The changes as rows. Raises Refused when a patient's plan could no longer be used: the caller rolls back."""
    now = shelf.rules_at(conn, act.at)
    for version, moved in changes:
        protocols.update_state(conn, version)
        protocols.insert_move(conn, version, moved)
        _record(conn, version, moved.kind, act)
    left_out = plans_hold.left_out(conn, now, shelf.rules_at(conn, from_at))
    if left_out is not None:
        raise life.Refused("plans", left_out)
    return [version for version, _ in changes]


LimitCheck = Callable[[str, Any, Any], list[str]]


def set_limits(
    conn: Connection[Any], site: str, limits: Mapping[str, Any], *, act: Act, check: LimitCheck | None = None
) -> int:
    """The next version of a site's limits. Raises Refused naming every fault, and patients whose plan would not do.

    `check(code, low, high)`: faults; without it the bounds of every protocol that may be followed.
    """
    protocols.lock(conn)
    now = shelf.rules_at(conn, act.at)
    judge = bounds_of(now) if check is None else check
    faults = [fault for code, sides in limits.items() for fault in _limit_faults(code, sides, judge)]
    if faults:
        raise life.Refused("limits", "; ".join(faults))
    version = protocols.add_site_limits(conn, site, dict(limits), act=act)
    left_out = plans_hold.left_out(conn, now, shelf.rules_at(conn, act.at), sites=[site])
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
