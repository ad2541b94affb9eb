"""Prose about the tree is true: every setting, command and table is documented, and every link leads somewhere."""

import re
from pathlib import Path

import pytest
import typer

from storage.migrate import shipped
from vigie.cli import app
from vigie.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
OPERATORS = (ROOT / "docs/operators.md").read_text()
PROSE = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_in_the_readme(name: str) -> None:
    assert f"| `VIGIE_{name.upper()}` |" in README


def test_the_readme_names_no_setting_that_is_gone() -> None:
    named = set(re.findall(r"^\| `VIGIE_(\w+)` \|", README, re.MULTILINE))
    assert named == {name.upper() for name in Settings.model_fields}


def _commands(group: typer.Typer, before: str) -> list[str]:
    found = []
    for command in group.registered_commands:
        name = command.name or command.callback.__name__.rstrip("_")  # type: ignore[union-attr]
        found.append(f"{before} {name}")
    for inner in group.registered_groups:
        found += _commands(inner.typer_instance, f"{before} {inner.name}")  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize("command", _commands(app, "vigie"))
def test_every_command_is_documented(command: str) -> None:
    assert re.search(rf"`{command}\b", README + OPERATORS), command


def test_every_table_is_documented() -> None:
    created = {
        name
        for migration in shipped()
        for name in re.findall(r"^CREATE TABLE (?:IF NOT EXISTS )?([\w.]+)", migration.sql.decode(), re.MULTILINE)
    }
    section = OPERATORS.split("## What is in the database")[1]
    documented = set(re.findall(r"`([\w.]+)`", section))
    assert created - documented == set()
    assert documented - created == {"schema_migration"}


@pytest.mark.parametrize("page", PROSE, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_a_file_leads_to_one(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_a_decision_says_context_decision_and_consequences() -> None:
    for page in (ROOT / "docs/decisions").glob("*.md"):
        text = page.read_text()
        assert all(f"**{word}.**" in text for word in ("Context", "Decision", "Consequences")), page.name


def test_every_package_is_in_the_readme() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert all(f"| `{name}` |" in README for name in packages)
