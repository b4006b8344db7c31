"""Open questions as rates: how a risk over another one moves with n, and how the critical product of the tags does."""

from collections.abc import Sequence

import numpy as np

from mtam.base.columns import ATTENTION_MASS
from mtam.rates import judge_curves
from mtam.rates.fitting.fit import slopes, student_interval
from mtam.rates.intervals import Interval
from mtam.recall.reading.recall_cells import Array, RecallCell, by_seed, crossing
from mtam.recall.reading.thresholds import LOST

LEAST = 3  # sizes of a rate


def ratio_slope(cell: RecallCell, other: RecallCell) -> Interval | None:
    """The slope of ln(risk / risk of the other cell) on ln n, seed by seed; None for fewer than LEAST sizes.

    Positive: the cell learns at a slower rate. What seeds have in common, as a target's level, drops out.
    """
    ours, theirs = cell.curve("error"), other.curve("error")
    if ours is None or theirs is None or len(np.intersect1d(ours.sizes, theirs.sizes)) < LEAST:
        return None
    return judge_curves.ratio_slope(ours, theirs)


def critical_exponent(cells: Sequence[RecallCell]) -> Interval | None:
    """The exponent of n in 1 - rho*(n), the separation at which the attention mass is one half, seed by seed.

    ``cells`` by rising correlation; rho* is interpolated in ln(1 - rho). None where a mass does not fall through one
    half within the sweep at every size, and for fewer than LEAST sizes.
    """
    sizes = sorted(set.intersection(*(set(cell.sizes) for cell in cells)))
    seeds = sorted(set.intersection(*(set(cell.seeds(n)) for cell in cells for n in sizes))) if sizes else []
    axis: Array = -np.log1p(-np.array([cell.trial.data.correlation for cell in cells]))
    if len(sizes) < LEAST or not seeds:
        return None
    where = [[crossing(axis, row, LOST) for row in by_seed(cells, ATTENTION_MASS, n, seeds)] for n in sizes]
    if any(at is None for row in where for at in row):
        return None
    logs = -np.array(where, dtype=np.float64).T  # ln(1 - rho*), (seeds, sizes)
    return student_interval(slopes(np.log(sizes), logs))
