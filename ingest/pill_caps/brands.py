"""The exports that are known: the headings that tell each, and what one of its rows says. Pure.

Formats: the public test exports of data/pill_caps (MIT). Caller: `ingest.pill_caps.reading`.
"""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from zoneinfo import ZoneInfo

from domain.instants import HOUR, MINUTE, Micros, iso
from ingest.pill_caps import moments
from ingest.pill_caps.export import Brand, LeftOut, Opening, Read, Refused, Row

_SLASHED = "a date and time such as 3/16/2022 12:30:10 PM"
_OFFSET = "a date and time with its offset such as 2023-09-14T18:19:00-04:00"
_CLOCK_CHANGE = (0, HOUR, -HOUR)  # two columns of one moment may differ by a clock change that one of them missed


def _mems(rows: Sequence[Row], zone: tzinfo) -> list[Read]:
    """MEMS: local times; a missing day is no intake."""
    known: Mapping[str, bool] = {"No change made": True, "Missing day": False}
    return _local(rows, ("Date", "IntakeStatusDisplayResource"), zone, known=known)


def _simplemed(rows: Sequence[Row], zone: tzinfo) -> list[Read]:
    """SimpleMed: local times; reminders, tests and the wrong cell are no intake."""
    known = {
        "Pill was taken": True,
        "Pill was not taken": False,
        "Pill was not taken 2nd reminder": False,
        "Wrong cell opened": False,
        "Periodic test": False,
    }
    return _local(rows, ("Create Time", "Event Type"), zone, known=known)


def _clevercap(rows: Sequence[Row], zone: tzinfo) -> list[Read]:
    """CleverCap: local times; a dose off schedule was taken too."""
    known = {"Taken": True, "Off schedule dose": True, "Missed": False}
    return _local(rows, ("DateStamp", "EventType"), zone, known=known)


def _local(rows: Sequence[Row], headings: tuple[str, str], zone: tzinfo, *, known: Mapping[str, bool]) -> list[Read]:
    """Rows of wall-clock times with a word that says whether it was an opening."""
    time_of, word_of = headings
    walls = moments.walls([row[time_of] for row in rows])
    found: list[Read] = []
    for row, wall, at in zip(rows, walls, moments.instants(walls, zone), strict=True):
        if row[word_of] not in known:
            found.append(Refused(row.line, word_of, f"one of {', '.join(known)}", row[word_of]))
        elif not known[row[word_of]]:
            found.append(LeftOut(row.line, row[word_of]))
        elif at is not None:
            found.append(Opening(at, row.line))
        else:
            expected = _SLASHED if wall is None else f"a time that the clocks of {zone} show: another --timezone?"
            found.append(Refused(row.line, time_of, expected, row[time_of]))
    return found


def _adheretech(rows: Sequence[Row], _: tzinfo) -> list[Read]:
    """AdhereTech: UTC and local time side by side; a status without a time is a dose that the cap did not see."""
    recorded = moments.utc(moments.walls([row["Time_Recorded_UTC"] for row in rows]))
    local = moments.walls([row["Time_Recorded_Patient_Timezone"] for row in rows])
    seen, unseen = ("ONTIME", "LATE", "EARLY", "PAUSED"), ("MISSED", "PAUSED", "PENDING")
    found: list[Read] = []
    for row, at, wall in zip(rows, recorded, local, strict=True):
        status = row["Status"]
        if status not in (*seen, *unseen):
            found.append(Refused(row.line, "Status", f"one of {', '.join(dict.fromkeys((*seen, *unseen)))}", status))
        elif not row["Time_Recorded_UTC"] and status in unseen:
            found.append(LeftOut(row.line, status))
        elif at is None:
            found.append(Refused(row.line, "Time_Recorded_UTC", _SLASHED, row["Time_Recorded_UTC"]))
        else:
            zone = _zone(row["Patient_Timezone"])
            walls = moments.instants([wall], zone) if zone else [None]
            found.append(_same(row, at, walls[0], "Time_Recorded_Patient_Timezone"))
    return found


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return None


def _ecap(rows: Sequence[Row], _: tzinfo) -> list[Read]:
    """eCAP: each time with its offset, and again as UTC."""
    found: list[Read] = []
    for row in rows:
        stamp, at = row["Dose Timestamp"], moments.instant(row["Dose Timestamp"])
        utc = moments.instant(row["Dose Timestamp UTC"])
        if at is None:
            found.append(Refused(row.line, "Dose Timestamp", _OFFSET, stamp))
        elif utc is None:
            found.append(Refused(row.line, "Dose Timestamp UTC", _OFFSET, row["Dose Timestamp UTC"]))
        elif not _on_its_day(row["Dose Date"], stamp):
            found.append(Refused(row.line, "Dose Date", f"the date of Dose Timestamp {stamp}", row["Dose Date"]))
        else:
            found.append(_same(row, utc, at, "Dose Timestamp"))
    return found


def _on_its_day(text: str, stamp: str) -> bool:
    """Whether a date, where there is one, is that of the time or its neighbour: a night's dose may count to the eve."""
    day, wall = moments.day(text), moments.wall_of_iso(stamp)
    return not text or (day is not None and wall is not None and abs((wall.date() - day).days) <= 1)


def _same(row: Row, utc: Micros, other: Micros | None, field: str) -> Read:
    """The moment that two columns say; UTC holds where they differ by a clock change."""
    if other is None or not any(abs(other - utc - shift) < MINUTE for shift in _CLOCK_CHANGE):
        return Refused(row.line, field, f"the same moment as in UTC, {iso(utc)}", row[field])
    return Opening(utc, row.line)


def _patchcap(rows: Sequence[Row], _: tzinfo) -> list[Read]:
    """PatchCap: UTC; the primary value is 1 when the cap opens and 0 when it closes."""
    found: list[Read] = []
    for row in rows:
        at = moments.instant(row["Measurement Time"])
        if at is None:
            found.append(Refused(row.line, "Measurement Time", "a time in UTC such as 2026-01-06T16:41:07.000000Z",
                                 row["Measurement Time"]))  # fmt: skip
        elif row["Primary Value"] == "1":
            found.append(Opening(at, row.line))
        elif row["Primary Value"] == "0":
            found.append(LeftOut(row.line, "closed"))
        else:
            found.append(Refused(row.line, "Primary Value", "0 or 1", row["Primary Value"]))
    return found


BRANDS = (
    Brand(
        "AdhereTech",
        frozenset({"Status", "Time_Recorded_UTC", "Patient_Timezone", "Time_Recorded_Patient_Timezone"}),
        ("Patient_UID",),
        _adheretech,
    ),
    Brand(
        "eCAP",
        frozenset({"Dose Timestamp", "Dose Timestamp UTC", "Dose Label"}),
        ("Patient", "Patient ID", "Subject ID"),
        _ecap,
    ),
    Brand(
        "MEMS",
        frozenset({"Date", "IntakeStatusDisplayResource"}),
        ("Identification number",),
        _mems,
        zoned=False,
    ),
    Brand("CleverCap", frozenset({"DateStamp", "EventType", "CleverKey"}), ("PatientNumber",), _clevercap, zoned=False),
    Brand("PatchCap", frozenset({"Measurement Time", "Primary Value"}), (), _patchcap),
    Brand("SimpleMed", frozenset({"Event ID", "Event Type", "Create Time"}), (), _simplemed, zoned=False),
)
