"""`vigie intakes import` against a real database: judged as entries are, entered once, whatever is imported again."""

import json
from pathlib import Path

import pytest

from domain.instants import iso
from ingest.entries import enter
from ingest.writer import write_values
from storage import inbox
from storage import messages as sql
from storage.connection import connect
from tests.flow.test_commands import Vigie
from vigie.clock import real_now

pytestmark = pytest.mark.flow
HEAD = "Exported by Somebody,,\nDate,IntakeStatusDisplayResource,Identification number\n"


@pytest.fixture
def ward(plain_database_url: str, tmp_path: Path) -> Vigie:
    vigie = Vigie(plain_database_url, tmp_path)
    vigie.good("site", "add", "lyon")
    vigie.good("patient", "add", "P1", "--site", "lyon")
    return vigie


def cap(folder: Path, *rows: str) -> str:
    file = folder / "cap.csv"
    file.write_text(HEAD + "".join(f"{row},No change made,1\n" for row in rows))
    return str(file)


def summary(vigie: Vigie, file: str, *options: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(
        vigie.good("intakes", "import", "P1", file, "--drug", "capecitabine", "--json", *options)
    )
    return found


def applied(vigie: Vigie) -> int:
    """The hub's part: every waiting entry judged and stored."""
    with connect(vigie.url) as conn:
        rows = inbox.waiting(conn, ["entries"], 100)
        for row in rows:
            entered = enter(row, at=real_now())
            sql.insert_messages(conn, entered.rows.messages)
            write_values(conn, entered.rows)
            inbox.finish(conn, row.id, "applied", detail=entered.detail(), at=entered.at)
    return len(rows)


def stored(vigie: Vigie) -> list[tuple[str, str, str, float | None]]:
    with connect(vigie.url) as conn:
        rows = conn.execute("SELECT drug, taken_at, state, tablets FROM intake ORDER BY taken_at").fetchall()
    return [(drug, iso(int(at.timestamp()) * 1_000_000), state, tablets) for drug, at, state, tablets in rows]


def test_openings_are_entered_once_however_often_and_in_whatever_export_they_come(ward: Vigie, tmp_path: Path) -> None:
    first = cap(tmp_path, "3/29/2025 8:00", "3/30/2025 8:00")
    assert summary(ward, first, "--dry-run")["entered"] == 2
    assert applied(ward) == 0
    assert (summary(ward, first)["entered"], summary(ward, first)["entered"]) == (2, 0)  # waiting counts as there
    assert applied(ward) == 1
    longer = cap(tmp_path, "3/29/2025 8:00", "3/30/2025 8:00", "3/31/2025 8:00")
    again = summary(ward, longer)
    assert (again["entered"], again["already_there"]) == (1, 2)
    assert applied(ward) == 1
    assert stored(ward) == [
        ("capecitabine", "2025-03-29T07:00:00Z", "taken", None),
        ("capecitabine", "2025-03-30T06:00:00Z", "taken", None),
        ("capecitabine", "2025-03-31T06:00:00Z", "taken", None),
    ]
    assert summary(ward, longer, "--timezone", "Indian/Reunion")["entered"] == 3


def test_another_drug_is_another_cap(ward: Vigie, tmp_path: Path) -> None:
    file = cap(tmp_path, "3/29/2025 8:00")
    assert summary(ward, file)["entered"] == 1
    assert "1 entered, 0 already there" in ward.good("intakes", "import", "P1", file, "--drug", "imatinib")


def test_what_entries_would_refuse_is_refused_with_its_line(ward: Vigie, tmp_path: Path) -> None:
    file = cap(tmp_path, "3/29/1999 8:00", "3/30/2025 2:30", "3/31/2025 8:00", "1/1/2099 8:00")
    done = ward("intakes", "import", "P1", file, "--drug", "capecitabine")
    assert done.exit_code == 0
    assert "MEMS: 3 openings, 1 entered, 0 already there, 3 rows refused" in done.stdout
    assert f"{file}: line 3: time: expected a time of the last ten years" in done.stderr
    assert f"{file}: line 4: Date: expected a time that the clocks of Europe/Paris show" in done.stderr
    assert f"{file}: line 6: time: expected a time that is not in the future" in done.stderr


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (("P9", "{cap}", "--drug", "x"), 1, "PATIENT: no patient 'P9'"),
        (("P1", "{cap}", "--drug", " "), 2, "--drug: expected 1 to 64 printable characters"),
        (("P1", "{cap}", "--drug", "x", "--timezone", "Mars/Base"), 2, "--timezone: expected an IANA time zone"),
        (("P1", "none.csv", "--drug", "x"), 2, "none.csv: expected a file"),
        (("P1", "{other}", "--drug", "x"), 2, "headings: expected those of one export"),
    ],
)
def test_wrong_usage_is_refused(ward: Vigie, tmp_path: Path, words: tuple[str, ...], status: int, says: str) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    files = {"cap": cap(tmp_path, "3/29/2025 8:00"), "other": str(tmp_path / "other.csv")}
    done = ward("intakes", "import", *(word.format(**files) for word in words))
    assert done.exit_code == status
    assert says in done.stderr
