"""`vigie forecast`: an answer to each line in its order; a bad one stops no other; one process or two say the same."""

from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from vigie import forecast_file
from vigie.cli import app
from vigie.forecast_file import forecasts

GOOD = (
    b'{"id":"a","drug":"docetaxel","doses":[{"day":0,"amount_mg":180,"duration_h":1}],"counts":[{"day":0,"anc":5}]}\n'
)
LINES = [
    GOOD,
    GOOD.replace(b'"anc":5', b'"anc":-1').replace(b'"a"', b'"b"'),
    b"not json\n",
    b"\n",
    b'{"id":"c","drug":"docetaxel","doses":[{"day":0,"duration_h":1}]}\n',
    b'{"id":"d","drug":"docetaxel","doses":[{"day":0,"amount_mg":NaN,"duration_h":1}]}\n',
    b"\xff\xfe\n",
    b"[" * 100_000 + b"]" * 100_000 + b"\n",
    b'{"id":"f","drug":"docetaxel","doses":[{"day":1e400,"amount_mg":180,"duration_h":1}]}\n',
    GOOD.replace(b'"a"', b'"e"'),
]
KEYS = {
    "id", "status", "why", "nadir", "p_grade3", "p_grade4", "recovery_day", "days_below_0_5", "curve",
    "next_count_best_day", "ms",
}  # fmt: skip


def test_each_line_has_its_answer_and_a_bad_one_stops_no_other() -> None:
    found = list(forecasts(LINES))
    assert [(each["id"], each["status"], each["field"]) for each in found] == [
        ("a", "ready", None), ("b", "refused", "counts[0].anc"), (None, "refused", "line"),
        ("c", "refused", "doses[0].amount_mg"), ("d", "refused", "doses[0].amount_mg"), (None, "refused", "line"),
        (None, "refused", "line"), ("f", "refused", "doses[0].day"), ("e", "ready", None),
    ]  # fmt: skip
    assert all(set(each) >= KEYS and each["ms"] > 0 for each in found)
    assert all(each["expected"] and each["expected"] in each["why"] for each in found if each["status"] == "refused")
    assert set(found[0]["nadir"]) == {"anc", "day"}
    assert set(found[0]["nadir"]["anc"]) == {"p05", "p50", "p95"}
    assert {"day", "p05", "p50", "p95"} <= set(found[0]["curve"][0])
    assert found[0]["p_grade4"] == found[-1]["p_grade4"]


def test_two_processes_say_what_one_says() -> None:
    one, two = ([{**each, "ms": 0} for each in forecasts(LINES, jobs=jobs)] for jobs in (1, 2))
    assert one == two


def test_a_model_that_fails_costs_one_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    honest = forecast_file._forecast

    def broken(line: bytes, seed: int, *, compiled: bool) -> object:
        if b'"a"' in line:
            raise FloatingPointError("singular")
        return honest(line, seed, compiled=compiled)

    monkeypatch.setattr(forecast_file, "_forecast", broken)
    path = tmp_path / "asked.jsonl"
    path.write_bytes(LINES[0] + LINES[-1])
    done = CliRunner().invoke(app, ["forecast", str(path)])
    answers = [msgspec.json.decode(line) for line in done.stdout.splitlines()]
    assert [(each["id"], each["status"]) for each in answers] == [("a", "refused"), ("e", "ready")]
    assert "FloatingPointError: singular" in answers[0]["why"]
    assert (done.exit_code, "1 requests made the model fail" in done.stderr) == (1, True)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["forecast", str(tmp_path / "none.jsonl")])
    assert done.exit_code == 2
    assert "expected a file" in done.stderr


def test_compiled_curves_are_asked_for_by_name_and_missing_ones_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "in.jsonl"
    path.write_bytes(GOOD)
    monkeypatch.setattr("vigie.commands.forecast.find_spec", lambda _: None)
    done = CliRunner().invoke(app, ["forecast", "--compiled", str(path)])
    assert done.exit_code == 2
    assert "--compiled: expected the package numba" in done.stderr
    pytest.importorskip("numba", reason="numba is not installed: the extra `compiled`")
    from models.anc import compiled, curves

    assert forecast_file._solver(compiled=True) is compiled.solve
    assert forecast_file._solver(compiled=False) is curves.solve
