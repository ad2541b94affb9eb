"""The life of a protocol: the table, its refusals, and hundreds of histories against a small reference model."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from alerts.protocol import life
from alerts.protocol.library import library, shipped, shipped_texts
from alerts.protocol.reading import resolve
from domain.instants import DAY, HOUR, Micros
from domain.protocols import Act, Version

HEAD = """
id = "{id}"
version = "{version}"
title = {{ fr = "t", en = "t" }}
sign_off = "test"
"""
PARTS = """
[defaults]
clear_after_min = {minutes}
late_after_min = 10
late_rings_min = 240
rearm_min = 360
battery_low_percent = 10
snooze_high_min = 60
snooze_medium_min = 240
snooze_low_min = 1440
plan_limit_severity = "high"
silence_severity = "medium"
silence_severity_in_window = "high"
source = "test"
status = "D"
[escalation]
source = "test"
status = "D"
"""
T0 = 1_800_000_000_000_000


def base_text(version: str, minutes: int = 15) -> str:
    """A protocol that extends nothing."""
    return HEAD.format(id="base", version=version) + PARTS.format(minutes=minutes)


def top_text(version: str) -> str:
    """A protocol that extends `base`."""
    return HEAD.format(id="top", version=version) + 'extends = "base"\n'


SHIPPED = {"base": base_text("0"), "top": top_text("0")}


def a_draft(text: str, texts: dict[str, str], name: str, at: Micros = T0) -> Version:
    """A version that is not drafted yet."""
    protocol, bases = life.chain_of(name, {**texts, name: text})
    asked = life.asked_roles(protocol)
    return Version(
        name, protocol.version, "site", text, protocol.digest, asked, "draft", Act("x", "operator", at), bases
    )


def drafted(books: dict[str, Version], version: Version) -> dict[str, Version]:
    """The books with a new draft."""
    after, _ = life.drafted(version, books, Act("x", "operator", T0))
    return {**books, after.ref: after}


def all_signed(version: Version, at: Micros = T0) -> Version:
    """Signed by every role it asks for."""
    for role in version.asked:
        version, _ = life.signed(version, Act(f"{role}1", role, at), version.digest)
    return version


def put(books: dict[str, Version], changes: list[life.Changed]) -> dict[str, Version]:
    """The books after some changes."""
    return {**books, **{version.ref: version for version, _ in changes}}


def with_base(version: str = "1", minutes: int = 20) -> dict[str, Version]:
    """Books with one signed version of `base`."""
    books = drafted({}, a_draft(base_text(version, minutes), SHIPPED, "base"))
    return {ref: all_signed(found) for ref, found in books.items()}


def act(at: Micros = T0, role: str = "physician") -> Act:
    """Somebody."""
    return Act("doc1", role, at, "why")


def activate(
    books: dict[str, Version], *refs: str, at: Micros = T0, from_at: Micros | None = None
) -> dict[str, Version]:
    """The books after an activation."""
    when = at if from_at is None else from_at
    return put(books, life.activated(books, refs, act(at), from_at=when, shipped=SHIPPED))


def test_a_move_that_is_not_in_the_table_raises() -> None:
    [version] = drafted({}, a_draft(base_text("1"), SHIPPED, "base")).values()
    for state in life.STATES:
        for kind in {kind for _, kind in life.MOVES}:
            now = msgspec.structs.replace(version, state=state)
            if (state, kind) in life.MOVES:
                assert life.move(now, kind, act()).after == life.MOVES[state, kind]
            else:
                with pytest.raises(life.IllegalMove):
                    life.move(now, kind, act())


def test_the_diagram_of_the_operators_guide_is_drawn_from_the_table() -> None:
    guide = Path(__file__).parents[2] / "docs/operators.md"
    assert f"```mermaid\n{life.diagram()}\n```" in guide.read_text("utf-8")


def test_the_default_roles_sign_in_any_order_and_the_last_one_makes_it_signed() -> None:
    [version] = drafted({}, a_draft(base_text("1"), SHIPPED, "base")).values()
    assert set(version.asked) == {"prescriber", "physician", "pharmacist"}
    for number, role in enumerate(reversed(version.asked), start=1):
        version, moved = life.signed(version, act(role=role), version.digest)
        assert (moved.kind, version.state) == (("signed", "signed") if number == 3 else ("signed-in-part", "draft"))
    assert life.missing(version) == ()


@pytest.mark.parametrize(("role", "digest", "field"), [
    ("physician", "0" * 64, "digest"),
    ("physician", "", "digest"),
    ("nurse", None, "role"),
    ("pharmacist", None, "role"),
])  # fmt: skip
def test_a_signature_on_another_digest_or_of_another_role_is_refused(role: str, digest: str | None, field: str) -> None:
    [version] = drafted({}, a_draft(base_text("1"), SHIPPED, "base")).values()
    version, _ = life.signed(version, act(role="pharmacist"), version.digest)
    with pytest.raises(life.Refused) as refused:
        life.signed(version, act(role=role), version.digest if digest is None else digest)
    assert refused.value.field == field


def test_only_what_is_signed_can_be_active() -> None:
    books = drafted({}, a_draft(base_text("1"), SHIPPED, "base"))
    with pytest.raises(life.IllegalMove):
        activate(books, "base@1")
    with pytest.raises(life.Refused, match="expected one that exists"):
        activate(books, "base@9")
    with pytest.raises(life.Refused, match="or later"):
        activate(with_base(), "base@1", from_at=T0 - 1)


def test_the_former_version_is_retired_at_the_moment_the_next_is_active() -> None:
    books = activate({**with_base("1"), **with_base("2", 30)}, "base@1")
    books = activate(books, "base@2", at=T0 + HOUR, from_at=T0 + DAY)
    assert life.active_at(books.values(), T0 + DAY - 1)["base"].ref == "base@1"
    assert life.active_at(books.values(), T0 + DAY)["base"].ref == "base@2"
    assert life.state_at(books["base@1"], T0 + DAY) == "retired"
    assert life.state_at(books["base@2"], T0 + DAY - 1) == "signed"


def test_a_second_one_to_come_is_refused_and_withdrawing_the_first_lets_the_former_go_on() -> None:
    books = activate({**with_base("1"), **with_base("2", 30), **with_base("3", 31)}, "base@1")
    books = activate(books, "base@2", from_at=T0 + DAY)
    with pytest.raises(life.Refused, match="base@2 is to be active from"):
        activate(books, "base@3", from_at=T0 + HOUR)
    books = put(books, life.retired(books, ["base@2"], act(T0 + HOUR), shipped=SHIPPED))
    assert life.active_at(books.values(), T0 + 2 * DAY)["base"].ref == "base@1"
    assert activate(books, "base@3", from_at=T0 + HOUR)["base@3"].state == "active"


def test_a_signature_covers_the_text_of_what_is_extended() -> None:
    """Another base under a signed protocol is refused until that one is signed over it too, and both move together."""
    books = drafted(with_base("1"), a_draft(top_text("1"), SHIPPED, "top"))
    books["top@1"] = all_signed(books["top@1"])
    books = activate(books, "top@1")
    with pytest.raises(life.Refused, match="top@1 was signed over another text of base"):
        activate(books, "base@1")
    over = {**SHIPPED, "base": books["base@1"].text}
    books = drafted(books, a_draft(top_text("2"), over, "top"))
    assert books["top@2"].digest != books["top@1"].digest
    books["top@2"] = all_signed(books["top@2"])
    with pytest.raises(life.Refused, match="move both together"):
        activate(books, "top@2", at=T0 + HOUR)
    books = activate(books, "base@1", "top@2", from_at=T0 + DAY)
    assert resolve("top", {**SHIPPED, **life.texts_at(books.values(), T0 + DAY)}).digest == books["top@2"].digest
    with pytest.raises(life.Refused, match="move both together"):
        life.retired(books, ["base@1"], act(T0 + 2 * DAY), shipped=SHIPPED)
    after = put(books, life.retired(books, ["top@2", "base@1"], act(T0 + 2 * DAY), shipped=SHIPPED))
    assert life.active_at(after.values(), T0 + 2 * DAY) == {}


def test_what_was_signed_over_an_older_shipped_text_keeps_it() -> None:
    books = drafted({}, a_draft(top_text("1"), SHIPPED, "top"))
    books = activate({"top@1": all_signed(books["top@1"])}, "top@1")
    newer = {**SHIPPED, "base": base_text("0.1", 44)}
    assert life.faults(books.values(), newer, T0) == []
    assert life.texts_at(books.values(), T0)["base"] == SHIPPED["base"]


@pytest.mark.parametrize(("change", "field"), [
    ({"version": "one two"}, "version"),
    ({"id": "Upper"}, "id"),
    ({"asked": ()}, "signers"),
    ({"asked": ("nurse",)}, "signers"),
])  # fmt: skip
def test_a_draft_that_cannot_be_kept_is_refused_by_field(change: dict[str, Any], field: str) -> None:
    version = msgspec.structs.replace(a_draft(base_text("1"), SHIPPED, "base"), **change)
    with pytest.raises(life.Refused) as refused:
        life.drafted(version, {}, act())
    assert refused.value.field == field


def test_a_version_is_drafted_once() -> None:
    books = drafted({}, a_draft(base_text("1"), SHIPPED, "base"))
    with pytest.raises(life.Refused, match="with this very text"):
        drafted(books, a_draft(base_text("1"), SHIPPED, "base"))
    with pytest.raises(life.Refused, match="with another text"):
        drafted(books, a_draft(base_text("1", 99), SHIPPED, "base"))


def test_an_escalation_to_a_role_nobody_holds_is_named() -> None:
    protocol = shipped().protocols["vital-signs"]
    roles = life.escalation_roles(protocol)
    assert life.unheld(protocol, lambda _: []) == []
    named = life.unheld(protocol, lambda role: ["lyon"] if role in roles else [])
    assert len(named) == len(roles)
    assert all("nobody is" in fault and "lyon" in fault for fault in named)


def test_an_active_text_takes_the_place_of_the_shipped_one() -> None:
    texts = {"vital-signs": shipped_texts()["vital-signs"] + "\n# one more line\n"}
    found = library(texts)
    assert found.protocols["vital-signs"].digest != shipped().protocols["vital-signs"].digest
    assert found.protocols["chemo-aplasia"].digest != shipped().protocols["chemo-aplasia"].digest
    assert found.regimens == shipped().regimens
    assert library({}) is shipped()


class Reference:
    """What should happen, told by brute force: who signed what, and a list of stretches of time a protocol."""

    def __init__(self) -> None:
        self.text: dict[str, tuple[str, str | None]] = {}  # ref -> (own text, text of its base)
        self.signed: dict[str, set[str]] = {}
        self.spans: dict[str, tuple[Micros, Micros | None]] = {}
        self.gone: set[str] = set()

    def holder(self, name: str, at: Micros, spans: dict[str, tuple[Micros, Micros | None]]) -> str | None:
        """Who is active."""
        found = [
            ref for ref, (begins, ends) in spans.items()
            if ref.startswith(f"{name}@") and begins <= at and (ends is None or at < ends)
        ]  # fmt: skip
        assert len(found) <= 1
        return found[0] if found else None

    def sound(self, spans: dict[str, tuple[Micros, Micros | None]], at: Micros) -> bool:
        """At each moment from then on, every active `top` stands on the very base it was signed over."""
        edges = {edge for span in spans.values() for edge in span if edge is not None and edge > at}
        for moment in (at, *edges):
            top, base = self.holder("top", moment, spans), self.holder("base", moment, spans)
            if top is not None:
                under = SHIPPED["base"] if base is None else self.text[base][0]
                if self.text[top][1] != under:
                    return False
        return True

    def activation(self, refs: list[str], from_at: Micros) -> dict[str, tuple[Micros, Micros | None]] | None:
        """The spans after it, None when it must be refused."""
        spans = dict(self.spans)
        for ref in refs:
            if ref in spans or ref in self.gone or len(self.signed[ref]) < 3:
                return None
            for other, (begins, ends) in list(spans.items()):
                if other.split("@")[0] == ref.split("@")[0] and (ends is None or ends > max(from_at, begins)):
                    if begins >= from_at:
                        return None
                    spans[other] = (begins, from_at)
            spans[ref] = (from_at, None)
        return spans if self.sound(spans, from_at) and len({ref.split("@")[0] for ref in refs}) == len(refs) else None

    def retirement(self, ref: str, now: Micros) -> dict[str, tuple[Micros, Micros | None]] | None:
        """The spans after it, None when it must be refused."""
        spans = dict(self.spans)
        if ref in self.gone or (ref in spans and spans[ref][1] is not None):
            return None
        if ref in spans:
            begins = spans[ref][0]
            if begins > now:
                for other, (start, ends) in list(spans.items()):
                    if other.split("@")[0] == ref.split("@")[0] and other != ref and ends == begins and start < begins:
                        spans[other] = (start, None)
            spans[ref] = (begins, max(begins, now))
        return spans if self.sound(spans, now) else None


class Life(RuleBasedStateMachine):
    """The same steps on both; they must agree on what is refused and on who is active at every moment."""

    @initialize()
    def begin(self) -> None:
        self.now, self.count = T0, 0
        self.books: dict[str, Version] = {}
        self.model = Reference()

    @rule(hours=st.integers(1, 30))
    def time_passes(self, hours: int) -> None:
        self.now += hours * HOUR

    @rule(
        over_newest=st.booleans(),
        name=st.sampled_from(["base", "top"]),
        sign=st.sampled_from([True, True, True, False]),
    )
    def draft(self, over_newest: bool, name: str, sign: bool) -> None:
        self.count += 1
        texts = {**SHIPPED, **life.texts_at(self.books.values(), self.now)}
        newest = [version for version in self.books.values() if version.id == "base"]
        if over_newest and newest:
            texts["base"] = newest[-1].text
        text = base_text(str(self.count), self.count) if name == "base" else top_text(str(self.count))
        version = a_draft(text, texts, name)
        self.books = drafted(self.books, version)
        self.model.text[version.ref] = (text, texts["base"] if name == "top" else None)
        self.model.signed[version.ref] = set()
        if sign:
            for role in version.asked:
                self._sign(version.ref, role)

    @rule(
        place=st.integers(0, 50),
        role=st.sampled_from(["prescriber", "physician", "pharmacist", "nurse"]),
        wrong=st.booleans(),
    )
    def sign(self, place: int, role: str, wrong: bool) -> None:
        if self.books:
            self._sign(self._pick(place), role, wrong=wrong)

    def _sign(self, ref: str, role: str, *, wrong: bool = False) -> None:
        version, held = self.books[ref], self.model.signed[ref]
        possible = not wrong and role != "nurse" and role not in held and ref not in self.model.gone
        try:
            after, _ = life.signed(version, act(self.now, role), "0" * 64 if wrong else version.digest)
        except life.Refused:
            assert not possible
            return
        assert possible
        self.books[ref] = after
        held.add(role)

    @rule(places=st.lists(st.integers(0, 50), min_size=1, max_size=2), later=st.sampled_from([0, 0, 5, 24, 48]))
    def activate(self, places: list[int], later: int) -> None:
        if not self.books:
            return
        able = [ref for ref, version in self.books.items() if version.state == "signed"] or list(self.books)
        refs = list(dict.fromkeys(able[place % len(able)] if place % 5 else self._pick(place) for place in places))
        from_at = self.now + later * HOUR
        expected = self.model.activation(refs, from_at)
        try:
            changes = life.activated(self.books, refs, act(self.now), from_at=from_at, shipped=SHIPPED)
        except life.Refused:
            assert expected is None
            return
        assert expected is not None
        self.books, self.model.spans = put(self.books, changes), expected

    @rule(place=st.integers(-3, 50))
    def retire(self, place: int) -> None:
        if not self.books:
            return
        ref = self._pick(place)
        expected = self.model.retirement(ref, self.now)
        try:
            changes = life.retired(self.books, [ref], act(self.now), shipped=SHIPPED)
        except life.Refused:
            assert expected is None
            return
        assert expected is not None
        self.books, self.model.spans = put(self.books, changes), expected
        self.model.gone.add(ref)

    def _pick(self, place: int) -> str:
        return list(self.books)[place % len(self.books)]

    @invariant()
    def they_agree_at_every_moment(self) -> None:
        edges = {edge for span in self.model.spans.values() for edge in span if edge is not None}
        for at in {self.now, *edges, *(edge - 1 for edge in edges)}:
            active = life.active_at(self.books.values(), at)
            for name in ("base", "top"):
                found = active.get(name)
                assert (None if found is None else found.ref) == self.model.holder(name, at, self.model.spans)

    @invariant()
    def what_runs_is_what_was_signed_by_all(self) -> None:
        for version in life.active_at(self.books.values(), self.now).values():
            assert life.missing(version) == ()
            assert {signature.digest for signature in version.signatures} == {version.digest}
            texts = {**SHIPPED, **life.texts_at(self.books.values(), self.now)}
            assert resolve(version.id, texts).digest == version.digest


Life.TestCase.settings = settings(
    max_examples=200, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
test_many_histories = Life.TestCase
