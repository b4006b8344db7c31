"""Calibration of what is said of curves that people bring: seeds that lack sizes, single seeds, lack of fit.

Every interval is to cover in 95%, whatever the seeds lack; a law that holds is to be said not to fit in 5% at most, and
one that does not hold often.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from mtam.rates.calibrate import FALLS, PLAIN, SIZES
from mtam.rates.fit import fit
from mtam.rates.lackfit import LEVEL, lack_of_fit
from mtam.rates.laws import Floats, PowerLaw
from mtam.rates.simulate import Truth, simulate

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


def _share(rows: list[bool]) -> tuple[float, float]:
    share = float(np.mean(rows))
    return share, float((share * (1 - share) / len(rows)) ** 0.5)


def coverage(replications: int = 1000) -> Iterator[dict[str, Any]]:
    """How often intervals contain the slope: of seeds that lack sizes, and of single seeds."""
    for (name, truth), gaps, seeds in product(TRUTHS.items(), GAPS, SEEDS):
        yield _covered(f"{name}; {gaps}", truth, seeds, replications, gaps)
    yield _covered("normal, independent; whole", INDEPENDENT, 1, replications)
    yield _covered("normal, correlated 0.5; whole", PLAIN, 1, replications)


def _covered(name: str, truth: Truth, seeds: int, replications: int, gaps: str | None = None) -> dict[str, Any]:
    rng = np.random.default_rng(np.random.SeedSequence([seeds, replications, sum(map(ord, name))]))
    inside, widths = [], []
    for _ in range(replications):
        errors = simulate(truth, SIZES, seeds, rng)
        errors = errors if gaps is None else with_gaps(errors, gaps, rng)
        seen = np.isfinite(errors).any(axis=0)
        found = fit(truth.law, SIZES[seen], errors[:, seen], single=True)
        if found is not None and found.slope is not None:
            inside.append(found.slope.holds(truth.slope))
            widths.append(found.slope.high - found.slope.low)
    share, error = _share(inside)
    return {
        "what": "coverage of the slope",
        "curves": name,
        "seeds": seeds,
        "share": share,
        "standard_error": error,
        "median_width": float(np.median(widths)),
        "replications": len(inside),
    }


def misfits(replications: int = 1000) -> Iterator[dict[str, Any]]:
    """How often a power law is said not to fit, with and without noise that is correlated along n."""
    cases = product(SHAPES.items(), (0.0, 0.5, 0.9), (False, True), SEEDS)
    for (name, shape), correlation, skewed, seeds in cases:
        truth = replace(PLAIN, correlation=correlation, skewed=skewed)
        rng = np.random.default_rng(np.random.SeedSequence([seeds, int(10 * correlation), int(skewed)]))
        draws = replications if not shape.any() else replications // 4  # a level is to be known better than a power
        drawn = simulate(truth, SIZES, seeds, rng, replications=draws) * np.exp(shape)
        ps = [lack_of_fit(PowerLaw(), SIZES, errors) for errors in drawn]
        share, error = _share([p is not None and p < LEVEL for p in ps])
        noise = f"{'skewed' if skewed else 'normal'}, correlation {correlation:g}"
        yield {
            "what": "power law said not to fit",
            "curves": f"{name}; {noise}",
            "seeds": seeds,
            "share": share,
            "standard_error": error,
            "replications": draws,
        }


def table(replications: int = 1000) -> pd.DataFrame:
    """All of it, one row per share."""
    return pd.DataFrame([*coverage(replications), *misfits(replications)])
