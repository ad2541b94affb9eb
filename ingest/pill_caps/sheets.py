"""A file as rows of text cells: CSV (comma or semicolon), .xlsx, .xls. What cannot be read is a Refused, never a guess.

openpyxl and xlrd are the extra `import`: they are loaded only for such a file. Caller: `ingest.pill_caps.reading`.
"""

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ingest.pill_caps.export import Refused

LARGEST = 20 * 1024 * 1024
MOST_ROWS = 200_000
Line = tuple[int, list[str]]
_NEEDS = "the package {} (pip install 'vigie[import]'), or the file saved as CSV"


def lines(content: bytes) -> list[Line] | Refused:
    """Every line that has a cell with something in it, numbered from 1."""
    if len(content) > LARGEST:
        return Refused(0, "file", f"at most {LARGEST} bytes", str(len(content)))
    if content.startswith(b"PK\x03\x04"):
        return _workbook(content)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        return _old_workbook(content)
    return _text(content)


def _text(content: bytes) -> list[Line] | Refused:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Refused(0, "file", "CSV as UTF-8 text, .xlsx or .xls", f"byte {error.start}")
    first = text.partition("\n")[0] if text.count("\n") < 2 else "".join(text.splitlines(keepends=True)[:3])
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        return _kept((reader.line_num, row) for row in reader)
    except csv.Error as error:
        return Refused(reader.line_num, "row", "CSV as in RFC 4180", str(error))


def _workbook(content: bytes) -> list[Line] | Refused:
    try:
        import openpyxl
    except ImportError:
        return Refused(0, "file", _NEEDS.format("openpyxl"), ".xlsx")
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        rows = (list(row) for row in sheet.iter_rows(values_only=True))
        return _kept((number, [_cell(value) for value in row]) for number, row in enumerate(rows, 1))
    except (KeyError, ValueError, IndexError, OSError, zipfile.BadZipFile) as error:
        return Refused(0, "file", "a workbook with one sheet", str(error))


def _old_workbook(content: bytes) -> list[Line] | Refused:
    try:
        import xlrd
    except ImportError:
        return Refused(0, "file", _NEEDS.format("xlrd"), ".xls")
    try:
        book = xlrd.open_workbook(file_contents=content, logfile=io.StringIO())
        sheet = book.sheet_by_index(0)
        rows = ([_old_cell(cell, book.datemode) for cell in row] for row in sheet.get_rows())
        return _kept(enumerate(rows, 1))
    except (xlrd.XLRDError, xlrd.compdoc.CompDocError, IndexError, ValueError, AssertionError) as error:
        return Refused(0, "file", "a workbook with one sheet", str(error))


def _old_cell(cell: Any, datemode: int) -> str:
    import xlrd

    if cell.ctype == xlrd.XL_CELL_DATE:
        return _cell(xlrd.xldate_as_datetime(cell.value, datemode))
    return _cell(cell.value)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _kept(rows: Iterator[Line]) -> list[Line] | Refused:
    found: list[Line] = []
    for number, row in rows:
        if len(found) >= MOST_ROWS:
            return Refused(number, "file", f"at most {MOST_ROWS} rows", "more")
        cells = [cell.strip() for cell in row]
        if any(cells):
            found.append((number, cells))
    return found
