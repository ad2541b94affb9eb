"""A file of a pill cap, recognised by its headings and read to the end. Pure. Caller: `vigie intakes import`."""

from collections import Counter
from collections.abc import Sequence
from datetime import tzinfo

from domain.instants import Micros
from ingest.pill_caps import moments
from ingest.pill_caps.brands import BRANDS
from ingest.pill_caps.export import Brand, Export, LeftOut, Opening, Refused, Row
from ingest.pill_caps.sheets import Line, lines

HEADINGS_WITHIN = 5  # lines at the top of a file; some begin with a line about the export
_NOBODY = frozenset({"", "--"})


def read(content: bytes, zone: tzinfo) -> Export | Refused:
    """The openings of a file; `zone`: of wall-clock times without an offset. Refused: no export that is known."""
    found = lines(content)
    if isinstance(found, Refused):
        return found
    told = _told(found)
    if told is None:
        known = "; ".join(f"{brand.name}: {', '.join(sorted(brand.headings))}" for brand in BRANDS)
        return Refused(0, "headings", f"those of one export ({known})", ",".join(found[0][1]) if found else "")
    brand, head = told
    rows, remarks = _rows(brand, found[head][1], found[head + 1 :])
    several = _patients(brand, rows)
    if len(several) > 1:
        return Refused(0, " or ".join(brand.patient), "the export of one patient", ", ".join(several))
    return _export(brand, rows, zone, remarks=remarks)


def _told(found: Sequence[Line]) -> tuple[Brand, int] | None:
    for place, (_, cells) in enumerate(found[:HEADINGS_WITHIN]):
        for brand in BRANDS:
            if brand.headings <= set(cells):
                return brand, place
    return None


def _rows(brand: Brand, headings: Sequence[str], body: Sequence[Line]) -> tuple[list[Row], list[str]]:
    shift = _shift(headings, body) if brand.name == "eCAP" else 0
    names = [""] * shift + list(headings)
    rows = [Row(line, {name: cell for name, cell in zip(names, cells, strict=False) if name}) for line, cells in body]
    remarks = [f"the headings are {shift} columns short: cells were read {shift} further right"] if shift else []
    return rows, remarks


def _shift(headings: Sequence[str], body: Sequence[Line]) -> int:
    """Some eCAP exports name two columns fewer than they have: the times then stand two to the right."""
    column = headings.index("Dose Timestamp")

    def times(at: int) -> int:
        return sum(at < len(cells) and moments.instant(cells[at]) is not None for _, cells in body)

    return 2 if times(column) == 0 and times(column + 2) > 0 else 0


def _patients(brand: Brand, rows: Sequence[Row]) -> list[str]:
    return sorted({row[heading] for row in rows for heading in brand.patient if row[heading] not in _NOBODY})


def _export(brand: Brand, rows: Sequence[Row], zone: tzinfo, *, remarks: list[str]) -> Export:
    once, duplicates = _once(rows)
    openings: dict[Micros, Opening] = {}
    refused, left_out = [], Counter[str]()
    for found in brand.read(once, zone):
        if isinstance(found, Opening):
            duplicates += found.at in openings
            openings.setdefault(found.at, found)
        elif isinstance(found, LeftOut):
            left_out[found.what] += 1
        else:
            refused.append(found)
    if not brand.zoned:
        remarks = [*remarks, f"times without an offset were read as wall-clock times of {zone}"]
    ordered = tuple(openings[at] for at in sorted(openings))
    return Export(brand.name, ordered, tuple(refused), dict(left_out), duplicates, tuple(remarks))


def _once(rows: Sequence[Row]) -> tuple[list[Row], int]:
    """Identical rows are one."""
    seen: set[tuple[tuple[str, str], ...]] = set()
    kept = []
    for row in rows:
        cells = tuple(row.cells.items())
        if cells not in seen:
            seen.add(cells)
            kept.append(row)
    return kept, len(rows) - len(kept)
