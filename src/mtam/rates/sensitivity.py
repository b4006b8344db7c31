"""How much a slope depends on the sizes it is fitted to, and what it is between neighbouring sizes."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mtam.rates.fit import fit, over_seeds
from mtam.rates.intervals import Interval
from mtam.rates.laws import Floats, Law


@dataclass(frozen=True)
class Later:
    """The slope on the law's axis from the size ``smallest`` on."""

    smallest: float
    sizes: int
    slope: Interval | None


def leave_smallest_out(
    law: Law, sizes: Floats, errors: Floats, level: float = 0.95, *, floor: bool = False
) -> list[Later]:
    """The slope as the smallest sizes are left out one by one, down to three sizes (five with a floor).

    A slope that drifts with them belongs to these sizes and not to the law. ``errors`` is (seeds, sizes), positive.
    """
    fewest = 5 if floor else 3
    told = []
    for first in range(max(len(sizes) - fewest, 0) + 1):
        found = fit(law, sizes[first:], errors[:, first:], level, floor=floor)
        told.append(Later(float(sizes[first]), len(sizes) - first, found.slope if found else None))
    return told


def local_intervals(sizes: Floats, errors: Floats, level: float = 0.95) -> list[Interval | None]:
    """d ln error / d ln n from each size to the next, with intervals over seeds; ``errors`` (seeds, sizes)."""
    logs, x = np.log(errors), np.log(sizes)
    return [over_seeds((logs[:, j] - logs[:, i]) / (x[j] - x[i]), level) for i, j in pairwise(range(len(sizes)))]
