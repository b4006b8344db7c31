"""The numbers of the finished trials of one cell, by sample size and seed: what the readings of the papers look at."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mtam.rates.curve import Curve
from mtam.rates.laws import Floats

Numbers = Mapping[str, Any]


@dataclass(frozen=True)
class TrialNumbers:
    """All trials that differ in sample size and seed only."""

    numbers: Mapping[tuple[int, int], Numbers]  # by (n, seed)

    @property
    def sizes(self) -> list[int]:
        """The sample sizes, rising."""
        return sorted({n for n, _ in self.numbers})

    @property
    def size_axis(self) -> Floats:
        """The same for arithmetic  # (sizes,)."""
        return np.array(self.sizes, dtype=float)

    def seeds(self, n: int) -> list[int]:
        """The seeds with numbers at a size."""
        return sorted(seed for size, seed in self.numbers if size == n)

    @property
    def complete(self) -> tuple[int, ...]:
        """The seeds that have every size."""
        seeds = sorted({seed for _, seed in self.numbers})
        return tuple(seed for seed in seeds if all((n, seed) in self.numbers for n in self.sizes))

    def values(self, name: str, n: int) -> Floats:
        """One number at a size, seed by seed; NaN where a record lacks it  # (seeds,)."""
        return np.array([float(self.numbers[n, seed].get(name, np.nan)) for seed in self.seeds(n)])

    def matrix(self, name: str) -> Floats | None:
        """One number of every record of the complete seeds  # (seeds, sizes); None where one lacks it."""
        rows = [[self.numbers[n, seed] for n in self.sizes] for seed in self.complete]
        if not rows or any(name not in record for row in rows for record in row):
            return None
        return np.array([[float(record[name]) for record in row] for row in rows])

    def curve(self, name: str) -> Curve | None:
        """The same as a curve. Differences of errors may be negative."""
        values = self.matrix(name)
        return None if values is None else Curve(self.size_axis, self.complete, values, ())
