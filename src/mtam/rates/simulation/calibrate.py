"""How often intervals of slopes contain the truth, and how often comparisons of laws decide wrongly, by simulation.

A 95% interval is worth its name when it covers in 93 to 97% of 2000 replications, whose own standard error is 0.5%.
All replications are fitted at once.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from mtam.rates import intervals
from mtam.rates.compare import DECIDES, FIRST, NEITHER, OPEN, SECOND, decide, penalised
from mtam.rates.fitting.fit import Method, by_seed
from mtam.rates.fitting.mean_fit import MeanFit, fit_means
from mtam.rates.fitting.spread import weights
from mtam.rates.laws import Floats, Law, PowerLaw, SubPolynomial
from mtam.rates.simulation.simulate_curves import CurveTruth, simulate

SIZES: Floats = np.asarray(2.0 ** np.arange(6, 14), dtype=np.float64)
SHORT: Floats = SIZES[:7]
SEEDS = (5, 10, 20)
CHUNK = 50  # replications whose bootstrap samples are refitted at once
REFITS = 399  # bootstrap samples per replication where each is a fit with a floor
STEPS = 16  # golden-section steps of each of them: slopes to 1e-4 of themselves

# A power law of exponent 0.8, levels of seeds that differ by half, residuals of 15% correlated along n.
PLAIN = CurveTruth(PowerLaw(), -0.8, level=0.5, noise=0.15, correlation=0.5)
# Noise that falls by a factor 100 over the sizes, as it does where the error at small sizes is a matter of luck.
FALLS = replace(PLAIN, trend=float(-np.log(100) / np.log(SIZES[-1] / SIZES[0])), noise=0.5)
# The floor is half of the error at the largest size.
FLOOR = replace(PLAIN, floor=float(SIZES[-1] ** -0.8), noise=0.05)
TRUTHS = {
    "normal": PLAIN,
    "skewed": replace(PLAIN, skewed=True),
    "normal, spread falls": replace(PLAIN, trend=-0.25, noise=0.3),
    "skewed, spread falls": replace(PLAIN, trend=-0.25, noise=0.3, skewed=True),
    "normal, spread falls 100-fold": FALLS,
    "skewed, spread falls 100-fold": replace(FALLS, skewed=True),
    "normal, floor": FLOOR,
    "skewed, floor": replace(FLOOR, skewed=True),
    "seeds' own slopes normal": replace(PLAIN, tilt=0.1),
    "seeds' own slopes skewed": replace(PLAIN, tilt=0.1, skewed=True),
}


def cover(
    truth: CurveTruth,
    seeds: int,
    *methods: Method,
    sizes: Floats = SIZES,
    replications: int = 2000,
    level: float = 0.95,
) -> dict[str, tuple[float, float]]:
    """By method: the share of intervals for the slope that contain it, and their mean width.

    A floor is fitted if the truth has one. All methods see the same curves.
    """
    rng = np.random.default_rng(np.random.SeedSequence([seeds, replications]))
    logs = np.log(simulate(truth, sizes, seeds, rng, replications=replications))
    weight = weights(sizes, logs)
    found = fit_means(truth.law, sizes, logs.mean(axis=-2), weight, floor=truth.floor > 0)
    values = by_seed(found, weight, logs)[..., 1]
    refitted: dict[Method, intervals.Ends] = {}
    if truth.floor > 0 and set(methods) != {"student"}:
        refitted = _refitted(found, sizes, logs, weight, level)
    told = {}
    for method in methods:
        low, high = refitted[method] if method in refitted else getattr(intervals, method)(values, level)
        inside = (low <= truth.slope) & (truth.slope <= high)
        told[str(method)] = float(inside.mean()), float(np.nanmean(high - low))
    return told


def _refitted(
    found: MeanFit, sizes: Floats, logs: Floats, weight: Floats, level: float
) -> dict[Method, intervals.Ends]:
    """Bootstrap intervals of the slope beside a floor: every sample of seeds is fitted anew."""
    replications, seeds = logs.shape[:2]
    shares = intervals.resample(seeds, REFITS)
    leave_one = (np.ones((seeds, seeds)) - np.eye(seeds)) / (seeds - 1)
    parts = []
    for start in range(0, replications, CHUNK):
        part = slice(start, start + CHUNK)
        means = np.concatenate([shares, leave_one]) @ logs[part]
        fits = fit_means(found.law, sizes, means, weight[part, None, :], floor=True, refinements=STEPS)
        parts.append(np.nan_to_num(fits.slope))  # a flat curve falls at no rate
    slopes = np.concatenate(parts)
    drawn, others = slopes[:, :REFITS], slopes[:, REFITS:]
    return {
        "bca": intervals.bca_ends(drawn, found.slope, others, level),
        "percentile": intervals.percentile_ends(drawn, level),
    }


def table(replications: int = 2000, with_floor: int = 400, names: Iterable[str] = TRUTHS) -> pd.DataFrame:
    """Coverage of 95% intervals for slopes: truths (by their ``names``) x seeds x methods.

    Bootstraps of fits with a floor get ``with_floor`` replications: each of them is hundreds of fits.
    """
    return pd.DataFrame(_rows(replications, with_floor, names))


def _rows(replications: int, with_floor: int, names: Iterable[str]) -> Iterator[dict[str, Any]]:
    for name, seeds in product(names, SEEDS):
        truth = TRUTHS[name]
        few = truth.floor > 0
        told = cover(truth, seeds, "student", replications=replications)
        told |= cover(truth, seeds, "bca", "percentile", replications=with_floor if few else replications)
        for method, (share, width) in told.items():
            number = with_floor if few and method != "student" else replications
            yield {
                "curves": name,
                "floor": few,
                "seeds": seeds,
                "method": method,
                "coverage": share,
                "standard_error": (share * (1 - share) / number) ** 0.5,
                "mean_width": width,
                "replications": number,
                "calibrated": 0.93 <= share <= 0.97,
            }


RIVALS: tuple[Law, Law] = (SubPolynomial(0.5), PowerLaw())
CURVES = (CurveTruth(RIVALS[0], -2.0, level=0.3, noise=0.1), CurveTruth(RIVALS[1], -0.5, level=0.3, noise=0.1))


def decisions(
    seeds: int, correlation: float, *, sizes: Floats = SHORT, replications: int = 2000, skewed: bool = False
) -> list[dict[str, Any]]:
    """How often either of two laws is recognised, mistaken, left open or rejected with its rival, one row per truth."""
    rows = []
    for which, truth in enumerate(CURVES):
        drawn = replace(truth, correlation=correlation, skewed=skewed)
        rng = np.random.default_rng(np.random.SeedSequence([seeds, int(100 * correlation), which]))
        logs = np.log(simulate(drawn, sizes, seeds, rng, replications=replications))
        weight, mean = weights(sizes, logs), logs.mean(axis=1)
        first, second = (fit_means(law, sizes, mean, weight) for law in RIVALS)
        answer = decide(first, second, weight, logs)
        gain = (penalised(second) - penalised(first)) * (1 - 2 * which)
        right, wrong = ((FIRST, SECOND), (SECOND, FIRST))[which]
        rows.append(
            {
                "truth": str(truth.law),
                "rival": str(RIVALS[1 - which]),
                "seeds": seeds,
                "correlation": correlation,
                "skewed": skewed,
                "right": float((answer == right).mean()),
                "wrong": float((answer == wrong).mean()),
                "open": float((answer == OPEN).mean()),
                "neither": float((answer == NEITHER).mean()),
                "wrong_by_aicc_alone": float((gain <= -DECIDES).mean()),
            }
        )
    return rows


def decisions_table(replications: int = 2000) -> pd.DataFrame:
    """False and right decisions between two laws: seeds x correlation along n x normal or skewed noise x truth."""
    cases = product((3, 5, 10, 20), (0.0, 0.5, 0.9), (False, True))
    return pd.DataFrame(
        [row for n, r, skewed in cases for row in decisions(n, r, replications=replications, skewed=skewed)]
    )
