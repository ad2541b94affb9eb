"""The objective function of DDMODEL00000224 evaluated (FOCE with interaction, no step): its own files, our curves.

The data are nobody's to pass on: the command is given the folder. Read from there: thetas, omegas, covariates,
concentrations and counts of its control file and its data set.
"""

import csv
import re
from dataclasses import dataclass
from math import log
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.anc.course import LONGEST_H, Course, Window, reading
from models.anc.curves import People, read, solve
from models.anc.quadrature import FINE_AT, continued, weighted

Numbers = NDArray[np.float64]
CONTROL, RECORDS = "Executable_myelosuppression_dailyANC.mod", "Simulated_myelosuppression_dailyANC.csv"
PUBLISHED = -3.998
STEP = 1e-5
TURNS = 50


@dataclass(frozen=True, slots=True)
class Run:
    """Typical Circ0, MTT, slope (per mg/L) with covariates, gamma, residual SD, omegas, course and counts."""

    typical: Numbers
    gamma: float
    sd: float
    omega2: Numbers
    course: Course
    hours: Numbers
    logs: Numbers


def files_are_in(folder: Path) -> bool:
    """Whether the folder has both files."""
    return all((folder / name).is_file() for name in (CONTROL, RECORDS))


def objective(run: Run) -> float:
    """-2 log likelihood without its constant, linear about the most probable individual (Beal and Sheiner)."""
    eta = np.zeros(3)
    for _ in range(TURNS):
        at, slopes = _predicted(run, eta)
        gap = run.logs - at
        precision = slopes.T @ slopes / run.sd**2 + np.diag(1 / run.omega2)
        step = np.linalg.solve(precision, slopes.T @ gap / run.sd**2 - eta / run.omega2)
        eta = eta + step
        if np.abs(step).max() < 1e-9:
            break
    at, slopes = _predicted(run, eta)
    precision = slopes.T @ slopes / run.sd**2 + np.diag(1 / run.omega2)
    misfit = ((run.logs - at) ** 2).sum() / run.sd**2 + (eta**2 / run.omega2).sum()
    determinants = 2 * len(at) * log(run.sd) + np.log(run.omega2).sum() + np.linalg.slogdet(precision)[1]
    return float(misfit + determinants)


def _predicted(run: Run, eta: Numbers) -> tuple[Numbers, Numbers]:
    """log counts and their derivatives by eta."""
    moved = eta[:, None] + STEP * np.hstack([np.zeros((3, 1)), np.eye(3), -np.eye(3)])
    circ0, mtt, slope = run.typical[:, None] * np.exp(moved)
    crowd = People((4 / mtt)[None], slope[None], np.full(7, run.gamma), np.ones(7))
    found = read(reading(run.course, run.hours), solve(run.course, crowd)) + np.log(circ0)
    return np.asarray(found[:, 0]), np.asarray((found[:, 1:4] - found[:, 4:7]) / (2 * STEP))


def published_run(folder: Path) -> Run:
    """The run as its files say it."""
    text = (folder / CONTROL).read_text("latin-1")
    theta = [float(found) for found in re.findall(r"\$THETA\s*\([^,]*,\s*([-\d.]+)", text)]
    omega2 = np.array([float(found) for found in re.findall(r"\$OMEGA\s+([\d.]+)", text)])
    rows = list(csv.DictReader((folder / RECORDS).read_text().splitlines()))
    typical = np.array([theta[0] * _circ0_covariates(theta, rows[0]), theta[1], _slope(theta, rows[0])])
    counted = [row for row in rows if row["EV21"] == "0"]
    hours, logs = (np.array([float(row[name]) for row in counted]) for name in ("TIME", "DV"))
    return Run(typical, theta[3], theta[4], omega2, _course(rows), hours, logs)


def _circ0_covariates(theta: list[float], row: dict[str, str]) -> float:
    above = float(row["AAG"]) - 1.34
    sex = 1 + (theta[10] if float(row["SEX"]) == 2 else 0)
    status, earlier = 1 + (theta[7] if float(row["PERF"]) >= 1 else 0), 1 + (theta[6] if float(row["PC"]) == 1 else 0)
    return sex * status * earlier * (1 + (theta[8] if above <= 0 else theta[9]) * above)


def _slope(theta: list[float], row: dict[str, str]) -> float:
    return theta[2] / 808 * 1000 * (1 + theta[5] * (float(row["AAG"]) - 1.34))


def _course(rows: list[dict[str, str]]) -> Course:
    """Windows in which the concentration is that of the record at their end, as the program holds it."""
    edges, levels = [0.0], [0.0]
    for row in rows:
        hour, level = float(row["TIME"]), float(row["CP"])
        if hour <= edges[-1]:
            continue
        pieces = int(np.ceil((hour - edges[-1]) / LONGEST_H))
        edges += list(np.linspace(edges[-1], hour, pieces + 1)[1:])
        levels += [level] * pieces
    windows, before = [], 0.0
    for start, end, level in zip(edges[:-1], edges[1:], levels[1:], strict=True):
        lasting = end - start
        effect = weighted(np.full(len(FINE_AT), level)) * lasting if level else None
        ahead = continued(before, lasting, 18.0) if before else None
        windows.append(Window(start, lasting, 0, effect, None, ahead))
        before = lasting
    return Course(tuple(windows), (0.0,))
