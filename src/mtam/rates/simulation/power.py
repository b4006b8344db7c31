"""How far one has to go before two laws can be told apart: forward simulation from both fitted laws.

Either law is taken for the truth in turn, its curve is continued along the same ratio of sizes, seeds are drawn with
the noise that the measured seeds show, and the comparison (``mtam.rates.compare``) is made as it is for data. Enough is
where either truth would be recognised with the wanted probability.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mtam.rates.compare import FIRST, SECOND, decide, enough
from mtam.rates.fitting.mean_fit import fit_means
from mtam.rates.fitting.spread import weights
from mtam.rates.laws import Floats, Law
from mtam.rates.simulation.simulate_curves import CurveTruth, simulate

WANTED = 0.8
REPLICATIONS = 200
FARTHEST = 1e12  # sizes
MOST = 1024  # seeds
CORRELATIONS = np.arange(0.0, 0.96, 0.05)
TRENDS = np.round(np.arange(-0.6, 0.01, 0.05), 2)  # a spread that grows is not carried on to larger n
TREND_COSTS = 4.0  # of twice the log likelihood, about its 95% quantile where there is no trend


@dataclass(frozen=True)
class Needed:
    """What it takes to recognise either law with probability ``wanted``."""

    n: float | None  # the largest size that is enough with as many seeds; None: ``n_beyond`` is not enough
    n_beyond: float
    seeds: int | None  # how many seeds are enough at the present sizes; None: ``seeds_beyond`` are not
    seeds_beyond: int
    present: int  # seeds
    now: float  # the probability at the present sizes and seeds
    wanted: float
    ends: bool  # whether ``n_beyond`` is where a law ends, such as a reference curve, and not where the search does

    def __str__(self) -> str:
        if self.now >= self.wanted:
            return f"these sizes and {self.present} seeds: another draw of the seeds would as a rule decide"
        beyond = "more n than the reference curve covers" if self.ends else f"more than n = {self.n_beyond:.2g}"
        size = f"n = {self.n:.2g}" if self.n else beyond
        seeds = str(self.seeds) if self.seeds else f"more than {self.seeds_beyond}"
        return f"{size} with {self.present} seeds, or {seeds} seeds at these sizes"


def noise_of(sizes: Floats, logs: Floats) -> tuple[float, float, float]:
    """Standard deviation at the smallest size, its power of n, and the correlation of neighbours in ``logs``.

    Restricted maximum likelihood of a stationary autoregression times n^power on contrasts of ``logs`` (seeds, sizes)
    that are free of the seeds' levels, over a grid; a power other than zero has to gain as much as ``TREND_COSTS``.
    """
    seeds, m = logs.shape
    contrasts = np.linalg.svd(np.ones((1, m)))[2][1:]  # (m - 1, m), orthogonal to a level
    seen = (logs - logs.mean(axis=0)) @ contrasts.T
    freedom = (seeds - 1) * (m - 1)
    lag = np.abs(np.subtract.outer(np.arange(m), np.arange(m)))
    spreads = (sizes / sizes[0]) ** TRENDS[:, None]
    shapes = CORRELATIONS[:, None, None] ** lag * (spreads[:, None, :, None] * spreads[:, None, None, :])
    shapes = contrasts @ shapes @ contrasts.T  # (trends, correlations, m - 1, m - 1)
    variance = np.einsum("si,tcij,sj->tc", seen, np.linalg.inv(shapes), seen) / freedom
    loss = freedom * np.log(np.maximum(variance, 1e-300)) + (seeds - 1) * np.linalg.slogdet(shapes)[1]
    loss = loss + TREND_COSTS * (TRENDS != 0)[:, None]
    at, along = np.unravel_index(int(loss.argmin()), loss.shape)
    return float(variance[at, along]) ** 0.5, float(TRENDS[at]), float(CORRELATIONS[along])


def needed(
    law: Law, rival: Law, sizes: Floats, errors: Floats, *, floor: bool = False, wanted: float = WANTED, key: int = 0
) -> Needed | None:
    """The n, and the number of seeds, at which either law would be recognised; ``errors`` (seeds, sizes), positive.

    The probability is that of the harder of the two truths. None where the laws cannot be compared at all.
    """
    seeds = len(errors)
    if not enough(len(sizes), seeds, floor=floor):
        return None
    logs = np.log(errors)
    weight, (noise, power, correlation) = weights(sizes, logs), noise_of(sizes, logs)
    truths = []
    for one in (law, rival):
        found = fit_means(one, sizes, logs.mean(axis=0), weight, floor=floor)
        if not np.isfinite(found.slope):
            return None
        parts = (float(found.slope), float(found.intercept), float(found.floor))
        truths.append(CurveTruth(one, *parts, noise=noise, trend=power, correlation=correlation))
    progress = float(np.exp(np.diff(np.log(sizes)).mean()))

    def chance(steps: int, count: int) -> float:
        longer = np.concatenate([sizes, sizes[-1] * progress ** np.arange(1, steps + 1)])
        rng = np.random.default_rng(np.random.SeedSequence([key, steps, count]))
        return min(recognised(truths, truth, longer, count, rng, floor=floor) for truth in range(2))

    farthest = min(FARTHEST, law.largest, rival.largest)
    most = max(0, int(np.log(farthest / sizes[-1]) / np.log(progress) + 1e-9))
    now = chance(0, seeds)
    steps = _smallest(lambda k: (now if k == 0 else chance(k, seeds)) >= wanted, most)
    doublings = max(0, int(np.log2(MOST / seeds)))
    octave = _smallest(lambda k: (now if k == 0 else chance(0, seeds * 2**k)) >= wanted, doublings)
    count = None
    if octave is not None:
        start = seeds * 2 ** max(octave - 1, 0)
        grid = np.unique(np.linspace(start, seeds * 2**octave, 9).round().astype(int))
        count = next((int(c) for c in grid[1:-1] if chance(0, int(c)) >= wanted), seeds * 2**octave)
        count = seeds if octave == 0 else count
    far = float(sizes[-1] * progress**most)
    n = None if steps is None else float(sizes[-1] * progress**steps)
    return Needed(n, far, count, seeds * 2**doublings, seeds, now, wanted, farthest < FARTHEST)


def recognised(
    truths: list[CurveTruth], which: int, sizes: Floats, seeds: int, rng: np.random.Generator, *, floor: bool = False
) -> float:
    """The share of curves from ``truths[which]`` that the comparison of both laws assigns to it."""
    logs = np.log(simulate(truths[which], sizes, seeds, rng, replications=REPLICATIONS))
    weight, mean = weights(sizes, logs), logs.mean(axis=1)
    first, second = (fit_means(truth.law, sizes, mean, weight, floor=floor) for truth in truths)
    return float((decide(first, second, weight, logs) == (FIRST, SECOND)[which]).mean())


def _smallest(good: Callable[[int], bool], most: int) -> int | None:
    """The smallest k in 0 .. most that is good, by bisection; None if ``most`` is not."""
    if good(0):
        return 0
    if most == 0 or not good(most):
        return None
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if good(middle) else (middle, high)
    return high
