"""Has a basin one bottom? A second descent, from as far off as the truth is.

With few rows per parameter and many knots the loss of one basin has many minima: phi bends between its knots, A moves
the arguments to where it bends, and both fit noise. Descents creep from one hollow to the next, losses differ by tens
of chi^2 units, and which of them is reached depends on where a descent began. Then no fit is the minimiser to
statistical precision, although all starts agree on the basin.

A descent into one bottom takes few steps. After one that took many, another begins at a random point whose loss is p
chi^2 units higher, p the number of parameters: so much higher is the loss of the truth, on average. The two agree if
their predictions differ by little beside the error of either, whose mean square over the rows is about p L / n.
"""

import numpy as np

from mtam.interaction.model.low_rank import moved, moving
from mtam.interaction.search.multistart import parameters
from mtam.interaction.solver.levenberg_marquardt import Point
from mtam.interaction.solver.varpro import Profile

QUICK = 12  # iterations of a descent that needs no second one
SHARE = 0.1  # of the mean squared error of either fit by which two may differ
NEAR, STRETCH = 0.01, 1.4  # first length of the way off relative to A, and its growth


def elsewhere(profile: Profile, point: Point, rise: float, rng: np.random.Generator) -> Point:
    """A point in a random direction from ``point`` whose loss is at least ``rise`` chi^2 units higher."""
    here = moving(point.u, point.v)
    away = rng.standard_normal(len(here))
    away -= here * (here @ away) / (here @ here)  # along A the loss does not change
    away *= np.linalg.norm(here) / np.linalg.norm(away)
    goal = point.fit.loss * (1 + rise / profile.rows)
    norm, length = float(np.linalg.norm(point.u @ point.v.T)), NEAR
    while True:
        u, v = moved(point.u, point.v, length * away, norm)
        fit = profile.fit(u, v)
        if fit.loss >= goal or length > 1:
            return Point(u, v, fit)
        length *= STRETCH


def alike(profile: Profile, one: Point, other: Point, rank: int) -> bool:
    """Whether two descents ended at one fit, as far as the data can tell."""
    first, second = (profile.residuals(point.u, point.v, point.fit) for point in (one, other))
    error = parameters(profile, rank) * one.fit.loss / profile.rows
    return profile.mean_square(first - second) <= SHARE * error
