"""The trained file: a `skops` archive, and beside it a page of JSON with its sha256 and where it comes from. Called by
whoever loads or writes one. A file that is not exactly what was trained is refused, never used."""

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
import skops.io
from sklearn.ensemble import HistGradientBoostingClassifier

from models.early_warning.alarms import Curve
from models.early_warning.calibration import Calibration
from models.early_warning.features import FEATURES
from models.early_warning.fitness import Range
from models.early_warning.model import Histogram, Model
from models.early_warning.trees import forest
from models.early_warning.values import Refused

SHIPPED = Path(__file__).parent / "trained" / "early_warning.skops"
TYPES = ("sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",)
"""What a file may hold besides what skops trusts by itself."""
KEYS = (
    "name",
    "version",
    "features",
    "calibration",
    "curve",
    "known",
    "refractory_h",
    "watched",
    "histograms",
    "bands",
)


def load(path: Path = SHIPPED) -> Model | Refused:
    """The model of a file; refused with a wrong hash, another scikit-learn, an unknown type, other features."""
    page = _page(path)
    if isinstance(page, Refused):
        return page
    try:
        content = path.read_bytes()
    except OSError as error:
        return Refused("file", f"{path.name} that can be read", type(error).__name__)
    found = hashlib.sha256(content).hexdigest()
    if found != page["sha256"]:
        return Refused("sha256", page["sha256"], found)
    if page["scikit_learn"] != sklearn.__version__:
        return Refused("scikit_learn", page["scikit_learn"], sklearn.__version__)
    return _opened(content, page)


def _page(path: Path) -> dict[str, Any] | Refused:
    beside = path.with_suffix(".json")
    try:
        page: Any = json.loads(beside.read_text("utf-8"))
    except (OSError, ValueError) as error:
        return Refused("page", f"{beside.name}, JSON", type(error).__name__)
    if not isinstance(page, dict):
        return Refused("page", f"an object in {beside.name}", type(page).__name__)
    for key in ("sha256", "scikit_learn", "provenance"):
        if key not in page:
            return Refused(key, f"named in {beside.name}", "nothing")
    return dict(page)


def _opened(content: bytes, page: dict[str, Any]) -> Model | Refused:
    try:
        unknown = sorted(set(skops.io.get_untrusted_types(data=content)) - set(TYPES))
        if unknown:
            return Refused("types", f"only {', '.join(TYPES)}", ", ".join(unknown))
        held = skops.io.loads(content, trusted=list(TYPES))
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
        return Refused("file", "a skops archive", f"{type(error).__name__}: {error}"[:200])
    return _checked(held, page)


def _checked(held: Any, page: dict[str, Any]) -> Model | Refused:
    found = held.get("classifiers") if isinstance(held, dict) else None
    if (
        not isinstance(found, list)
        or not found
        or any(type(one) is not HistGradientBoostingClassifier for one in found)
    ):
        return Refused("classifiers", "a list of HistGradientBoostingClassifier", type(found).__name__)
    missing = [key for key in KEYS if key not in held]
    if missing:
        return Refused(missing[0], "in the file", "nothing")
    if tuple(held["features"]) != FEATURES:
        return Refused("features", f"the {len(FEATURES)} features of this version", f"{len(held['features'])} others")
    return _model(held, page)


def _model(held: dict[str, Any], page: dict[str, Any]) -> Model:
    calibration, curve, known = held["calibration"], held["curve"], held["known"]
    return Model(
        version=f"{held['version']}+{page['sha256'][:8]}",
        trees=forest(held["classifiers"]),
        calibration=Calibration(np.array(calibration["raw"]), np.array(calibration["risk"])),
        known=Range(known["low"], known["high"], known["stale_after_h"]),
        curve=Curve(np.array(curve["thresholds"]), np.array(curve["rates"])),
        refractory_h=held["refractory_h"],
        watched=tuple(held["watched"]),
        histograms={
            name: Histogram(np.array(found["edges"]), np.array(found["shares"]))
            for name, found in held["histograms"].items()
        },
        bands=tuple(held["bands"]),
        provenance=dict(page["provenance"]),
    )


def write(path: Path, held: dict[str, Any], provenance: dict[str, str]) -> None:
    """A trained file and its page. `held`: the keys of `KEYS` and `classifiers`; numbers as lists."""
    content = skops.io.dumps(held, compression=zipfile.ZIP_DEFLATED, compresslevel=9)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    page = {
        "name": held["name"],
        "version": held["version"],
        "sha256": hashlib.sha256(content).hexdigest(),
        "scikit_learn": sklearn.__version__,
        "provenance": provenance,
        "training_range": held["known"],
        "features": list(held["features"]),
    }
    path.with_suffix(".json").write_text(json.dumps(page, indent=1, ensure_ascii=False) + "\n", "utf-8")
