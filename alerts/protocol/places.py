"""Where in a TOML text a path lies, for messages that name the line. Pure."""

import re

_PART = re.compile(r"\.?([A-Za-z_][\w-]*)|\[(\d+)\]|\[\.\.\.\]")


def line_of(text: str, path: str) -> int:
    """The line (from 1) of the deepest part of a path such as `$.rule[3].criterion[0].severity` that can be found."""
    lines = text.splitlines()
    at = 0
    parts = [(found.group(1), found.group(2)) for found in _PART.finditer(path.removeprefix("$"))]
    for place, (name, _) in enumerate(parts):
        if name is None:
            continue
        nth = parts[place + 1][1] if place + 1 < len(parts) and parts[place + 1][0] is None else None
        found = _line(lines, at, name, int(nth) if nth is not None else None)
        if found is None:
            break
        at = found
    return at + 1


def _line(lines: list[str], start: int, name: str, nth: int | None) -> int | None:
    header = re.compile(rf"\s*\[\[\s*{re.escape(name)}\s*\]\]")
    headers = [number for number, line in enumerate(lines) if header.match(line)]
    if headers:
        return headers[min(nth or 0, len(headers) - 1)]
    field = re.compile(rf"\s*(?:{re.escape(name)}\s*=|\[\s*{re.escape(name)}[\s.\]])|.*[{{,]\s*{re.escape(name)}\s*=")
    for number in range(start, len(lines)):
        if number > start and lines[number].lstrip().startswith("[["):
            return None
        if field.match(lines[number]):
            return number
    return None
