"""Calibration of what is said of runs not done: prediction intervals, and intervals of a law of two resources.

A prediction interval is to hold the error of one further run in 90%, an interval of a parameter the parameter in 95%.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from mtam.rates.fitting.two_resources import CONTRASTS, Runs, fit_two_resources, predicted
from mtam.rates.laws import Floats
from mtam.rates.prediction import predictions
from mtam.rates.simulation.calibrate import FALLS, PLAIN, SIZES
from mtam.rates.simulation.simulate_curves import CurveTruth, simulate

LEVEL = 0.9
BEYOND = 8.0  # times the largest size: where the further run is
CURVES: dict[str, tuple[CurveTruth, int, bool]] = {  # truth, seeds, floor
    "one seed, independent residuals": (replace(PLAIN, level=0.0, correlation=0.0), 1, False),
    "3 seeds": (PLAIN, 3, False),
    "5 seeds": (PLAIN, 5, False),
    "10 seeds": (PLAIN, 10, False),
    "5 seeds, own slopes": (replace(PLAIN, tilt=0.1), 5, False),
    "5 seeds, independent residuals": (replace(PLAIN, correlation=0.0), 5, False),
    "5 seeds, noise without levels": (replace(PLAIN, level=0.0, correlation=0.0), 5, False),
    "5 seeds, skewed": (replace(PLAIN, skewed=True), 5, False),
    "10 seeds, spread falls": (FALLS, 10, False),
    "5 seeds, floor": (replace(PLAIN, level=0.02, noise=0.02, floor=2e-3, correlation=0.0), 5, True),
}
TRUTH = np.log([1.8172, 482.01, 2085.43, 0.3478, 0.3658])  # the estimates of Besiroglu et al. 2024, table 1
FURTHER = (1e10, 2e11)  # ten times the largest run in either resource
DESIGNS: dict[str, tuple[int, float, bool]] = {  # runs along either resource, noise of ln L, Student's of 3 d.f.
    "5 x 5 runs": (5, 0.01, False),
    "8 x 8 runs": (8, 0.01, False),
    "8 x 8 runs, noise .03": (8, 0.03, False),
    "8 x 8 runs, heavy tails": (8, 0.01, True),
}


def curves_covered(name: str, replications: int, key: int = 0) -> dict[str, Any]:
    """How often the 90% interval at eight times the largest size holds the error of a further run."""
    truth, seeds, floor = CURVES[name]
    rng = np.random.default_rng(np.random.SeedSequence([key, list(CURVES).index(name)]))
    sizes, at = np.append(SIZES, BEYOND * SIZES[-1]), np.array([BEYOND * SIZES[-1]])
    inside, widths = [], []
    for _ in range(replications):
        if seeds == 1:  # the same seed goes on
            errors = simulate(truth, sizes, 1, rng)
            further, errors = errors[0, -1], errors[:, :-1]
        else:
            further, errors = simulate(truth, sizes, 1, rng)[0, -1], simulate(truth, SIZES, seeds, rng)
        (found,) = predictions(truth.law, SIZES, errors, at, floor=floor, level=LEVEL)
        inside.append(found.error.holds(float(further)))
        widths.append(np.log(found.error.high / found.error.low))
    return {"what": "prediction", "level": LEVEL, **shares(inside), "median_width": float(np.median(widths))}


def runs_covered(name: str, replications: int, key: int = 0, huber: float | None = None) -> list[dict[str, Any]]:
    """The same of a law of two resources at a run ten times larger in both, and of its parameters at 95%."""
    truth = TRUTH
    rng = np.random.default_rng(np.random.SeedSequence([key, list(DESIGNS).index(name), int(huber is not None)]))
    inside: dict[str, list[bool]] = {"prediction": [], **{each: [] for each in CONTRASTS}}
    widths: dict[str, list[float]] = {each: [] for each in inside}
    exact = {each: float(np.array(c) @ truth) for each, c in CONTRASTS.items()}
    for _ in range(replications):
        runs, further = draw(name, rng)
        fit = fit_two_resources(runs, huber)
        found = {"prediction": fit.prediction(*FURTHER, LEVEL)} | {each: fit.quantity(each) for each in CONTRASTS}
        for each, interval in found.items():
            value = further if each == "prediction" else exact[each]
            if each == "share":
                value = float(1 / (1 + np.exp(-value)))
            elif each != "prediction":
                value = float(np.exp(value))
            inside[each].append(interval.holds(value))
            widths[each].append(interval.high - interval.low)
    return [
        {
            "what": each,
            "level": LEVEL if each == "prediction" else 0.95,
            **shares(rows),
            "median_width": float(np.median(widths[each])),
        }
        for each, rows in inside.items()
    ]


def draw(name: str, rng: np.random.Generator) -> tuple[Runs, float]:
    """Runs on a grid, and the error of the further one."""
    side, noise, heavy = DESIGNS[name]
    first, second = (each.ravel() for each in np.meshgrid(np.geomspace(1e7, 1e9, side), np.geomspace(2e8, 2e10, side)))
    shape = len(first) + 1
    draws: Floats = rng.standard_t(3, size=shape) / 3**0.5 if heavy else rng.normal(size=shape)
    middle = predicted(TRUTH, np.append(first, FURTHER[0]), np.append(second, FURTHER[1]))[0]
    errors = np.exp(middle + noise * draws)
    return Runs(first, second, errors[:-1]), float(errors[-1])


def shares(rows: list[bool]) -> dict[str, float]:
    """How often, with its standard error."""
    share = float(np.mean(rows))
    return {"share": share, "standard_error": (share * (1 - share) / len(rows)) ** 0.5, "replications": len(rows)}


def table(replications: int = 200, key: int = 1) -> list[dict[str, Any]]:
    """Every row."""
    rows = [{"data": name, "loss": "squares", **curves_covered(name, replications, key)} for name in CURVES]
    for name in DESIGNS:
        rows += [{"data": name, "loss": "squares", **row} for row in runs_covered(name, replications, key)]
    name = "8 x 8 runs, heavy tails"
    return rows + [{"data": name, "loss": "huber .001", **row} for row in runs_covered(name, replications, key, 1e-3)]
