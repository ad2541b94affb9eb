"""Files of known events: CSV `patient,kind,at`, or the truth that `device_sim` writes (JSON lines)."""

import csv
import json
from pathlib import Path
from typing import Any

from alerts.trial.compare import Known
from domain.instants import parse_iso
from vigie.replay_rows import UnusableFile

COLUMNS = ("patient", "kind", "at")


def read(path: Path) -> dict[str, tuple[Known, ...]]:
    """Events by patient. Raises UnusableFile naming line and field."""
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnusableFile(f"{path}: expected UTF-8 text") from error
    rows = _truth(path, text) if path.suffix == ".jsonl" else _table(path, text)
    found: dict[str, tuple[Known, ...]] = {}
    for number, row in rows:
        patient, kind, at = (row.get(name) for name in COLUMNS)
        where = f"{path}: line {number}"
        if not isinstance(patient, str) or not patient or not isinstance(kind, str) or not kind:
            raise UnusableFile(f"{where}: patient, kind: expected an id and a word such as antibiotic")
        try:
            known = Known(kind, parse_iso(str(at)))
        except ValueError as error:
            raise UnusableFile(f"{where}: at: {error}") from error
        found[patient] = (*found.get(patient, ()), known)
    return found


def _table(path: Path, text: str) -> list[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(text.splitlines())
    if not set(COLUMNS) <= set(reader.fieldnames or ()):
        raise UnusableFile(f"{path}: header: expected the columns {', '.join(COLUMNS)}")
    return [(reader.line_num, row) for row in reader]


def _truth(path: Path, text: str) -> list[tuple[int, dict[str, Any]]]:
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise UnusableFile(f"{path}: line {number}: expected a JSON object: {error}") from error
        if not isinstance(row, dict):
            raise UnusableFile(f"{path}: line {number}: expected a JSON object")
        found.append((number, {**row, "at": row.get("onset")}))
    return found
