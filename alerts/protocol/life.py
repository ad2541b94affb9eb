"""The life of a protocol's version: draft, signed, active, retired. Every move there is, in one table. Pure.

A version is never edited: another text is another version. What is active at a moment has been signed, by every role
it asks for, over the exact texts it is made of. Called by `alerts.protocol.desk`.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from alerts.protocol.reading import Protocol, ProtocolError, read, resolve
from domain.instants import Micros, iso
from domain.protocols import Act, Move, Signature, Version

STATES = ("draft", "signed", "active", "retired")
# Who may sign a protocol, and who must sign one that names nobody: those who agree on it in advance.
DEFAULT_SIGNERS = ("prescriber", "physician", "pharmacist")

# (state before, kind of move) -> state after. `None` is: no such version yet. What is not here cannot happen.
MOVES: dict[tuple[str | None, str], str] = {
    (None, "drafted"): "draft",
    ("draft", "signed-in-part"): "draft",
    ("draft", "signed"): "signed",
    ("draft", "retired"): "retired",
    ("signed", "activated"): "active",
    ("signed", "retired"): "retired",
    ("active", "retired"): "retired",
    ("retired", "resumed"): "active",  # what was to replace it was withdrawn before its day
}

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+-]{0,31}")

Books = Mapping[str, Version]  # by ID@VERSION
Changed = tuple[Version, Move]


class Refused(ValueError):
    """Something that cannot be done to a version: the field, and what was expected. Nothing was changed."""

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(f"{field}: {expected}")
        self.field, self.expected = field, expected


class IllegalMove(Refused):
    """A move that is not in the table."""


def move(before: Version | None, kind: str, act: Act, *, effective_at: Micros | None = None) -> Move:
    """The move, when the table has it. Raises IllegalMove."""
    state = before.state if before is not None else None
    after = MOVES.get((state, kind))
    if after is None:
        named = before.ref if before is not None else "version"
        raise IllegalMove(named, f"expected one that can be {kind}; it is {state}")
    return Move(kind, state, after, act, effective_at)


def chain_of(name: str, texts: Mapping[str, str]) -> tuple[Protocol, tuple[tuple[str, str], ...]]:
    """A protocol out of {id: text}, and the texts it extends, the root first. Raises ProtocolError."""
    protocol = resolve(name, dict(texts))
    return protocol, tuple((base, texts[base]) for base in _ancestors(name, texts))


def _ancestors(name: str, texts: Mapping[str, str]) -> list[str]:
    """What the protocol extends, the root first. Only after `resolve` has read it."""
    found: list[str] = []
    base = _extends(name, texts)
    while base is not None:
        found.insert(0, base)
        base = _extends(base, texts)
    return found


def drafted(version: Version, books: Books, act: Act) -> Changed:
    """A new version enters as a draft. Raises Refused when its number is taken."""
    taken = books.get(version.ref)
    if taken is not None:
        same = "with this very text" if taken.digest == version.digest else "with another text"
        raise Refused("version", f"expected one that does not exist yet; {version.ref} does, {same}")
    if not _ID.fullmatch(version.id):
        raise Refused("id", f"expected lower-case letters, digits and hyphens, at most 63, got {version.id[:80]!r}")
    if not _NUMBER.fullmatch(version.version):
        raise Refused("version", f"expected letters, digits, . + or -, at most 32, got {version.version[:80]!r}")
    if not version.asked or set(version.asked) - set(DEFAULT_SIGNERS):
        raise Refused("signers", f"expected some of {', '.join(DEFAULT_SIGNERS)}, got {', '.join(version.asked)!r}")
    done = move(None, "drafted", act)
    return msgspec.structs.replace(version, state=done.after, drafted=act), done


def missing(version: Version) -> tuple[str, ...]:
    """Roles whose signature it still needs."""
    held = {signature.role for signature in version.signatures}
    return tuple(role for role in version.asked if role not in held)


def signed(version: Version, act: Act, digest: str) -> Changed:
    """One role signs the digest of the exact text. Raises Refused, on another digest too."""
    if digest != version.digest:
        raise Refused("digest", f"expected {version.digest}, that of the text of {version.ref}, got {digest[:80]!r}")
    if act.role not in version.asked:
        raise Refused("role", f"expected one of {', '.join(version.asked)}, got {act.role}")
    if version.state == "draft" and act.role not in missing(version):
        raise Refused("role", f"expected one that has not signed; {act.role} has")
    done = move(version, "signed" if missing(version) == (act.role,) else "signed-in-part", act)
    signatures = (*version.signatures, Signature(act.role, act.actor, digest, act.at))
    return msgspec.structs.replace(version, state=done.after, signatures=signatures), done


def activated(
    books: Books, refs: Sequence[str], act: Act, *, from_at: Micros, shipped: Mapping[str, str]
) -> list[Changed]:
    """These versions become active at one moment, and what they replace is retired at it.

    In an order in which no two versions of one protocol are ever active together. Raises Refused.
    """
    if from_at < act.at:
        raise Refused("from", f"expected {iso(act.at)} or later, got {iso(from_at)}")
    chosen = [_known(books, ref) for ref in dict.fromkeys(refs)]
    twice = {version.id for version in chosen}
    if len(twice) < len(chosen):
        raise Refused("versions", "expected one version of each protocol")
    moves = [move(version, "activated", act, effective_at=from_at) for version in chosen]
    changes = [change for version in chosen for change in _replaced(books, version, act, from_at)]
    changes += [
        (msgspec.structs.replace(version, state=done.after, active_from=from_at), done)
        for version, done in zip(chosen, moves, strict=True)
    ]
    _refuse_faults(books, changes, shipped, from_at)
    return changes


def _replaced(books: Books, version: Version, act: Act, from_at: Micros) -> list[Changed]:
    """What is active at that moment, retired at it. Raises Refused when another is to come after it."""
    formers = [other for other in books.values() if other.id == version.id and _lives_after(other, from_at)]
    for former in formers:
        if former.active_from is not None and former.active_from >= from_at:
            raise Refused("from", f"{former.ref} is to be active from {iso(former.active_from)}: retire it first")
    because = _because(act, f"replaced by {version.version}")
    done = [move(former, "retired", because, effective_at=from_at) for former in formers]
    return [
        (msgspec.structs.replace(former, state="retired", retired_at=from_at), moved)
        for former, moved in zip(formers, done, strict=True)
    ]


def _because(act: Act, reason: str) -> Act:
    return msgspec.structs.replace(act, reason=reason if act.reason is None else f"{reason}: {act.reason}")


def _lives_after(version: Version, at: Micros) -> bool:
    """Whether it is active at that moment or later."""
    if version.active_from is None:
        return False
    return version.retired_at is None or version.retired_at > max(at, version.active_from)


def retired(books: Books, refs: Sequence[str], act: Act, *, shipped: Mapping[str, str]) -> list[Changed]:
    """These versions end now. One that has not begun never will, and what it was to replace goes on. Raises Refused."""
    changes: list[Changed] = []
    known = dict(books)
    for ref in dict.fromkeys(refs):
        ended = _ended(known, _known(known, ref), act)
        known |= {version.ref: version for version, _ in ended}
        changes += ended
    _refuse_faults(books, changes, shipped, act.at)
    return changes


def _ended(books: Books, version: Version, act: Act) -> list[Changed]:
    if state_at(version, act.at) == "active" and version.state == "retired" and version.retired_at is not None:
        raise Refused(version.ref, f"ends at {iso(version.retired_at)} already: retire what replaces it first")
    begins = version.active_from
    done = move(version, "retired", act, effective_at=act.at)
    end = act.at if begins is None else max(act.at, begins)
    ended = (msgspec.structs.replace(version, state=done.after, retired_at=end), done)
    return [ended, *(_resumed(books, version, act) if begins is not None and begins > act.at else ())]


def _resumed(books: Books, withdrawn: Version, act: Act) -> list[Changed]:
    """What the withdrawn version was to replace goes on without an end."""
    because = _because(act, f"{withdrawn.version} was withdrawn before its day")
    return [
        (msgspec.structs.replace(former, state="active", retired_at=None), move(former, "resumed", because))
        for former in books.values()
        if former.id == withdrawn.id and former.ref != withdrawn.ref and former.active_from is not None
        and former.active_from < (former.retired_at or 0) == withdrawn.active_from
    ]  # fmt: skip


def _known(books: Books, ref: str) -> Version:
    if ref not in books:
        raise Refused("version", f"expected one that exists, got {ref!r}")
    return books[ref]


def _refuse_faults(books: Books, changes: Sequence[Changed], shipped: Mapping[str, str], at: Micros) -> None:
    after = {**books, **{version.ref: version for version, _ in changes}}
    for fault in faults(after.values(), shipped, at):
        raise Refused("versions", fault)


def state_at(version: Version, at: Micros) -> str:
    """Its state at a moment: a version whose day has not come is signed, one whose end has come is retired."""
    if version.active_from is None or version.state not in ("active", "retired"):
        return version.state
    if version.retired_at is not None and (at >= version.retired_at or version.active_from == version.retired_at):
        return "retired"
    return "active" if at >= version.active_from else "signed"


def active_at(versions: Iterable[Version], at: Micros) -> dict[str, Version]:
    """What is active at a moment, by protocol: at most one version each."""
    return {version.id: version for version in versions if state_at(version, at) == "active"}


def texts_at(versions: Iterable[Version], at: Micros) -> dict[str, str]:
    """The exact texts at a moment of what is active and of what those were signed over, by protocol."""
    active = active_at(versions, at)
    pinned = {base: text for version in active.values() for base, text in version.bases}
    return {**pinned, **{name: version.text for name, version in active.items()}}


def faults(versions: Iterable[Version], shipped: Mapping[str, str], at: Micros) -> list[str]:
    """Why, at that moment or at a later one that is already decided, what runs would not be what was signed."""
    books = list(versions)
    days = {day for version in books for day in (version.active_from, version.retired_at) if day is not None}
    moments = [at, *sorted(day for day in days if day > at)]
    return list(dict.fromkeys(fault for day in moments for fault in _faults_at(books, shipped, day)))


def _faults_at(books: Sequence[Version], shipped: Mapping[str, str], at: Micros) -> list[str]:
    active = active_at(books, at)
    found = [fault for version in active.values() for fault in _base_faults(version, active, books)]
    texts = {**shipped, **texts_at(books, at)}
    for name in sorted(texts):
        try:
            digest = resolve(name, texts).digest
        except ProtocolError as error:
            found.append(f"at {iso(at)} the protocol {name} could not be read: {error}")
            continue
        if name in active and digest != active[name].digest and not found:
            found.append(f"{active[name].ref} was signed over another text of what it extends: draft it again")
    return found


def _base_faults(version: Version, active: Mapping[str, Version], books: Sequence[Version]) -> list[str]:
    found = []
    for base, text in version.bases:
        now = active.get(base)
        if now is not None and now.text != text:
            found.append(
                f"{version.ref} was signed over another text of {base} than {now.ref}: draft and sign it over that "
                f"one, then activate both together"
            )
        elif now is None:
            drafts = [
                other.ref for other in books if other.id == base and other.text == text and other.origin == "site"
            ]
            if drafts:
                found.append(
                    f"{version.ref} was signed over {drafts[0]}, which would not be active: move both together"
                )
    return found


def escalation_roles(protocol: Protocol) -> tuple[str, ...]:
    """Every role that a step of the escalation calls (`who`), in order of their first call."""
    found: dict[str, None] = {}
    steps = msgspec.to_builtins(protocol.escalation)
    for severity in ("high", "medium", "low"):
        for step in steps.get(severity, ()):
            if isinstance(step, dict):
                found.update(dict.fromkeys(step.get("who", ())))
    return tuple(found)


def unheld(protocol: Protocol, nobody: Callable[[str], Sequence[str]]) -> list[str]:
    """An escalation to a role nobody holds. `nobody(role)`: the sites at which nobody does."""
    return [
        f"{protocol.id}: escalation: who: expected a role that somebody holds, nobody is {role} at {', '.join(sites)}"
        for role in escalation_roles(protocol)
        if (sites := nobody(role))
    ]


def _extends(name: str, texts: Mapping[str, str]) -> str | None:
    return read(f"{name}.toml", texts[name]).extends


def diagram() -> str:
    """The table as a Mermaid state diagram, for the docs."""
    lines = [f"    {before or '[*]'} --> {after}: {kind}" for (before, kind), after in MOVES.items()]
    return "\n".join(["stateDiagram-v2", *lines])


def asked_roles(protocol: Protocol) -> tuple[str, ...]:
    """Whose signatures a protocol asks for."""
    return protocol.signers or DEFAULT_SIGNERS
