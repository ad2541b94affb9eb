"""`vigie predict early-warning`: every row of a file has its answer, in its place, as the live score gives it."""

from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from typer.testing import CliRunner

from models.early_warning.scoring import follow
from models.early_warning.values import VITALS, from_hours, moments
from tests.models.early_warning.people import person, shipped
from vigie.cli import app


def _table(**changed: object) -> dict[str, object]:
    hours, inputs = person(0, hours=20)
    columns: dict[str, object] = {name: inputs[:, n] for n, name in enumerate(VITALS)}
    return {"pid": np.full(20, 7), "ICULOS": hours.astype(int), **columns, **changed}


def _run(folder: Path, columns: dict[str, object], *options: str) -> tuple[int, str]:
    pyarrow.parquet.write_table(pyarrow.table(columns), folder / "in.parquet")
    done = CliRunner().invoke(
        app, ["predict", "early-warning", str(folder / "in.parquet"), str(folder / "out.parquet"), *options]
    )
    return done.exit_code, done.output


def _out(folder: Path) -> dict[str, list[object]]:
    return pyarrow.parquet.read_table(folder / "out.parquet").to_pydict()


def test_rows_in_any_order_get_the_live_score_in_their_place(tmp_path: Path) -> None:
    order = np.random.default_rng(0).permutation(20)
    columns = {name: np.asarray(values)[order] for name, values in _table().items()}
    assert _run(tmp_path, columns)[0] == 0
    hours, inputs = person(0, hours=20)
    live = follow(shipped(), from_hours(hours, inputs), moments(hours).tolist())
    found = _out(tmp_path)
    assert found["ICULOS"] == columns["ICULOS"].tolist()
    assert found["risk"] == [live[row].risk for row in order]
    assert found["alarm"] == [live[row].alarm for row in order]
    assert found["status"] == [live[row].status for row in order]
    assert [bool(text) for text in found["top_reasons"]] == [one == "ready" for one in found["status"]]
    assert {*found} >= {"pid", "ICULOS", "risk", "alarm", "status", "top_reasons"}


def test_shifting_the_hours_changes_nothing(tmp_path: Path) -> None:
    assert _run(tmp_path, _table())[0] == 0
    before = _out(tmp_path)["risk"]
    assert _run(tmp_path, _table(ICULOS=np.arange(201, 221)))[0] == 0
    assert _out(tmp_path)["risk"] == before


def test_a_row_without_person_or_hour_is_unknown_and_the_others_are_scored(tmp_path: Path) -> None:
    hours = [None, *range(2, 20), 10**9]
    assert _run(tmp_path, _table(ICULOS=pyarrow.array(hours, pyarrow.int64())))[0] == 0
    found = _out(tmp_path)
    assert (found["status"][0], found["status"][-1]) == ("unknown", "unknown")
    assert "ICULOS" in str(found["why"][0])
    assert found["status"][10] == "ready"


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"HR": ["fast"] * 20}, "HR: expected a column of numbers"),
        ({"Resp": None}, "Resp: expected this column"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, columns: dict[str, object], said: str) -> None:
    table = {name: values for name, values in _table(**columns).items() if values is not None}
    status, output = _run(tmp_path, table)
    assert status == 2
    assert said in output
    assert not (tmp_path / "out.parquet").exists()


def test_a_budget_nobody_measured_and_a_file_that_is_none_are_refused(tmp_path: Path) -> None:
    status, output = _run(tmp_path, _table(), "--budget", "50")
    assert (status, "budget: expected" in output) == (2, True)
    (tmp_path / "in.parquet").write_text("no parquet")
    done = CliRunner().invoke(
        app, ["predict", "early-warning", str(tmp_path / "in.parquet"), str(tmp_path / "out.parquet")]
    )
    assert (done.exit_code, "expected a parquet file" in done.output) == (2, True)


def test_without_pyarrow_the_command_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pyarrow.parquet.write_table(pyarrow.table(_table()), tmp_path / "in.parquet")
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    done = CliRunner().invoke(
        app, ["predict", "early-warning", str(tmp_path / "in.parquet"), str(tmp_path / "out.parquet")]
    )
    assert done.exit_code == 2
    assert "pip install 'vigie[models]'" in done.output


def test_an_empty_file_has_an_empty_answer(tmp_path: Path) -> None:
    table = {name: pyarrow.array([], pyarrow.float64()) for name in _table()}
    assert _run(tmp_path, table)[0] == 0
    assert _out(tmp_path)["risk"] == []
