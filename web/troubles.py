"""What is wrong with the hub, in sentences for the operator: what, what the hub does about it, what a person should do.

Pure. `/readyz`, the log and `vigie doctor` say the same. `docs/runbook.md` has a section for each.
"""

from collections.abc import Iterable

from msgspec import Struct

from domain.instants import Micros, iso

RUNBOOK = "docs/runbook.md"


class Trouble(Struct, frozen=True):
    """One thing that is wrong. `section`: of the runbook. `since`: None when nobody knows."""

    section: str
    since: Micros | None
    what: str
    hub: str
    person: str


class _Said(Struct, frozen=True):
    what: str
    hub: str
    person: str


_SAID = {
    "database-away": _Said(
        "the database does not answer",
        "readings stay with the broker and on the devices, nothing is acknowledged, and the hub tries again every 2 s",
        "see that PostgreSQL runs, has disk space and takes connections (`vigie db doctor`)",
    ),
    "database-former": _Said(
        "{detail}",
        "nothing is written there and nothing acknowledged; the hub asks every server again every 2 s",
        "bring the promoted server back; end the former primary and make it a standby of the promoted one",
    ),
    "database-split": _Said(
        "a former primary of the database runs and takes writes: {detail}",
        "it writes to the promoted server only",
        "end that server now and make it a standby of the promoted one, before another program writes to it",
    ),
    "database-node-away": _Said(
        "not every server of the database answers: {detail}",
        "it goes on by the one that takes writes",
        "start that server again as a standby: one more lost and there is no database",
    ),
    "broker-away": _Said(
        "the broker does not answer",
        "devices keep their readings and send them when it is back; the hub connects again by itself",
        "see that the broker runs, that its certificate is valid and its disk is not full",
    ),
    "broker-node-away": _Said(
        "not every node of the broker answers: {detail}",
        "it goes on by the nodes that do, as devices do that know more than one",
        "start that node again: one more lost and a cluster of three takes no messages",
    ),
    "not-storing": _Said(
        "messages arrive and are not stored",
        "nothing is acknowledged to the devices, and the batch in hand is tried again every second",
        "read the hub's log: its last error says why; when it says nothing, start the hub again, nothing is lost",
    ),
    "refused": _Said(
        "the hub refuses to work on this database: {detail}",
        "nothing is stored until that is mended",
        "mend what is named (`vigie db doctor`, `vigie db migrate`) and start the hub again",
    ),
    "standby": _Said(
        "another hub owns the ingest of these sites: {detail}",
        "this one waits and takes over within 35 s of the other's end",
        "nothing when this is the standby; otherwise stop the other one",
    ),
    "given-up": _Said(
        "ingest has ended: {detail}",
        "the process ends, so that its supervisor starts another; nothing is acknowledged meanwhile",
        "see that the supervisor has started it again, and read the log before it",
    ),
    "hub-away": _Said(
        "the hub does not answer at {detail}",
        "devices keep their readings until it is back",
        "start `vigie serve`, or read why its supervisor does not",
    ),
    "silent": _Said(
        "nothing came from any device: {detail}",
        "each patient's silence rules raise alerts of their own",
        "see that devices reach the broker: name, port, certificate, network",
    ),
    "entries-waiting": _Said(
        "{detail} of clinicians wait to be applied",
        "the hub that owns the site applies them when it runs",
        "see that a hub with the ingest role runs for every site",
    ),
    "notifications-waiting": _Said(
        "{detail} of the escalation wait",
        "each moves to the next channel at its deadline",
        "see the gateways and the mail server: `vigie notify lateness`, and the log for refusals",
    ),
    "quarantine-waiting": _Said(
        "{detail} were refused and nobody has looked at them",
        "they are kept whole, and the patients they may concern have an alert",
        "look at them in the console (quarantine): a reason that repeats is a device or a firmware to mend",
    ),
    "disk-low": _Said(
        "{detail}",
        "the hub stores until the disk is full, then readings stay with the broker and on the devices",
        "make room, or enlarge the disk, before it is full",
    ),
    "database-check": _Said(
        "the database is not as it must be: {detail}",
        "the hub works on, without what the check protects",
        "mend what is named, then `vigie db doctor` again",
    ),
    "unattended": _Said(
        "no console is attended at {detail}",
        "the site has an alert of its own, and escalation goes on to telephones",
        "open a console there and begin the shift",
    ),
}
SECTIONS = frozenset(_SAID)


def trouble(section: str, since: Micros | None = None, detail: str = "") -> Trouble:
    """One of the known troubles, said."""
    said = _SAID[section]
    return Trouble(section, since, said.what.format(detail=detail), said.hub, said.person)


def of_part(part: str, since: Micros | None = None) -> Trouble:
    """What a part named by the hub means: `database`, `former`, `broker`, `ingest`, perhaps with a reason."""
    name, _, detail = part.partition(": ")
    if name == "database":
        return trouble("refused", since, detail) if detail else trouble("database-away", since)
    if name == "former":
        return trouble("database-former", since, detail)
    if name == "broker":
        return trouble("broker-away", since)
    if name == "ingest" and not detail:
        return trouble("not-storing", since)
    return trouble("standby", since, detail) if name == "ingest" else trouble("given-up", since, part)


def sentence(found: Trouble) -> str:
    """All of it in one sentence."""
    since = "" if found.since is None else f" since {iso(found.since)}"
    where = f"{RUNBOOK}#{found.section}"
    return f"{_capital(found.what)}{since}; {found.hub}. To do: {found.person} ({where})."


Row = dict[str, str | None]


def rows(found: Iterable[Trouble]) -> list[Row]:
    """As `/readyz` and `vigie doctor --json` give them: section of the runbook, since when, the sentence."""
    return [
        {"section": each.section, "since": None if each.since is None else iso(each.since), "said": sentence(each)}
        for each in found
    ]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
