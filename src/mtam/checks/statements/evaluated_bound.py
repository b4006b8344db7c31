"""A bound with its constants beside what it bounds, at several sizes."""

from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mtam.base.finding import JudgedStatement
from mtam.base.table import Cell
from mtam.rates.intervals import Interval
from mtam.rates.verdict import Verdict

Array = NDArray[np.float64]
ROUNDING = 1e-9  # relative: what is exact may touch its bound
SURE = 0.99  # that no simulated truth lies outside its interval, at all sizes together


@dataclass(frozen=True)
class EvaluatedBound:
    """A bound and the truth at several sizes. The truth is known exactly, or lies between ``low`` and ``high``."""

    key: str
    source: str
    sentence: str
    side: Literal["upper", "lower"]  # of the truth
    at: tuple[str, ...]  # the sizes in words
    bounds: Array  # (sizes,)
    low: Array  # (sizes,)
    high: Array  # (sizes,)
    how: str  # how the truth was had
    violated: str = ""  # the assumption that does not hold here
    ratios: Array = field(init=False)  # truth over bound: at most 1 for an upper bound; the end that would break it

    def __post_init__(self) -> None:
        nearest = self.high if self.side == "upper" else self.low
        object.__setattr__(self, "ratios", nearest / self.bounds)

    @property
    def holds(self) -> bool:
        """Whether the whole of what the truth may be lies on the right side at every size."""
        slack = ROUNDING * np.abs(self.bounds)
        if self.side == "upper":
            return bool(np.all(self.high <= self.bounds + slack))
        return bool(np.all(self.low >= self.bounds - slack))

    @property
    def broken(self) -> bool:
        """Whether at some size all of what the truth may be lies on the wrong side."""
        slack = ROUNDING * np.abs(self.bounds)
        if self.side == "upper":
            return bool(np.any(self.low > self.bounds + slack))
        return bool(np.any(self.high < self.bounds - slack))

    @property
    def verdict(self) -> JudgedStatement:
        """Supported where the bound holds at every size, contradicted where it is broken at one."""
        said = Verdict.SUPPORTED if self.holds else Verdict.CONTRADICTED if self.broken else Verdict.UNDECIDED
        told = (
            f"truth over bound {self.ratios.min():.3g} .. {self.ratios.max():.3g} at {len(self.at)} sizes; {self.how}"
        )
        if self.violated:
            said, told = Verdict.OUTSIDE, f"{self.violated}; {told}"
        closest = self.ratios.max() if self.side == "upper" else self.ratios.min()
        return JudgedStatement(key=self.key, claim=self.sentence, said=said, because=told, value=float(closest))

    @property
    def rows(self) -> list[list[Cell]]:
        """Statement, size, bound, truth, ratio."""
        truths = [_truth(float(a), float(b)) for a, b in zip(self.low, self.high, strict=True)]
        return [
            [self.key, where, self.side, float(bound), truth, float(ratio)]
            for where, bound, truth, ratio in zip(self.at, self.bounds, truths, self.ratios, strict=True)
        ]


def _truth(low: float, high: float) -> Cell:
    if low == high:
        return low
    return f"at least {low:g}" if np.isinf(high) else Interval((low + high) / 2, low, high)


def simulated(values: Array, errors: Array) -> tuple[Array, Array]:
    """The ends between which estimates with these standard errors hold the truth, all at once with ``SURE``."""
    z = NormalDist().inv_cdf(1 - (1 - SURE) / 2 / len(values))
    return values - z * errors, values + z * errors
