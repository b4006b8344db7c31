"""Calibration of what is said of curves that people bring: seeds that lack sizes, single seeds, lack of fit.

Every interval is to cover in 95%, whatever the seeds lack; a law that holds is to be said not to fit in 5% at most, and
one that does not hold often.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from mtam.rates.fitting.fit import fit
from mtam.rates.goodness_of_fit import LEVEL, lack_of_fit
from mtam.rates.laws import Floats, PowerLaw
from mtam.rates.simulation.calibrate import FALLS, PLAIN, SIZES
from mtam.rates.simulation.simulate_curves import CurveTruth, simulate

SEEDS = (3, 5, 10, 20)
GAPS = ("ends early", "at random", "either half")
TRUTHS = {
    "normal": PLAIN,
    "skewed": replace(PLAIN, skewed=True),
    "seeds' own slopes normal": replace(PLAIN, tilt=0.1),
    "spread falls 100-fold": FALLS,
}
INDEPENDENT = replace(PLAIN, correlation=0.0)  # what the residuals of a single seed are taken for


def with_gaps(errors: Floats, gaps: str, rng: np.random.Generator) -> Floats:
    """``errors`` (seeds, sizes) with NaN where seeds lack sizes; seeds with less than two sizes are left out.

    ``ends early``: all but two seeds lack up to three of the largest sizes; ``at random``: three errors in ten lack;
    ``either half``: all but two seeds have either the smaller or the larger half of the sizes.
    """
    errors, (seeds, m) = errors.copy(), errors.shape
    if gaps == "ends early":
        for seed in range(2, seeds):
            errors[seed, m - int(rng.integers(0, 4)) :] = np.nan
    elif gaps == "at random":
        errors[rng.random(errors.shape) < 0.3] = np.nan
    else:
        for seed in range(2, seeds):
            errors[seed, slice(None, m // 2) if seed % 2 else slice(m // 2, None)] = np.nan
    return np.asarray(errors[np.isfinite(errors).sum(axis=1) >= 2])


def bend(strength: float) -> Floats:
    """ln error beyond a power law that breaks in the middle of the sizes, flat before, as a plateau is."""
    x = np.log(SIZES)
    return np.asarray(-strength * np.maximum(x - x.mean(), 0.0))


def wave(height: float) -> Floats:
    """ln error beyond a power law that has a second descent: a hump of this height in the middle of the sizes."""
    x = np.log(SIZES)
    return np.asarray(height * np.exp(-(((x - x.mean()) / (0.2 * np.ptp(x))) ** 2)))


SHAPES: dict[str, Floats] = {
    "power law": np.zeros(len(SIZES)),
    "plateau": bend(0.5),
    "second descent": wave(0.5),
}


Case = tuple[str, Callable[[], dict[str, Any]]]  # what a row is called, and what makes it


def cases(replications: int = 400) -> list[Case]:
    """Every row of the table by its name: each is made alone, from seeds of its own."""
    told: list[Case] = []
    for (name, truth), gaps, seeds in product(TRUTHS.items(), GAPS, SEEDS):
        told.append((f"{name}; {gaps}; {seeds}", partial(covered, truth, seeds, replications, gaps)))
    told.append(("normal, independent; whole; 1", partial(covered, INDEPENDENT, 1, replications)))
    told.append(("normal, correlated 0.5; whole; 1", partial(covered, PLAIN, 1, replications)))
    for shape, correlation, skewed, seeds in product(SHAPES, (0.0, 0.5, 0.9), (False, True), SEEDS):
        name = f"{shape}; {'skewed' if skewed else 'normal'}, correlation {correlation:g}; {seeds}"
        truth = replace(PLAIN, correlation=correlation, skewed=skewed)
        told.append((name, partial(misfitted, shape, truth, seeds, replications)))
    return told


def covered(truth: CurveTruth, seeds: int, replications: int, gaps: str | None = None) -> dict[str, Any]:
    """How often the interval contains the slope, of seeds that lack sizes or of a single whole one."""
    rng = np.random.default_rng(np.random.SeedSequence([seeds, replications]))
    inside, widths = [], []
    for _ in range(replications):
        errors = simulate(truth, SIZES, seeds, rng)
        errors = errors if gaps is None else with_gaps(errors, gaps, rng)
        seen = np.isfinite(errors).any(axis=0)
        found = fit(truth.law, SIZES[seen], errors[:, seen], single=True)
        if found is not None and found.slope is not None:
            inside.append(found.slope.holds(truth.slope))
            widths.append(found.slope.high - found.slope.low)
    return {"what": "interval covers", "seeds": seeds, **_share(inside), "median_width": float(np.median(widths))}


def misfitted(shape: str, truth: CurveTruth, seeds: int, replications: int) -> dict[str, Any]:
    """How often a power law is said not to fit."""
    rng = np.random.default_rng(np.random.SeedSequence([seeds, replications]))
    drawn = simulate(truth, SIZES, seeds, rng, replications=replications) * np.exp(SHAPES[shape])
    ps = [lack_of_fit(PowerLaw(), SIZES, errors) for errors in drawn]
    return {"what": "said not to fit", "seeds": seeds, **_share([p is not None and p < LEVEL for p in ps])}


def _share(rows: list[bool]) -> dict[str, float]:
    share = float(np.mean(rows))
    return {"share": share, "standard_error": (share * (1 - share) / len(rows)) ** 0.5, "replications": len(rows)}
