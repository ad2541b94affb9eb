"""What the feed still has in memory of its newest events: all of a stretch, or it says that it has not."""

from clinician_ui.recent import Line, Recent


def lines(*ids: int, site: str = "paris") -> list[Line]:
    return [Line(each, site, b"}") for each in ids]


def ids(found: list[Line] | None) -> list[int] | None:
    return None if found is None else [each.id for each in found]


def test_nothing_is_promised_before_the_feed_has_a_position_or_of_what_came_before_it() -> None:
    recent = Recent()
    assert recent.between({"paris"}, 0, 9) is None
    recent.begin(5)
    recent.begin(2)
    recent.add(lines(6, 8))
    assert recent.between({"paris"}, 4, 8) is None
    assert ids(recent.between({"paris"}, 5, 8)) == [6, 8]
    assert ids(recent.between({"paris"}, 6, 7)) == []


def test_only_the_sites_asked_for() -> None:
    recent = Recent()
    recent.begin(0)
    recent.add([*lines(1), *lines(2, site="lyon"), *lines(3)])
    assert ids(recent.between({"lyon"}, 0, 3)) == [2]


def test_what_was_dropped_is_known_to_be_missing() -> None:
    recent = Recent(most=3)
    recent.begin(0)
    recent.add(lines(1, 2, 4, 7, 9))
    assert recent.between({"paris"}, 1, 9) is None
    assert ids(recent.between({"paris"}, 2, 9)) == [4, 7, 9]
    assert ids(recent.between({"paris"}, 7, 9)) == [9]
