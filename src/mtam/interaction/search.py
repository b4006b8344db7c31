"""Which basin: many starts on little data, few on more, until two agree.

A has rank r, so all that matters happens in the span of its column and row spaces, of dimension at most 2r. Moments of
the data estimate both spaces; with the tokens projected there the problem is the same one in dimension 2r instead
of d, where many starts cost little. Its winner is lifted back and polished. Where 2r is no smaller than d,
or where starts do not agree, the search runs in all of R^d.

Searches use coarse cubic splines whatever the final space is. With few knots most random starts reach the best
basin; with the many knots of the final fit phi adapts to a wrong A and most of them get stuck.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mtam.interaction.factors import Factors
from mtam.interaction.levenberg import Point, refine, start
from mtam.interaction.profile import Profile
from mtam.interaction.splines import SplineSpace
from mtam.interaction.starts import spaces, starts
from mtam.interaction.truth import SCALE

Array = npt.NDArray[np.float64]

BATCH = 5  # starts screened at a time
REFINED = 2  # of each batch
SCREENING_ROWS = 60  # rows per parameter
HESSIAN_ROWS = 150  # rows per parameter
REDUCED_ROWS = 400  # rows per parameter of the projected problem
FEWEST_ROWS = 4000
SCREENING_STEPS = 5
STEPS = 60  # limit of a refinement; typical: 3 to 10
COARSE = 6  # intervals; even, so that a kink of phi at zero meets a knot
MIDDLE = 8  # candidates are refined and compared on one sample in eight; only the best one sees all data
SAME_LOSS = 0.5  # chi^2 units: two starts agree when their losses cannot be told apart


@dataclass(frozen=True)
class Search:
    """What a search has found."""

    best: Point
    tried: int  # starts
    agreeing: int  # starts that ended at the best loss
    hessian: int  # samples that suffice for a Hessian


def search(profile: Profile, rank: int, max_starts: int, rng: np.random.Generator, tick: Callable[[], None]) -> Search:
    """The most promising basin of the profiled loss over matrices of rank r."""
    d = profile.x.shape[2]
    profile = coarsen(profile)
    if 2 * rank >= d:
        return _search(profile, starts(profile, rank, SCALE, rng), rank, max_starts, tick)
    columns, rows = spaces(profile, rank)
    frame = np.linalg.qr(np.concatenate([columns, rows], axis=1))[0]  # (d, 2r)
    small = _head(profile, REDUCED_ROWS * 4 * rank**2)
    projected = replace(small, x=small.x @ (profile.white @ frame), white=np.eye(2 * rank))
    inner = _search(projected, starts(projected, rank, SCALE, rng), rank, max_starts, tick)
    lifted = (frame @ inner.best.u, frame @ inner.best.v)
    enough = inner.agreeing >= 2
    candidates = itertools.chain([lifted], starts(profile, rank, SCALE, rng))
    outer = _search(profile, candidates, rank, 1 if enough else max_starts, tick)
    if enough:
        return Search(outer.best, inner.tried, inner.agreeing, outer.hessian)
    return Search(outer.best, inner.tried + outer.tried, outer.agreeing, outer.hessian)


def coarsen(profile: Profile) -> Profile:
    """The same data with a cubic spline of few intervals."""
    space = SplineSpace(min(3, profile.space.degree), min(COARSE, profile.space.intervals))
    return replace(profile, space=space)


def _head(profile: Profile, rows: int) -> Profile:
    return profile.head(max(rows, FEWEST_ROWS) // profile.tokens + 1)


def _search(
    profile: Profile, candidates: Iterator[Factors], rank: int, max_starts: int, tick: Callable[[], None]
) -> Search:
    parameters = 2 * rank * profile.x.shape[2]
    screen, sample = _head(profile, SCREENING_ROWS * parameters), _head(profile, HESSIAN_ROWS * parameters)
    middle = profile.head(max(len(screen.x), len(profile.x) // MIDDLE))
    waiting: list[Point] = []
    found: list[Point] = []
    tried = 0
    while tried < max_starts:
        for _ in range(min(BATCH, max_starts - tried)):
            point = start(screen, *next(candidates), SCALE)
            waiting.append(refine(screen, screen, point, SCREENING_STEPS, tick))
            tried += 1
        waiting.sort(key=lambda point: point.fit.loss)
        found += [
            refine(middle, sample, start(middle, point.u, point.v, SCALE), STEPS, tick) for point in waiting[:REFINED]
        ]
        waiting = waiting[REFINED:]
        if _agreeing(middle, found) >= 2:
            break
    best = min(found, key=lambda point: point.fit.loss)
    return Search(best, tried, _agreeing(middle, found), len(sample.x))


def _agreeing(profile: Profile, found: list[Point]) -> int:
    best = min(point.fit.loss for point in found)
    return sum(profile.rows * (point.fit.loss - best) <= SAME_LOSS * best for point in found)
