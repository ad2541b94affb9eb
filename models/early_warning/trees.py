"""The boosted trees as arrays: the log-odds of a row and what each feature adds to it. Pure; equal to scikit-learn.

A contribution is the change, at each split on the path, of the mean log-odds over the rows of the fit that passed;
all of them and the mean over the whole fit add up to the log-odds of the row (Saabas 2014). One row or many: one loop.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from models.early_warning.values import Numbers

Places = NDArray[np.intp]
ROWS = 4096  # rows walked at once, so that memory is bounded


@dataclass(frozen=True, slots=True)
class Forest:
    """Nodes of all trees one after the other. A leaf is its own child: a walk may stay on it. `value`: mean below."""

    roots: Places
    feature: Places
    limit: Numbers
    missing_left: NDArray[np.bool_]
    left: Places
    right: Places
    value: Numbers
    start: float
    depth: int


def forest(classifiers: Sequence[HistGradientBoostingClassifier]) -> Forest:
    """The trees of fitted classifiers of two classes; the log-odds are the mean of theirs."""
    trees = [predictor[0].nodes for one in classifiers for predictor in one._predictors]  # noqa: SLF001 - the only way
    sizes = np.array([len(nodes) for nodes in trees])
    roots = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.intp)
    nodes = np.concatenate(trees)
    offset, own = np.repeat(roots, sizes), np.arange(len(nodes))
    leaf = nodes["is_leaf"].astype(bool)
    left, right = (np.where(leaf, own, nodes[side].astype(np.intp) + offset) for side in ("left", "right"))
    return Forest(
        roots,
        np.where(leaf, 0, nodes["feature_idx"]).astype(np.intp),
        nodes["num_threshold"].astype(float),
        nodes["missing_go_to_left"].astype(bool),
        left,
        right,
        _means(nodes["value"].astype(float) / len(classifiers), nodes["count"].astype(float), left, right),
        sum(float(one._baseline_prediction[0, 0]) for one in classifiers) / len(classifiers),  # noqa: SLF001
        int(nodes["depth"].max()),
    )


def _means(value: Numbers, count: Numbers, left: Places, right: Places) -> Numbers:
    """Means of inner nodes from their children, which always stand behind them."""
    for node in range(len(value) - 1, -1, -1):
        a, b = left[node], right[node]
        if a != node:
            value[node] = (value[a] * count[a] + value[b] * count[b]) / (count[a] + count[b])
    return value


def walk(trees: Forest, rows: NDArray[np.float32]) -> tuple[Numbers, Numbers]:
    """Log-odds (n) and contributions (n, features) of rows (n, features)."""
    parts = [_walk(trees, rows[at : at + ROWS]) for at in range(0, len(rows), ROWS)]
    empty = (np.empty(0), np.empty((0, rows.shape[1])))
    raw, added = (np.concatenate(found) for found in zip(empty, *parts, strict=True))
    return raw, added


def _walk(trees: Forest, rows: NDArray[np.float32]) -> tuple[Numbers, Numbers]:
    n, width = rows.shape
    line = np.arange(n)[:, None]
    node = np.broadcast_to(trees.roots, (n, trees.roots.size))
    added = np.zeros(n * width)
    for _ in range(trees.depth):
        feature = trees.feature[node]
        x = rows[line, feature].astype(float)
        to_left = np.where(np.isnan(x), trees.missing_left[node], x <= trees.limit[node])
        following = np.where(to_left, trees.left[node], trees.right[node])
        step = trees.value[following] - trees.value[node]
        added += np.bincount((line * width + feature).ravel(), step.ravel(), n * width)
        node = following
    leaves = np.concatenate([np.full((n, 1), trees.start), trees.value[node]], axis=1)
    return leaves.cumsum(axis=1)[:, -1], added.reshape(
        n, width
    )  # in the order of scikit-learn: one classifier gives the last bit
