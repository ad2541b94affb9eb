"""Every sentence of the console has a key of its own: a part of the page must not change another's words."""

import re
from collections import defaultdict
from pathlib import Path

STATIC = Path(__file__).parents[2] / "clinician_ui" / "static"
BLOCK = re.compile(r"(?:const WORDS = |addWords\()\{\n(.*?)\n\}\)?;", re.S)
KEY = re.compile(r"(?<![\w\"])\"?([\w-]+)\"?: \[")


def test_no_key_is_said_twice() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in sorted(STATIC.rglob("*words.js")):
        for block in BLOCK.findall(path.read_text("utf-8")):
            for key in KEY.findall(block):
                places[key].append(path.name)
    assert len(places) > 500
    assert {key: found for key, found in places.items() if len(found) > 1} == {}
