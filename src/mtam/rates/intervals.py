"""Confidence intervals of a mean over seeds, for many samples at once: Student, percentile bootstrap, BCa.

``values`` are (..., seeds), one number per seed; every function returns the ends (...), (...). Which of them to trust
with few seeds is a matter of calibration (``mtam.rates.simulation.calibrate``).
"""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from mtam.rates.laws import Floats
from mtam.rates.t_quantiles import quantile

RESAMPLES = 1999

Ends = tuple[Floats, Floats]


@dataclass(frozen=True)
class Interval:
    """An estimate with its confidence interval."""

    value: float
    low: float
    high: float

    @classmethod
    def above(cls, bound: float) -> "Interval":
        """Nothing is known but that the figure lies above ``bound``: an interval without an estimate."""
        return cls(float("nan"), bound, float("inf"))

    @classmethod
    def up_to(cls, bound: float) -> "Interval":
        """Nothing is known but that the figure is at most ``bound``."""
        return cls(float("nan"), float("-inf"), bound)

    def holds(self, figure: float) -> bool:
        """Whether the interval contains ``figure``."""
        return self.low <= figure <= self.high

    def mapped(self, rising: Callable[[float], float]) -> "Interval":
        """The interval of a rising function of the estimate."""
        return Interval(rising(self.value), rising(self.low), rising(self.high))

    def __format__(self, form: str) -> str:
        value, low, high = (format(x, form or ".3f") for x in (self.value, self.low, self.high))
        return f"{value} [{low}, {high}]"

    def __str__(self) -> str:
        return format(self, ".3f")


def student(values: Floats, level: float = 0.95) -> Ends:
    """mean ± t s / sqrt(seeds)."""
    seeds = values.shape[-1]
    half = quantile(0.5 + level / 2, seeds - 1) * values.std(axis=-1, ddof=1) / seeds**0.5
    middle = values.mean(axis=-1)
    return middle - half, middle + half


def resample(seeds: int, resamples: int = RESAMPLES, key: int = 0) -> Floats:
    """How often each seed occurs in each bootstrap sample, divided by the number of seeds  # (resamples, seeds)."""
    rng = np.random.default_rng(np.random.SeedSequence([seeds, resamples, key]))
    return np.asarray(rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=resamples) / seeds)


def percentile(values: Floats, level: float = 0.95, *, shares: Floats | None = None) -> Ends:
    """Quantiles of the bootstrap distribution of the mean (Efron 1979)."""
    shares = resample(values.shape[-1]) if shares is None else shares
    return percentile_ends(values @ shares.T, level)


def bca(values: Floats, level: float = 0.95, *, shares: Floats | None = None) -> Ends:
    """Bias-corrected and accelerated bootstrap of the mean (Efron 1987, J. Amer. Statist. Assoc. 82)."""
    shares = resample(values.shape[-1]) if shares is None else shares
    others = (values.sum(axis=-1, keepdims=True) - values) / (values.shape[-1] - 1)
    return bca_ends(values @ shares.T, values.mean(axis=-1), others, level)


def percentile_ends(replicates: Floats, level: float = 0.95) -> Ends:
    """Quantiles of bootstrap ``replicates`` (..., resamples) of any estimate."""
    low, high = np.quantile(replicates, [0.5 - level / 2, 0.5 + level / 2], axis=-1)
    return low, high


def bca_ends(replicates: Floats, estimate: Floats, others: Floats, level: float = 0.95) -> Ends:
    """BCa interval from ``replicates`` (..., resamples), the ``estimate`` (...), and its values (..., seeds) without
    one seed each, whose skewness gives the acceleration."""
    resamples = replicates.shape[-1]
    below = (replicates < estimate[..., None]).mean(axis=-1) + (replicates == estimate[..., None]).mean(axis=-1) / 2
    bias = _each(NormalDist().inv_cdf, np.clip(below, 0.5 / resamples, 1 - 0.5 / resamples))
    lean = others.mean(axis=-1, keepdims=True) - others
    acceleration = (lean**3).sum(axis=-1) / np.maximum(6 * (lean**2).sum(axis=-1) ** 1.5, 1e-300)
    ordered = np.sort(replicates, axis=-1)
    ends = []
    for side in (0.5 - level / 2, 0.5 + level / 2):
        z = bias + NormalDist().inv_cdf(side)
        share = _each(NormalDist().cdf, bias + z / (1 - acceleration * z))
        place = np.clip(share * (resamples + 1) - 1, 0, resamples - 1)
        under = np.floor(place).astype(int)
        over = np.minimum(under + 1, resamples - 1)
        low, high = (np.take_along_axis(ordered, index[..., None], axis=-1)[..., 0] for index in (under, over))
        ends.append(low + (place - under) * (high - low))
    return ends[0], ends[1]


def _each(function: Callable[[float], float], values: Floats) -> Floats:
    return np.asarray(np.vectorize(function, otypes=[float])(values))
