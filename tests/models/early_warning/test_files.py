"""A trained file that is not exactly what was trained is refused, and says what was expected."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest
import sklearn
import skops.io
from sklearn.linear_model import LogisticRegression

from models.early_warning import files
from models.early_warning.features import FEATURES
from models.early_warning.model import Model
from models.early_warning.values import Refused


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    for suffix in (".skops", ".json"):
        shutil.copy(files.SHIPPED.with_suffix(suffix), tmp_path / f"m{suffix}")
    return tmp_path / "m.skops"


def _page(path: Path, **changed: object) -> None:
    beside = path.with_suffix(".json")
    beside.write_text(json.dumps(json.loads(beside.read_text()) | changed))


def _replace(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    _page(path, sha256=hashlib.sha256(content).hexdigest())


def _refused(path: Path) -> str:
    found = files.load(path)
    assert isinstance(found, Refused)
    assert found.expected
    assert found.found
    return found.field


def test_the_shipped_file_is_small_and_says_where_it_comes_from(trained: Path) -> None:
    found = files.load(trained)
    assert isinstance(found, Model)
    assert set(found.provenance) == {"data", "data_sha256", "seed", "code_sha256"}
    assert files.SHIPPED.stat().st_size < 5_000_000
    assert json.loads(files.SHIPPED.with_suffix(".json").read_text())["features"] == list(FEATURES)


def test_the_shipped_file_was_made_by_the_features_of_this_version(trained: Path) -> None:
    from models.evaluation.early_warning_training import code

    found = files.load(trained)
    assert isinstance(found, Model)
    assert found.provenance["code_sha256"] == code()


def test_one_changed_byte_is_refused(trained: Path) -> None:
    content = bytearray(trained.read_bytes())
    content[len(content) // 2] ^= 1
    trained.write_bytes(bytes(content))
    assert _refused(trained) == "sha256"


def test_another_scikit_learn_is_refused(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sklearn, "__version__", "1.0.0")
    assert _refused(trained) == "scikit_learn"


def test_an_unknown_type_is_refused_before_anything_is_made(trained: Path) -> None:
    class Stranger:
        def __init__(self) -> None:
            self.here = 1

    Stranger.__module__, Stranger.__qualname__ = "tests.models.early_warning.test_files", "Stranger"
    globals()["Stranger"] = Stranger
    _replace(trained, skops.io.dumps({"classifiers": [Stranger()]}))
    assert _refused(trained) == "types"


@pytest.mark.parametrize(
    ("held", "field"),
    [
        ([1, 2], "classifiers"),
        ({"classifiers": [LogisticRegression()]}, "classifiers"),
    ],
)
def test_something_else_is_refused(trained: Path, held: object, field: str) -> None:
    _replace(trained, skops.io.dumps(held))
    assert _refused(trained) == field


def test_other_features_and_missing_parts_are_refused(trained: Path) -> None:
    held = skops.io.loads(trained.read_bytes(), trusted=list(files.TYPES))
    _replace(trained, skops.io.dumps({**held, "features": list(FEATURES[1:])}))
    assert _refused(trained) == "features"
    _replace(trained, skops.io.dumps({key: part for key, part in held.items() if key != "curve"}))
    assert _refused(trained) == "curve"


def test_a_file_that_is_no_archive_or_is_not_there_is_refused(trained: Path) -> None:
    _replace(trained, b"no archive")
    assert _refused(trained) == "file"
    trained.unlink()
    assert _refused(trained) == "file"


def test_a_page_that_cannot_be_read_is_refused(trained: Path) -> None:
    beside = trained.with_suffix(".json")
    beside.write_text("[]")
    assert _refused(trained) == "page"
    beside.write_text("{}")
    assert _refused(trained) == "sha256"
    beside.write_text("{")
    assert _refused(trained) == "page"
    beside.unlink()
    assert _refused(trained) == "page"
