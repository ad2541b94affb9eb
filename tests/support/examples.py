"""The examples of docs/replay.md as the commands print them now; tests compare, and this writes them anew:

python -m tests.support.examples
"""

import json
import re
import tempfile
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from device_sim.readings_file import write
from vigie.cli import app

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs/examples"
PAGE = ROOT / "docs/replay.md"


def replayed() -> str:
    """docs/examples/replay.jsonl."""
    return _run("replay", str(EXAMPLES / "readings.csv"), "--context", str(EXAMPLES / "context.json"))


def short(event: dict[str, Any]) -> str:
    """A line of output as the page shows it."""
    reason = event["reason"] if isinstance(event["reason"], str) else event["reason"]["en"]
    return "  ".join([event["at"], event["event"], event["rule"] or "-", event["severity"] or "-", reason])


def shown(lines: str) -> str:
    """The block of the page under the first example."""
    return "".join(short(json.loads(line)) + "\n" for line in lines.splitlines())


def tried() -> tuple[str, str]:
    """The table of the second example, and its picture."""
    with tempfile.TemporaryDirectory() as folder:
        stays, sepsis, picture = (Path(folder) / name for name in ("stays.csv", "sepsis.csv", "calmer.svg"))
        write(stays, sepsis)
        said = _run(
            "protocol", "try", str(EXAMPLES / "calmer.toml"), "--against", str(stays), "--events", str(sepsis),
            "--instead-of", "chemo-aplasia", "--picture", str(picture), "--jobs", "1",
        )  # fmt: skip
        return "".join(line.rstrip() + "\n" for line in said.splitlines()), picture.read_text("utf-8")


def block(kind: str) -> str:
    """What the page shows between ```kind and ```."""
    [found] = re.findall(rf"```{kind}\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return str(found)


def _run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments))
    if result.exit_code:
        raise RuntimeError(result.output)
    return result.output


def main() -> None:
    """Write page, output and picture."""
    lines, (table, picture) = replayed(), tried()
    (EXAMPLES / "replay.jsonl").write_text(lines, "utf-8")
    (EXAMPLES / "calmer.svg").write_text(picture, "utf-8")
    text = PAGE.read_text("utf-8")
    for kind, content in (("text", shown(lines)), ("table", table)):
        text = text.replace(f"```{kind}\n{block(kind)}```", f"```{kind}\n{content}```")
    PAGE.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
