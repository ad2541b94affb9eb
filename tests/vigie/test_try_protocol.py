"""`vigie protocol try` over a file: gained, lost and seen, the same on any number of processes, and what is refused."""

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
import typer.testing
from distributed import LocalCluster
from typer.testing import Result

from alerts.trial.compare import Comparison, Day, Rule
from domain.instants import DAY, HOUR, iso
from vigie import picture
from vigie.cli import app

ROOT = Path(__file__).parents[2]
NEW = ROOT / "docs/examples/calmer.toml"
START = 1_795_000_000_000_000 // DAY * DAY
HEAD = "patient,measured_at,received_at,code,value,unit"


def readings(folder: Path) -> Path:
    """P1: one fast pulse alone; P2: fast for two hours; P3: feverish."""
    rows = [HEAD]
    for patient, code, unit, values in (
        ("P1", "8867-4", "/min", (80, 115, 80, 80)),
        ("P2", "8867-4", "/min", (80, 115, 116, 117)),
        ("P3", "8310-5", "Cel", (36.8, 38.4, 38.6, 37.0)),
    ):
        for hour, value in enumerate(values):
            at = iso(START + hour * HOUR)
            rows.append(f"{patient},{at},{at},{code},{value},{unit}")
    path = folder / "readings.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def events(folder: Path) -> Path:
    path = folder / "events.csv"
    path.write_text(f"patient,kind,at\nP3,antibiotic,{iso(START + 5 * HOUR)}\nP1,antibiotic,{iso(START + 5 * HOUR)}\n")
    return path


def tried(*arguments: str | Path) -> Result:
    return typer.testing.CliRunner().invoke(app, ["protocol", "try", *map(str, arguments)])


def answer(*arguments: str | Path) -> dict[str, Any]:
    result = tried(*arguments, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.output)
    return found


def test_a_cluster_says_the_same(tmp_path: Path) -> None:
    wanted = answer(NEW, "--against", readings(tmp_path), "--events", events(tmp_path))
    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, protocol="tcp://", host="127.0.0.1",
        dashboard_address="127.0.0.1:0", worker_dashboard_address="127.0.0.1:0", local_directory=str(tmp_path),
    ) as cluster:  # fmt: skip
        where = ("--cluster", cluster.scheduler_address)
        assert answer(NEW, "--against", readings(tmp_path), "--events", events(tmp_path), *where) == wanted
        wrong = tmp_path / "wrong.csv"
        wrong.write_text(HEAD + "\nP1,yesterday,yesterday,8867-4,80,/min\n")
        refused = tried(NEW, "--against", wrong, *where)
        assert (refused.exit_code, "line 2" in refused.output) == (2, True)


def test_a_cluster_that_is_not_there_is_said(tmp_path: Path) -> None:
    result = tried(NEW, "--against", readings(tmp_path), "--cluster", "nonsense://x")
    assert result.exit_code in (1, 2)
    assert "Traceback" not in result.output


def test_gained_lost_and_seen(tmp_path: Path) -> None:
    found = answer(NEW, "--against", readings(tmp_path), "--events", events(tmp_path))
    counts = {rule["rule"]: (rule["now"], rule["new"], rule["gained"], rule["lost"]) for rule in found["rules"]}
    assert counts == {"heart-rate": (2, 1, 0, 1), "fever": (1, 1, 0, 0)}
    assert (found["patients"], found["patient_days"]) == (3, 0.38)
    seen = {one["rule"]: (one["now"]["found"], one["new"]["found"], one["new"]["median"]) for one in found["seen"]}
    assert seen == {"any clinical rule": (2, 1, 4.0), "fever": (1, 1, 4.0), "heart-rate": (1, 0, None)}
    assert answer(NEW, "--against", readings(tmp_path), "--events", events(tmp_path), "--jobs", "2") == found


def test_the_table_says_it_in_words_and_the_picture_is_one(tmp_path: Path) -> None:
    out = tmp_path / "out.svg"
    result = tried(NEW, "--against", readings(tmp_path), "--events", events(tmp_path), "--picture", out)
    assert result.exit_code == 0, result.output
    assert "The new protocol raises 2 alerts where 3 are raised now" in result.output
    assert "2 (100%)" in result.output
    root = ET.fromstring(out.read_text())  # noqa: S314
    texts = "".join(root.itertext())
    assert "chemo-aplasia-calmer 0.1.0" in texts
    assert "−1" in texts


def test_a_date_limits_what_is_counted(tmp_path: Path) -> None:
    path = readings(tmp_path)
    late = answer(NEW, "--against", path, "--from", iso(START + 90 * HOUR // 60))["total"]
    assert (late["now"], late["new"], late["gained"]) == (0, 1, 0)  # P2's came later, and is the same alert
    assert answer(NEW, "--against", path, "--to", iso(START + HOUR))["total"]["now"] == 3
    assert answer(NEW, "--against", path, "--to", iso(START + HOUR - 1000))["total"]["now"] == 0


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--from", "2026-11-02", "--to", "2026-11-01"), "--to: expected a time after --from"),
        (("--from", "yesterday"), "--from: expected a date YYYY-MM-DD or a time"),
        (("--to", "2026-11-02T08:00:00"), "--to: expected a date YYYY-MM-DD or a time"),
    ],
)
def test_a_span_of_time_that_is_none_is_refused(tmp_path: Path, more: tuple[str, ...], said: str) -> None:
    result = tried(NEW, "--against", readings(tmp_path), *more)
    assert result.exit_code == 2
    assert said in result.output


def test_the_same_id_takes_the_place_of_the_protocol_in_use(tmp_path: Path) -> None:
    new = tmp_path / "new.toml"
    shipped = (ROOT / "alerts/protocols/chemo-aplasia.toml").read_text()
    new.write_text(re.sub(r'^version = "[^"]+"', 'version = "9.9.9"', shipped, count=1, flags=re.MULTILINE))
    found = answer(new, "--against", readings(tmp_path))
    assert found["new"] == "chemo-aplasia 9.9.9"
    assert (found["total"]["gained"], found["total"]["lost"]) == (0, 0)


def test_a_new_id_may_take_the_patients_of_one_protocol_only(tmp_path: Path) -> None:
    context = tmp_path / "context.json"
    context.write_text(json.dumps({"patients": {"P1": {"protocol": "vital-signs"}}}))
    found = answer(
        NEW, "--against", readings(tmp_path), "--context", context, "--instead-of", "chemo-aplasia"
    )  # P1 keeps its own, and its alert
    assert (found["total"]["now"], found["total"]["lost"]) == (3, 0)
    result = tried(NEW, "--against", readings(tmp_path), "--instead-of", "nothing")
    assert result.exit_code == 2
    assert "--instead-of: expected one of" in result.output


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("new.toml", 'id = "x"\n', "the new protocol"),
        ("new.toml", NEW.read_text().replace('chemo-aplasia"\n\n', 'unknown"\n\n'), "extends: expected one of"),
        ("events.csv", "patient,when\n", "header: expected the columns patient, kind, at"),
        ("events.csv", "patient,kind,at\nP1,sepsis,soon\n", "line 2: at: expected ISO 8601"),
        ("events.csv", "patient,kind,at\n,sepsis,2026-11-22T00:00:00Z\n", "line 2: patient, kind: expected"),
        ("truth.jsonl", "[]\n", "line 1: expected a JSON object"),
    ],
)
def test_what_cannot_be_used_is_refused(tmp_path: Path, name: str, content: str, said: str) -> None:
    (tmp_path / name).write_text(content)
    new = tmp_path / name if name == "new.toml" else NEW
    more = [] if name == "new.toml" else ["--events", tmp_path / name]
    result = tried(new, "--against", readings(tmp_path), *more)
    assert result.exit_code == 2, result.output
    assert said in result.output


def test_a_plan_that_does_not_fit_the_new_protocol_names_the_patient(tmp_path: Path) -> None:
    context, new = tmp_path / "context.json", tmp_path / "new.toml"
    context.write_text(json.dumps({"patients": {"P2": {"fever_profile": "ESMO_2016"}}}))
    new.write_text(NEW.read_text().replace('extends = "chemo-aplasia"', 'extends = "vital-signs"'))
    result = tried(new, "--against", readings(tmp_path), "--context", context)
    assert result.exit_code == 2
    assert "patient P2: the care plan does not fit the new protocol: fever_profile" in result.output


def test_truth_of_simulated_devices_is_known_events(tmp_path: Path) -> None:
    truth = tmp_path / "truth.jsonl"
    truth.write_text(json.dumps({"patient": "P3", "kind": "sepsis", "onset": iso(START + 2 * HOUR)}) + "\n")
    found = answer(NEW, "--against", readings(tmp_path), "--events", truth)
    assert found["seen"][0]["now"]["median"] == 1.0


def test_a_picture_of_hostile_names_and_of_nothing_is_still_one() -> None:
    rules = (Rule("<script>", 1, 3, 2, 0, 0.1, 0.3),)
    days = tuple(Day(START + day * DAY, 1, 3) for day in range(400))
    for found in (Comparison(1, 1.0, rules[0], rules, days, ()), Comparison(0, 0.0, rules[0], (), (), ())):
        text = picture.svg(found, now="a & b", new="<new>")
        ET.fromstring(text)  # noqa: S314
        assert "<script>" not in text
        assert text.count("<rect") < 120
