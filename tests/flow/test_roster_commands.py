"""`vigie organisation`, `territory` and `roster` against a real database."""

import json
from pathlib import Path

import pytest

from storage import audit
from storage.connection import connect
from tests.flow.console_world import add_user
from tests.flow.test_commands import Vigie
from tests.flow.test_oncall import GOOD


@pytest.fixture
def vigie(database_url: str, tmp_path: Path) -> Vigie:
    """Two sites, an organisation that runs the first, a nurse at both."""
    found = Vigie(database_url, tmp_path)
    for site in ("paris", "lyon"):
        found.good("site", "add", site)
    found.good("organisation", "add", "hospital", "--site", "paris")
    with connect(database_url) as conn:
        add_user(conn, "nurse1", "nurse", "paris", "lyon")
    return found


@pytest.fixture
def calendar(tmp_path: Path) -> str:
    """Nights and days of one nurse, the night of 7 January 2026 excepted."""
    path = tmp_path / "roster.ics"
    path.write_text(GOOD, newline="")
    return str(path)


def test_a_calendar_becomes_a_roster_and_comes_back(vigie: Vigie, calendar: str, tmp_path: Path) -> None:
    said = vigie.good("roster", "import", calendar, "--site", "paris", "--role", "nurse")
    assert said == "roster paris: 2 put, 0 taken out\n"
    assert vigie.good("roster", "now", "paris").startswith("nurse: nurse1 until ")
    first = vigie.good("roster", "export", "--site", "paris")
    (tmp_path / "again.ics").write_text(first, newline="")
    assert "2 put, 2 taken out" in vigie.good("roster", "import", str(tmp_path / "again.ics"), "--roster", "paris")
    again = vigie.good("roster", "export", "--roster", "paris")
    assert [line for line in again.splitlines() if "DTSTAMP" not in line] == [
        line for line in first.splitlines() if "DTSTAMP" not in line
    ]
    with connect(vigie.url) as conn:
        actions = [row.look.action for row in audit.rows(conn) if row.look.subject == "roster:paris"]
        assert actions == ["roster.import", "roster.export", "roster.import", "roster.export"]


def test_a_territory_and_a_second_organisation_share(vigie: Vigie, calendar: str) -> None:
    vigie.good("territory", "add", "north", "--site", "lyon")
    vigie.good("territory", "add", "north", "--site", "paris")
    vigie.good("organisation", "add", "network")
    nights = ("roster", "import", calendar, "--role", "nurse", "--roster", "nights")
    assert "--organisation" in vigie(*nights, "--territory", "north").stderr
    vigie.good(*nights, "--territory", "north", "--organisation", "network")
    for site in ("paris", "lyon"):
        answer = json.loads(vigie.good("roster", "now", site, "--json"))
        assert [one["organisation"] for one in answer["on_call"]["nurse"]] == ["network"]
    vigie.good("roster", "import", calendar, "--role", "nurse", "--roster", "own", "--site", "lyon",
               "--organisation", "hospital")  # fmt: skip
    assert vigie("roster", "export", "--site", "lyon").exit_code == 1
    vigie.good("roster", "import", calendar, "--role", "nurse", "--roster", "own", "--site", "paris")
    with connect(vigie.url) as conn:
        assert conn.execute("SELECT count(*) FROM roster_serves WHERE roster = 'own'").fetchone() == (2,)


def test_one_bad_event_and_nothing_is_put(vigie: Vigie, calendar: str) -> None:
    Path(calendar).write_text(GOOD.replace("SUMMARY:nurse1", "SUMMARY:nobody", 1), newline="")
    result = vigie("roster", "import", calendar, "--site", "paris", "--role", "nurse")
    assert result.exit_code == 2
    assert "FILE.ics: event night@hospital: SUMMARY: expected the user name or e-mail address" in result.stderr
    with connect(vigie.url) as conn:
        assert conn.execute("SELECT count(*) FROM roster").fetchone() == (0,)
    Path(calendar).write_text(GOOD, newline="")
    result = vigie("roster", "import", calendar, "--site", "paris", "--role", "physician")
    assert (result.exit_code, "X-VIGIE-PERSON: expected somebody who may" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "status", "named"),
    [
        (("organisation", "add", "Big"), 2, "ORGANISATION"),
        (("organisation", "add", "hospital"), 1, "ORGANISATION"),
        (("organisation", "add", "o", "--site", "nowhere"), 1, "--site"),
        (("territory", "add", "a b", "--site", "paris"), 2, "TERRITORY"),
        (("roster", "import", "{calendar}"), 2, "--site"),
        (("roster", "import", "{calendar}", "--site", "paris", "--territory", "x"), 2, "--site"),
        (("roster", "import", "{calendar}", "--territory", "x"), 1, "--territory"),
        (("roster", "import", "{calendar}", "--site", "paris", "--role", "surgeon"), 2, "--role"),
        (("roster", "import", "{calendar}", "--site", "paris", "--timezone", "Mars"), 2, "--timezone"),
        (("roster", "import", "/nowhere.ics", "--site", "paris"), 2, "FILE.ics"),
        (("roster", "export", "--roster", "nothing"), 1, "--roster"),
        (("roster", "now", "nowhere"), 1, "SITE"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    vigie: Vigie, calendar: str, words: tuple[str, ...], *, status: int, named: str
) -> None:
    result = vigie(*(word.format(calendar=calendar) for word in words))
    assert (result.exit_code, named in result.stderr) == (status, True), result.output


def test_a_site_without_a_roster_has_nobody(vigie: Vigie) -> None:
    result = vigie("roster", "now", "paris")
    assert (result.exit_code, result.stdout) == (1, "nobody: no shift of any roster serves paris\n")
