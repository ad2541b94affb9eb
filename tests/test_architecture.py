"""Arrows between the packages, no clock and no driver in the pure core, SQL in storage alone, files of a human size."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = (
    "domain", "models", "alerts", "storage", "ingest", "web", "clinician_ui", "patient_ui", "device_sim", "vigie",
)  # fmt: skip
# The parts of alerts and ingest that may touch the world; everything else in the pure packages is pure.
SHELL = {
    "alerts/adherence_desk.py",
    "alerts/chart_desk.py", "alerts/day_desk.py", "alerts/decided.py", "alerts/escalation/channels/post.py",
    "alerts/escalation/channels/smtp.py",
    "alerts/escalation/channels/web_push.py", "alerts/escalation/courier.py", "alerts/escalation/notifier.py",
    "alerts/escalation/roster_desk.py", "alerts/escalation/watch_service.py", "alerts/isolation.py",
    "alerts/loading.py", "alerts/pause_desk.py", "alerts/predict/child.py", "alerts/predict/desk.py",
    "alerts/predict/forecasting.py",
    "alerts/predict/isolated.py", "alerts/predict/mode_desk.py", "alerts/predict/scoring.py",
    "alerts/predict/shadow_desk.py", "alerts/predict/watching.py", "alerts/protocol/desk.py", "alerts/protocol/hold.py",
    "alerts/protocol/library.py", "alerts/protocol/shelf.py", "alerts/questionnaire_files.py",
    "alerts/questionnaire_shelf.py", "alerts/replay.py",
    "alerts/service.py", "alerts/synthesis_desk.py", "alerts/trial/replay_many.py", "alerts/unit_desk.py",
    "alerts/window_desk.py",
    "models/__main__.py",
}  # fmt: skip
IMPURE = {
    "asyncio", "fastapi", "logging", "os", "paho", "psycopg", "random", "secrets", "socket", "starlette", "structlog",
    "subprocess", "threading", "time",
}  # fmt: skip
CLOCKS = re.compile(r"\b(datetime\.now|datetime\.utcnow|date\.today|time\.time|time_ns|monotonic)\(")
SQL = re.compile(r"^\s*(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+TABLE)\b", re.I | re.S)
LONGEST = 400


def _files(*packages: str) -> Iterator[Path]:
    for package in packages:
        yield from sorted((ROOT / package).rglob("*.py"))


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


PURE = [
    path
    for path in _files("domain", "models", "alerts")
    if _name(path) not in SHELL and not _name(path).startswith("models/evaluation/")
] + [ROOT / "ingest/accept.py"]

# A simulated device keeps its outbox in SQLite: a device's own disk, not the hub's storage.
HUB = list(_files("domain", "models", "alerts", "ingest", "web", "clinician_ui", "patient_ui", "vigie"))


def test_the_contracts_hold() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr


@pytest.mark.parametrize("path", PURE, ids=_name)
def test_a_pure_module_imports_no_driver_and_reads_no_clock(path: Path) -> None:
    text = path.read_text()
    imported = {name.split(".")[0] for name in _imports(ast.parse(text))}
    assert not imported & IMPURE
    assert not CLOCKS.search(text)


@pytest.mark.parametrize("path", [path for path in PURE if "ingest" not in path.parts], ids=_name)
def test_a_pure_module_knows_no_storage(path: Path) -> None:
    assert "storage" not in {name.split(".")[0] for name in _imports(ast.parse(path.read_text()))}


@pytest.mark.parametrize("path", HUB, ids=_name)
def test_sql_is_in_storage_alone(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not SQL.match(node.value), f"line {node.lineno}"


@pytest.mark.parametrize("path", list(_files(*PACKAGES)), ids=_name)
def test_a_file_is_short_and_says_what_lives_in_it(path: Path) -> None:
    text = path.read_text()
    assert ast.get_docstring(ast.parse(text)), "a module opens with what lives here"
    assert text.count("\n") <= LONGEST


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("path", [path for path in _files(*PACKAGES) if path.name != "converting.py"], ids=_name)
def test_what_converts_is_made_while_a_module_is_imported(path: Path) -> None:
    """`domain.converting` says why: types first described by two threads at once crash the process."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and (said := ast.unparse(node.func)).startswith("msgspec."):
            typed = any(word.arg == "type" for word in node.keywords)
            wrong = said == "msgspec.convert" or said.endswith(".Decoder") or (typed and said.endswith(".decode"))
            assert not wrong, f"line {node.lineno}"
