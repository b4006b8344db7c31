"""How much a slope depends on the sizes it is fitted to, and what it is between neighbouring sizes."""

from dataclasses import dataclass

import numpy as np

from mtam.rates import intervals
from mtam.rates.fitting.fit import fit, over_seeds
from mtam.rates.intervals import Interval
from mtam.rates.laws import Floats, Law

MANY = 1000  # sizes beyond which only the first of them and the smaller half are left out
FIRSTS = 32  # first sizes that are tried; of more sizes, so many of them


@dataclass(frozen=True)
class Later:
    """The slope on the law's axis from the size ``smallest`` on."""

    smallest: float
    sizes: int
    slope: Interval | None


def leave_smallest_out(
    law: Law, sizes: Floats, errors: Floats, level: float = 0.95, *, floor: bool = False, single: bool = False
) -> list[Later]:
    """The slope as the smallest sizes are left out one by one, down to three sizes (five with a floor).

    A slope that drifts with them belongs to these sizes and not to the law. ``errors`` is (seeds, sizes), positive,
    with NaN where a seed lacks a size if they are ``single`` (see ``fit``).
    """
    fewest = 5 if floor else 3
    told, last, half = [], max(len(sizes) - fewest, 0), len(sizes) // 2
    if len(sizes) > MANY:
        last = min(half, 2)
    firsts = (
        range(last + 1) if last < FIRSTS else sorted({0, 1, 2, min(half, last), *range(0, last + 1, last // FIRSTS)})
    )
    for first in firsts:
        rest = errors[:, first:]
        several = rest[np.isfinite(rest).sum(axis=1) > 1] if single else rest
        found = fit(law, sizes[first:], several, level, floor=floor, single=single) if len(several) else None
        told.append(Later(float(sizes[first]), len(sizes) - first, found.slope if found else None))
    return told


def local_intervals(sizes: Floats, errors: Floats, level: float = 0.95) -> list[Interval | None]:
    """d ln error / d ln n from each size to the next, with intervals over seeds; ``errors`` (seeds, sizes).

    Where seeds lack sizes (NaN) over those that have both.
    """
    local = np.diff(np.log(errors), axis=1) / np.diff(np.log(sizes))  # (seeds, sizes - 1)
    if np.isfinite(local).all() and len(local) > 1:
        ends = zip(local.mean(axis=0), *intervals.student(local.T, level), strict=True)
        return [Interval(float(value), float(low), float(high)) for value, low, high in ends]
    return [over_seeds(each[np.isfinite(each)], level) for each in local.T]
