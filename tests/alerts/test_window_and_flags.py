"""The aplasia window, and alerts that are no levels: unusable readings, clocks, batteries, an overdue count."""

from collections.abc import Iterator

import pytest
from msgspec import Struct

from alerts.core.ticking import next_due
from alerts.protocol.compiled import compile_plan
from alerts.protocol.library import shipped, shipped_texts
from alerts.protocol.plan import check_plan, nadir_last_day
from alerts.protocol.reading import ProtocolError, read, resolve
from domain.alerts import ClockFault, DeviceNote, Tick
from domain.instants import iso
from domain.values import Reason, Rejected, Report
from domain.vocabulary import NEUTROPHILS
from tests.alerts.play import OPEN, Play, at, reading

DAY = 24 * 60


def anc(minute: float, value: float, received: float | None = None) -> object:
    return reading(minute, value, code=NEUTROPHILS, device="lab", received=received)


def window(play: Play, minute: float) -> bool:
    return play.state.window.is_open(at(minute))


def plan(**fields: object) -> dict[str, object]:
    return {"protocol": "chemo-aplasia", "fever_profile": "ESMO_2016", **fields}


def refused(minute: float, reason: Reason = Reason.IMPLAUSIBLE) -> Rejected:
    return Rejected(reason, "obs[0].v", "50 to 280 mm[Hg]", b"{}", at(minute), "t", "s", "cuff-1", "P1", "b", 1)


def test_closes_on_one_count_of_one_or_two_of_a_half_a_day_apart() -> None:
    assert not window(Play().feed(anc(0, 1.0)), 1)
    play = Play().feed(anc(0, 0.3), anc(10, 0.5), anc(10 + DAY - 1, 0.6))
    assert window(play, 2 * DAY)
    play.feed(anc(10 + DAY, 0.6))
    assert not window(play, 2 * DAY)
    assert window(play, 10 + DAY - 1)  # as it was then


def test_a_low_count_between_breaks_the_pair() -> None:
    assert window(Play().feed(anc(0, 0.5), anc(60, 0.4), anc(DAY, 0.5)), 2 * DAY)


def test_a_count_before_the_nadir_is_not_a_recovered_one() -> None:
    early = plan(regimen="docetaxel", cycle_start=iso(at(-4 * DAY))[:10])
    assert window(Play(early).feed(anc(0, 3.2)), DAY)
    assert not window(
        Play(early).feed(anc(0, 3.2), anc(2 * DAY, 0.4), anc(3 * DAY, 1.1)), 4 * DAY
    )  # it fell, then rose
    assert not window(Play(early).feed(anc(5 * DAY, 1.1)), 6 * DAY)  # past the expected nadir


def test_a_count_below_a_half_opens_it_again() -> None:
    play = Play().feed(anc(0, 2.0), anc(DAY, 0.4))
    assert window(play, DAY)
    play.feed(reading(DAY + 5, 38.5))
    assert play.state.alerts["fever"].severity == "high"


def test_never_closes_on_the_calendar_and_says_that_the_count_is_overdue() -> None:
    play = Play(plan(aplasia={"from": iso(at(0)), "until": iso(at(DAY))}))
    assert next_due(play.state) == at(16 * 60)  # silence comes first
    play.feed(Tick(at(DAY)))
    assert play.state.alerts["count-overdue"].severity == "medium"
    assert window(play, 2 * DAY)
    play.feed(reading(DAY + 1, 38.5))
    assert "fever" in play.state.alerts
    play.feed(anc(DAY + 2, 1.5))
    assert play.kinds("count-overdue") == ["opened", "cleared"]


def test_fever_outside_the_window_is_medium_under_its_own_rule() -> None:
    play = Play(plan(aplasia=None)).feed(reading(0, 38.5))
    assert play.kinds("fever") == []
    assert play.state.alerts["fever-outside-window"].severity == "medium"


def test_a_late_low_count_makes_a_past_fever_one_in_aplasia() -> None:
    play = Play(plan(aplasia=None)).feed(reading(60, 38.5), anc(0, 0.2, received=90))
    assert play.state.alerts["fever"].condition_at == at(60)


def test_a_plan_that_names_no_window_is_open() -> None:
    assert window(Play(plan()), 0)


def test_hypothermia_is_a_rule_where_the_profile_has_none() -> None:
    assert Play().feed(reading(0, 35.9)).kinds("hypothermia") == ["opened"]
    french = Play(plan(fever_profile="FR_38_5")).feed(reading(0, 35.9))
    assert (french.kinds("hypothermia"), french.state.alerts["fever"].criterion) == ([], "hypothermia")


def test_the_offset_of_the_site_of_measurement_counts_and_is_shown() -> None:
    play = Play(plan(site_offsets={"axilla": 0.5})).feed(reading(0, 37.9, body_site="axilla"))
    evidence = play.state.alerts["fever"].evidence[0]
    assert (evidence.value, evidence.corrected, evidence.body_site) == (37.9, 38.4, "axilla")


def test_a_refused_value_inside_the_window_asks_for_a_call() -> None:
    play = Play().feed(refused(0))
    assert (play.state.alerts["unusable-reading"].severity, play.state.alerts["unusable-reading"].category) == (
        "high", "technical",
    )  # fmt: skip
    assert "appeler le patient" in play.state.alerts["unusable-reading"].reason.fr
    play.feed(refused(1), refused(2, Reason.CONFLICT))
    assert play.kinds("unusable-reading") == ["opened"]
    assert Play(plan(aplasia=None)).feed(refused(0)).state.alerts["unusable-reading"].severity == "low"


def test_a_wrong_clock_is_told_until_it_is_right() -> None:
    play = Play().feed(ClockFault("P1", "therm-1", at(90), at(0)), reading(0, 37.0, quality="clock"))
    assert play.state.alerts["clock"].condition_to is None
    play.feed(reading(5, 37.0))
    assert play.kinds("clock") == ["opened", "cleared"]


def test_a_battery_is_told_before_it_is_empty() -> None:
    play = Play().feed(DeviceNote("P1", "therm-1", "battery", 11, at(0)))
    assert play.events == []
    play.feed(DeviceNote("P1", "therm-1", "battery", 10, at(1)), DeviceNote("P1", "therm-1", "battery", 90, at(2)))
    assert play.kinds("battery") == ["opened", "cleared"]


@pytest.mark.parametrize(
    ("text", "last"),
    [("8", 8), ("10-14", 14), ("+5 to +10", 10), ("10-14 (carboplatin alone about 21)", 14), ("", None)],
)
def test_the_last_day_of_a_nadir(text: str, last: int | None) -> None:
    assert nadir_last_day(text) == last


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"protocol": "nope"}, "protocol: expected one of bispecific-crs, chemo-aplasia"),
        ({"feever": 1}, "feever: expected one of"),
        ({"fever_profile": "IDSA"}, "fever_profile: expected one of CAUTIOUS_HOME"),
        ({"regimen": "docetaxel"}, "cycle_start: expected a date"),
        ({"regimen": "x", "cycle_start": "2026-11-15"}, "regimen: expected one of 7-3"),
        ({"cycle_start": "15/11/2026"}, "cycle_start: expected a date YYYY-MM-DD"),
        ({"aplasia": {"from": "2026-11-20"}}, "aplasia.from: expected an offset"),
        ({"limits": {"8867-4": {"high": float("nan")}}}, "limits.8867-4.high: expected a finite number"),
        ({"limits": {"1-1": {"high": 1}}}, "limits.1-1: expected a canonical code"),
        ({"site_offsets": {"axilla": 5}}, "site_offsets.axilla: expected a body site"),
        ({"cadence": {"8310-5": 0}}, "cadence.8310-5: expected a code"),
        ({"cadence": {"8310-5": 2_600_000}}, "cadence.8310-5: expected a code"),
        ({"limits": {"8867-4": {"high": 300}}}, "limits.8867-4.high: expected 40 to 131 /min (NEWS2 edges"),
        ({"limits": {"8462-4": {"high": 300}}}, "limits.8462-4.high: expected 20 to 180 mm[Hg], got 300"),
        ({"limits": {"8867-4": {"high": 60, "low": 90}}}, "limits.8867-4: expected low below high"),
        ({"timezone": "Mars"}, "timezone: expected a name"),
    ],
)
def test_a_plan_is_refused_by_field(broken: dict[str, object], said: str) -> None:
    assert any(fault.startswith(said) for fault in check_plan(broken, shipped())), check_plan(broken, shipped())
    with pytest.raises(ValueError, match="expected"):
        compile_plan(broken, shipped())


def test_a_good_plan_has_no_fault() -> None:
    assert check_plan(OPEN | {"limits": {"8867-4": {"high": 130}}, "site_offsets": {"axillary": 0.5}}, shipped()) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('kind = "level"', 'kind = "leevel"'), "kind"),
        (('kind = "level"\ncode = "8867-4"', 'kind = "level"\ncode = "0-0"'), "rule heart-rate: code: expected a code"),
        (("up_to = 40, ", "up_to = 40, from = 3, "), "rule heart-rate: criterion low: expected exactly one of"),
        (("cadence_min = 480", "cadence_min = 0"), "stream 8310-5: expected"),
        (("clear_after_min = 15 ", "clear_after = 15 "), "clear_after"),
    ],
)
def test_a_protocol_is_refused_by_file_rule_and_field(change: tuple[str, str], said: str) -> None:
    from importlib.resources import files

    text = (files("alerts") / "protocols" / "vital-signs.toml").read_text("utf-8")
    assert change[0] in text
    with pytest.raises(ProtocolError, match=r"vital-signs\.toml:\d+: ") as refusal:
        read("vital-signs.toml", text.replace(change[0], change[1], 1))
    assert said in str(refusal.value)


def numbered(value: object, path: str = "") -> Iterator[tuple[str, bool]]:
    """Every part of a protocol that holds numbers, and whether it says where they come from."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from numbered(part, f"{path}.{key}")
    elif isinstance(value, tuple):
        for index, part in enumerate(value):
            yield from numbered(part, f"{path}[{index}]")
    elif isinstance(value, Struct):
        fields = {name: getattr(value, name) for name in value.__struct_fields__}
        if "source" in fields:
            yield path, bool(fields["source"]) and fields["status"] in ("V", "V2", "M", "D")
        elif fields.get("hysteresis") or fields.get("within_min"):
            yield path, bool(fields["criterion"])
        for name, part in fields.items():
            yield from numbered(part, f"{path}.{name}")


def test_every_number_of_every_protocol_has_a_source() -> None:
    for protocol in shipped().protocols.values():
        parts = (protocol.defaults, protocol.escalation, protocol.rules, protocol.answers, protocol.streams,
                 protocol.fever_profiles, protocol.recovery, protocol.phases, protocol.bounds)  # fmt: skip
        for part in parts:
            for path, sourced in numbered(part, protocol.id):
                assert sourced, path
        assert len(protocol.digest) == 64


def test_an_extension_that_drops_nothing_known_is_refused() -> None:
    with pytest.raises(ProtocolError, match="extends"):
        resolve("a", {"a": 'id="a"\nversion="1"\ntitle={fr="",en=""}\nsign_off=""\nextends="b"'})


def answer(minute: float, item: str, grade: int) -> Report:
    return Report("P1", "daily", item, "severity", grade, None, None, at(minute), at(minute), "patient")


def test_rigors_and_feeling_seriously_unwell_alert_without_any_fever() -> None:
    play = Play().feed(answer(0, "chills", 1), answer(1, "unwell", 3))
    assert play.state.alerts["rigors"].severity == play.state.alerts["unwell"].severity == "high"
    assert "dit par le patient" in play.state.alerts["rigors"].reason.fr
    assert play.state.alerts["rigors"].escalation.next_at == at(5)
    assert Play().feed(answer(0, "rigors", 0), answer(1, "unwell", 2), answer(2, "cough", 4)).events == []


def test_a_limit_on_any_measure_is_a_rule() -> None:
    glucose = {"14743-9": {"high": 10, "low": 4}}
    play = Play(plan(limits=glucose)).feed(reading(0, 10.0, code="14743-9"), reading(1, 10.1, code="14743-9"))
    assert play.kinds("limit.14743-9") == ["opened"]
    assert Play(plan(limits={"8310-5": {"high": 37.5}})).feed(reading(0, 37.6)).kinds("limit.8310-5") == ["opened"]


def test_missing_numbers_are_a_low_alert_that_goes_when_they_come() -> None:
    gone = DeviceNote("P1", "therm-1", "gap", 3, at(0))
    play = Play(OPEN).feed(gone, DeviceNote("P1", "cuff-1", "gap", 1, at(1)))
    alert = play.state.alerts["sequence-gap"]
    assert (alert.severity, alert.criterion) == ("low", "cuff-1 therm-1")
    play.feed(DeviceNote("P1", "therm-1", "gap", 0, at(2)), DeviceNote("P1", "cuff-1", "gap", 0, at(3)))
    assert play.kinds("sequence-gap") == ["opened", "recurred", "revised", "cleared"]


def test_a_device_that_floods_is_a_low_technical_alert_until_it_is_calm() -> None:
    play = Play(OPEN).feed(DeviceNote("P1", "therm-1", "flood", 600, at(0)))
    alert = play.state.alerts["device-flood"]
    assert (alert.severity, alert.category, alert.criterion) == ("low", "technical", "therm-1")
    play.feed(DeviceNote("P1", "therm-1", "flood", 0, at(2)))
    assert play.kinds("device-flood") == ["opened", "cleared"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('code = "8867-4"\n', 'code = "8867-4"\nunit = "Cel"\n'), r"8867-4.*got 'Cel'|unit: expected /min"),
        (("from = 131", "from = 931"), r"rule heart-rate: criterion very-high: expected a threshold .* 20 to 250 /min"),
        (('who = ["nurse"]', 'who = ["surgeon"]'), r"escalation.*'surgeon'"),
        (('gate = "inside-window"', 'gate = "inside-wndow"'), r"gate: expected one of"),
    ],
)
def test_a_number_a_unit_a_role_or_a_phase_that_does_not_fit_is_refused(change: tuple[str, str], said: str) -> None:
    texts = shipped_texts()
    name = "chemo-aplasia" if "gate" in change[0] else "vital-signs"
    assert change[0] in texts[name]
    with pytest.raises(ProtocolError, match=rf"{name}\.toml:\d+: .*{said}"):
        resolve(name, {**texts, name: texts[name].replace(*change)})


def test_a_window_needs_the_count_that_closes_it() -> None:
    texts = shipped_texts()
    start = texts["chemo-aplasia"].index("[recovery]")
    end = texts["chemo-aplasia"].index("[fever_profile.IDSA_NCCN]")
    without = texts["chemo-aplasia"][:start] + texts["chemo-aplasia"][end:]
    with pytest.raises(
        ProtocolError, match=r"chemo-aplasia\.toml:\d+: .*expected \[recovery\]: a window needs the count"
    ):
        resolve("chemo-aplasia", {**texts, "chemo-aplasia": without})
