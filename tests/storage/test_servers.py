"""Which of several servers is written to, decided from what each answered."""

from pathlib import Path

import psycopg
import pytest

from storage import servers
from storage.servers import FILE, Memory, Replaced, Server, apart, choose, former

ONE, TWO = Server("one", "7", 1), Server("two", "7", 2)
STANDBY, SILENT = Server("one", "7", 0), Server("one", fault="connection refused")


@pytest.mark.parametrize("told", [[ONE, TWO], [TWO, ONE], [STANDBY, TWO], [SILENT, TWO], [TWO, SILENT]])
def test_the_highest_timeline_that_takes_writes_is_chosen_wherever_it_stands(told: list[Server]) -> None:
    assert choose(told, {}) == TWO


def test_a_former_primary_is_refused_also_when_it_is_the_only_one_that_answers() -> None:
    with pytest.raises(Replaced, match=r"\(one is on timeline 1, 2 was seen\); two: no route$"):
        choose([ONE, Server("two", fault="no route")], {"7": 2})


def test_a_standby_of_the_promoted_server_does_not_make_a_former_primary_the_best() -> None:
    with pytest.raises(Replaced):
        choose([ONE, Server("two", "7", 0)], {"7": 2})


@pytest.mark.parametrize("told", [[STANDBY], [SILENT], [STANDBY, SILENT], []])
def test_without_a_server_that_takes_writes_there_is_none(told: list[Server]) -> None:
    with pytest.raises(psycopg.OperationalError, match="no server takes writes"):
        choose(told, {})


def test_servers_that_are_no_copies_of_one_another_are_refused() -> None:
    with pytest.raises(psycopg.OperationalError, match=r"not copies of one another, .*: one, other"):
        choose([ONE, Server("other", "8", 5)], {})


def test_another_cluster_begins_at_its_own_first_timeline() -> None:
    """A restored backup is a cluster of its own."""
    restored = Server("one", "9", 1)
    assert choose([restored], {"7": 4}) == restored


def test_those_that_take_writes_beside_the_promoted_one_are_named() -> None:
    assert former([ONE, TWO, Server("three", "7", 0), Server("four", fault="no route")]) == ["one"]
    assert former([TWO, STANDBY]) == former([ONE]) == former([]) == []


def test_what_was_seen_outlives_the_process(tmp_path: Path) -> None:
    first, second = Memory(), Memory()
    first.keep_in(tmp_path)
    first.choose("url", [ONE, TWO])
    second.keep_in(tmp_path)
    with pytest.raises(Replaced):
        second.choose("url", [ONE])
    assert "2 was seen" in second.refused["url"]
    assert second.choose("url", [ONE, TWO]) == TWO
    assert second.refused == {}


def test_a_process_that_knows_less_takes_nothing_away(tmp_path: Path) -> None:
    late, early = Memory(), Memory()
    late.keep_in(tmp_path)
    early.keep_in(tmp_path)
    early.choose("url", [TWO])
    late.choose("url", [ONE])
    third = Memory()
    third.keep_in(tmp_path)
    with pytest.raises(Replaced):
        third.choose("url", [ONE])
    with pytest.raises(Replaced):
        late.choose("url", [ONE])


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("timeline 2")
    with pytest.raises(ValueError, match="JSON"):
        Memory().keep_in(tmp_path)


def test_a_url_is_taken_apart_with_everything_else_kept() -> None:
    found = apart("postgresql://hub:pw@one:5433,two:5434/vigie?sslmode=verify-full&target_session_attrs=read-write")
    assert [name for name, _ in found] == ["one:5433", "two:5434"]
    for port, (_, place) in zip(("5433", "5434"), found, strict=True):
        assert "password=pw" in place
        assert "sslmode=verify-full" in place
        assert f"port={port}" in place
        assert "target_session_attrs" not in place
    assert [name for name, _ in apart("postgresql://hub@one,two:5434,three/vigie")] == ["one", "two:5434", "three"]
    assert servers.ports("postgresql://hub@one,two:5434/vigie") == ["5434"]
    with pytest.raises(psycopg.OperationalError, match="2 hosts"):
        apart("host=one,two port=1,2,3")
