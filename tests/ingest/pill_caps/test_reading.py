"""Exports of pill caps: each brand, both clock changes, duplicates, what cannot be used. All files are made up."""

import csv
import io
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.instants import iso
from ingest.pill_caps.brands import BRANDS
from ingest.pill_caps.export import Export, Refused
from ingest.pill_caps.reading import read

PARIS = ZoneInfo("Europe/Paris")
MEMS = "Exported by Somebody,,\nDate,IntakeStatusDisplayResource,Identification number\n"
ECAP = "Patient,Package ID,Dose Date,Dose Timestamp,Dose Timestamp UTC,Dose Label\n"
ADHERETECH = "Patient_UID,Status,Time_Recorded_UTC,Patient_Timezone,Time_Recorded_Patient_Timezone\n"
CLEVERCAP = ["PatientNumber", "DateStamp", "EventType", "CleverKey"]
AT, UTC = "2025-03-01T08:00:00+01:00", "2025-03-01T07:00:00+00:00"
SIMPLEMED = "Patient: (ID: 1),,,\n,Event ID,Event Type,Create Time\n"


def export(content: str | bytes, zone: ZoneInfo = PARIS) -> Export:
    found = read(content.encode() if isinstance(content, str) else content, zone)
    assert isinstance(found, Export), found
    return found


def times(content: str | bytes, zone: ZoneInfo = PARIS) -> list[str]:
    return [iso(opening.at) for opening in export(content, zone).openings]


def refused(content: str) -> list[str]:
    return [str(one) for one in export(content).refused]


def test_mems_newest_first_with_days_that_are_missing() -> None:
    found = export(
        MEMS
        + "3/16/2025 12:30:10 PM,No change made,1\n3/15/2025 0:00,Missing day,\n"
        + "3/14/2025 12:05:00 AM,No change made,1\n"
    )
    assert found.brand == "MEMS"
    assert [iso(one.at) for one in found.openings] == ["2025-03-13T23:05:00Z", "2025-03-16T11:30:10Z"]
    assert found.left_out == {"Missing day": 1}
    assert found.remarks == ("times without an offset were read as wall-clock times of Europe/Paris",)


@pytest.mark.parametrize("order", [1, -1])
def test_the_order_of_the_file_tells_the_two_passes_of_the_repeated_hour_apart(order: int) -> None:
    rows = ["10/26/2025 1:50", "10/26/2025 2:40", "10/26/2025 2:10", "10/26/2025 3:00"][::order]
    found = times(MEMS + "".join(f"{row},No change made,1\n" for row in rows))
    assert found == ["2025-10-25T23:50:00Z", "2025-10-26T00:40:00Z", "2025-10-26T01:10:00Z", "2025-10-26T02:00:00Z"]


def test_a_time_that_the_clocks_skipped_is_refused_and_points_at_the_zone() -> None:
    [sentence] = refused(MEMS + "3/30/2025 2:30,No change made,1\n3/31/2025 2:30,No change made,1\n")
    assert sentence == (
        "line 3: Date: expected a time that the clocks of Europe/Paris show: another --timezone?, got '3/30/2025 2:30'"
    )


def test_a_day_is_not_of_the_same_length_on_both_sides_of_a_clock_change() -> None:
    rows = [f"{day} 8:00,No change made,1\n" for day in ("3/29/2025", "3/30/2025", "3/31/2025")]
    assert times(MEMS + "".join(rows)) == ["2025-03-29T07:00:00Z", "2025-03-30T06:00:00Z", "2025-03-31T06:00:00Z"]
    assert times(MEMS + rows[0], ZoneInfo("Indian/Reunion")) == ["2025-03-29T04:00:00Z"]


def test_day_first_is_seen_from_the_file() -> None:
    sure = MEMS + "13/02/2025 08:00,No change made,1\n02/03/2025 08:00,No change made,1\n"
    assert times(sure) == ["2025-02-13T07:00:00Z", "2025-03-02T07:00:00Z"]
    in_order = (
        MEMS
        + "".join(f"0{day}/02/2025 08:00,No change made,1\n" for day in (1, 2, 3))
        + "04/01/2025 08:00,No change made,1\n"
    )
    assert times(in_order)[0].startswith("2025-01-02")  # neither order rises: month first, as these makers write


def test_ecap_says_each_time_twice() -> None:
    good = "P1,B,2025-10-26,2025-10-26T02:30:00+02:00,2025-10-26T00:30:00+00:00,x\n"
    named = "P1,B,,2025-Oct-26T02:30:00+01:00,2025-Oct-26T01:30:00+00:00,x\n"
    assert times(ECAP + good + named) == ["2025-10-26T00:30:00Z", "2025-10-26T01:30:00Z"]


def test_a_clock_change_that_one_column_missed_is_no_contradiction_and_utc_holds() -> None:
    assert times(ECAP + "P1,B,,2025-11-26T08:00:00+02:00,2025-11-26T07:00:00+00:00,x\n") == ["2025-11-26T07:00:00Z"]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (f",{AT},2025-03-0177:00:00+00:00", "line 2: Dose Timestamp UTC: expected a date and time"),
        (f",2025-03-01T08:00:00,{UTC}", "line 2: Dose Timestamp: expected a date and time with its offset"),
        (f",,{UTC}", "line 2: Dose Timestamp: expected a date and time"),
        (f",{AT},2025-03-03T07:00:00+00:00", "expected the same moment as in UTC, 2025-03-03T07:00:00Z"),
        (f"2023-03-01,{AT},{UTC}", "line 2: Dose Date: expected the date of"),
        (f",2025-02-30T08:00:00+01:00,{UTC}", "line 2: Dose Timestamp"),
    ],
)
def test_a_row_that_contradicts_itself_is_refused_with_its_field_and_the_others_are_read(row: str, says: str) -> None:
    found = export(f"{ECAP}P1,B,{row},x\nP1,B,,2025-03-02T08:00:00+01:00,2025-03-02T07:00:00+00:00,x\n")
    assert [says in str(one) for one in found.refused] == [True]
    assert len(found.openings) == 1


def test_headings_that_are_two_columns_short_are_read_two_further_right_and_said() -> None:
    found = export(f"Subject ID,Dose Timestamp,Dose Timestamp UTC,Dose Label,x,y\n,,S,{AT},{UTC},-\n")
    assert len(found.openings) == 1
    assert "2 columns short" in found.remarks[0]


def test_adheretech_a_status_without_a_time_is_no_opening() -> None:
    found = export(
        ADHERETECH
        + "P1,ONTIME,3/30/2025 6:00,Europe/Paris,3/30/2025 8:00\nP1,MISSED,,Europe/Paris,\n"
        + "P1,PAUSED,3/31/2025 6:00,Europe/Paris,3/31/2025 8:00\nP1,PENDING,,Europe/Paris,\nP1,LATE,,Europe/Paris,\n"
        + "P1,LOST,4/1/2025 6:00,Europe/Paris,4/1/2025 8:00\nP1,LATE,4/1/2025 6:00,Mars/Base,4/1/2025 8:00\n"
    )
    assert [iso(one.at) for one in found.openings] == ["2025-03-30T06:00:00Z", "2025-03-31T06:00:00Z"]
    assert found.left_out == {"MISSED": 1, "PENDING": 1}
    assert [(one.line, one.field) for one in found.refused] == [
        (6, "Time_Recorded_UTC"),
        (7, "Status"),
        (8, "Time_Recorded_Patient_Timezone"),
    ]


def test_patchcap_opens_and_closes() -> None:
    text = "Measurement Time,Primary Value\n2026-01-06T16:41:08.000000Z,0\n2026-01-06T16:41:07.000000Z,1\n"
    assert times(text) == ["2026-01-06T16:41:07Z"]
    assert refused(text + "2026-01-06T16:50:00.000000Z,2\n") == ["line 4: Primary Value: expected 0 or 1, got '2'"]


def test_simplemed_reminders_are_no_openings() -> None:
    found = export(
        SIMPLEMED + ',1,Pill was taken,"11/30/2025, 9:00:20 PM"\n,2,Pill was not taken,"11/30/2025, 9:30:00 AM"\n'
    )
    assert [iso(one.at) for one in found.openings] == ["2025-11-30T20:00:20Z"]
    assert found.left_out == {"Pill was not taken": 1}


def workbook(*rows: list[object]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def test_clevercap_is_a_workbook_with_times_as_text_or_as_dates() -> None:
    wall = datetime.fromisoformat("2025-08-22T08:00:00")
    rows = [["1", "08/30/2025 11:34:52", "Taken", "k"], ["1", wall, "Off schedule dose", "k"]]
    assert times(workbook(CLEVERCAP, *rows)) == ["2025-08-22T06:00:00Z", "2025-08-30T09:34:52Z"]


def test_an_old_workbook_is_read_too() -> None:
    found = export((Path(__file__).parent / "made_up_ecap.xls").read_bytes())
    assert [iso(one.at) for one in found.openings] == ["2025-03-29T07:00:00Z", "2025-03-30T06:00:00Z"]
    assert [one.field for one in found.refused] == ["Dose Date"]


def test_what_is_said_twice_is_one_opening() -> None:
    row = "3/16/2025 12:30,No change made,1\n"
    found = export(MEMS + row + row + "3/16/2025 12:30,No change made,\n")
    assert (len(found.openings), found.duplicates) == (1, 2)


def test_semicolons_and_a_byte_order_mark_are_read() -> None:
    text = "\ufeffMeasurement Time;Primary Value\n2026-01-06T16:41:07Z;1\n"
    assert times(text) == ["2026-01-06T16:41:07Z"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "headings: expected those of one export"),
        (b"a,b\n1,2\n", "headings: expected those of one export"),
        (b"\xff\xfea\x00", "file: expected CSV as UTF-8 text, .xlsx or .xls"),
        (b"PK\x03\x04 no workbook", "file: expected a workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 no workbook", "file: expected a workbook"),
        (workbook(["a"], [None]), "headings: expected those of one export"),
        (
            f"{ECAP}P1,B,,,,\nP2,B,,,,\n".encode(),
            "Patient or Patient ID or Subject ID: expected the export of one patient",
        ),
    ],
)
def test_a_file_that_is_no_export_of_one_patient_is_refused_whole(content: bytes, says: str) -> None:
    found = read(content, PARIS)
    assert isinstance(found, Refused)
    assert says in str(found)


def test_a_file_that_is_too_large_is_refused() -> None:
    assert isinstance(read(b"a" * (20 * 1024 * 1024 + 1), PARIS), Refused)


CELLS = st.sampled_from(
    ["", "1", "0", "--", "MISSED", "ONTIME", "Taken", "No change made", "Pill was taken", "3/30/2025 2:30",
     "99/99/2025 1:00",
     "2025-03-30T02:30:00+01:00", "2025-13-01T00:00:00Z", "Europe/Paris", "../../etc/passwd", "\x00", "=1+1", "9" * 50]
)  # fmt: skip


@settings(max_examples=100)
@given(
    brand=st.sampled_from(BRANDS),
    rows=st.lists(st.lists(st.one_of(CELLS, st.text(max_size=5)), max_size=6), max_size=8),
)
def test_every_row_is_an_opening_or_has_its_sentence(brand: object, rows: list[list[str]]) -> None:
    headings = sorted(brand.headings)  # type: ignore[attr-defined]
    out = io.StringIO(newline="")
    csv.writer(out).writerows([headings, *rows])
    found = read(out.getvalue().encode("utf-8", "replace"), PARIS)
    if isinstance(found, Export):
        said = len(found.openings) + len(found.refused) + sum(found.left_out.values()) + found.duplicates
        assert said == sum(any(cell.strip() for cell in row) for row in rows)
        assert list(found.openings) == sorted(found.openings, key=lambda one: one.at)
