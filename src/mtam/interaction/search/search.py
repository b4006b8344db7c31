"""Which basin of the loss: rounds of starts, each in a larger space than the last, until the evidence suffices.

A has rank r, so all that matters happens in the span of its column and row spaces, of dimension at most 2r. Moments of
the data estimate both; with the tokens projected there the problem is the same one in dimension 2r instead of d,
and many starts cost little. The winner is lifted back and polished on all data. The search ends when two starts
agree on it, it explains more than noise would, and its residuals show no structure. Where only agreement is missing,
the next round starts inside the spaces of the polished A; where the residuals show structure, in a space enlarged by
what they point at, and in the end in R^d.

Searches use coarse cubic splines whatever the final space is. With few knots most random starts reach the best
basin; with the many knots of the final fit phi adapts to a wrong A and most of them get stuck.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mtam.interaction.model.domain import domain
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.search import multistart, second_descent
from mtam.interaction.search.lack_of_fit import ALARM, lack_of_fit
from mtam.interaction.search.moment_starts import spaces, starts
from mtam.interaction.search.multistart import STEPS, Basin, hessian_sample, middle_sample
from mtam.interaction.simulate.truth import SCALE
from mtam.interaction.solver.levenberg_marquardt import Point, assessed, refine, start
from mtam.interaction.solver.reml import Smoothing
from mtam.interaction.solver.varpro import Profile

Array = npt.NDArray[np.float64]
Tick = Callable[[], None]

COARSE = 6  # intervals; even, so that a kink of phi at zero meets a knot
REDUCED_ROWS = 500  # rows per parameter of a projected problem
ROUND = 15  # starts per round, at most
NOISE_GAIN = 8.0  # basins that have nothing of A in them were measured to gain 2 to 6 chi^2 units per parameter


@dataclass(frozen=True)
class Search:
    """The best point on all data, in the full spline space, with the evidence for it."""

    point: Point
    tried: int  # starts
    agreeing: int  # starts of the round that found it which ended there
    lack_of_fit: float  # standard deviations
    gain: float = np.inf  # see ``gain``
    required: int = 2  # starts that have to agree
    unique: bool = True  # whether a second descent, where one was due, ended alike
    profile: Profile | None = None  # the problem that the point solves, where domain or smoothing came from the data
    smoothing: Smoothing | None = None  # of phi, where it is penalised

    @property
    def evident(self) -> bool:
        """The basin was reached as often as required, explains more than noise, and leaves residuals no structure."""
        return self.agreeing >= self.required and self.gain > NOISE_GAIN and self.lack_of_fit < ALARM

    @property
    def converged(self) -> bool:
        """The basin is evident and its one bottom is reached, to statistical precision. The truth is not consulted."""
        return self.evident and self.point.settled and self.unique


def search(
    profile: Profile,
    rank: int,
    max_starts: int,
    rng: np.random.Generator,
    tick: Tick,
    wide: bool = False,
    penalised: bool = False,
) -> Search:
    """Minimise the profiled loss over matrices of rank r; about ``max_starts`` starts at most.

    ``wide``: phi's domain from the arguments at the A that is found, see ``domain``. ``penalised``: phi is a penalised
    spline, its smoothing chosen at the A of the coarse splines and kept. Chosen again at a polished A it would be too
    small: that A follows the noise which phi has fitted, and there the noise looks like signal.
    """
    coarse = coarsen(profile)
    middle = middle_sample(coarse, rank)
    everywhere = starts(coarse, rank, SCALE, rng)
    columns, rows = spaces(coarse, coarse.y, rank)
    frame = np.concatenate([columns, rows], axis=1)
    champion: Point | None = None  # of the coarse problem, on the middle sample
    best: Search | None = None
    tried, confirmed = 0, False
    while best is None or not (best.evident or tried >= max_starts):
        limit = min(ROUND, max_starts - tried)
        if frame.shape[1] < profile.x.shape[2]:
            basin = _projected(coarse, frame, rank, limit, rng, tick)
        else:
            basin = multistart.search(coarse, everywhere, rank, limit, tick)
        tried += basin.tried
        if champion is not None and best is not None and multistart.same(middle, basin.point, champion):
            best = replace(best, tried=tried, agreeing=best.agreeing + basin.agreeing)
        elif champion is None or best is None or basin.point.fit.loss < champion.fit.loss:
            champion = basin.point
            whole = domain(profile, champion) if wide else profile
            begin, smoothing = start(whole, champion.u, champion.v, whole.norm), None
            if penalised:
                whole, fit, smoothing = whole.smoothed(begin.fit, begin.u, begin.v)
                begin = replace(begin, fit=fit)
            point = polish(whole, begin, rank, tick)
            lack, explained = lack_of_fit(whole, point), gain(whole, point, rank)
            best = Search(point, tried, basin.agreeing, lack, explained, profile=whole, smoothing=smoothing)
        else:
            best = replace(best, tried=tried)
        if best.lack_of_fit < ALARM and not confirmed:
            frame, confirmed = np.concatenate([champion.u, champion.v], axis=1), True
        else:
            residuals = middle.residuals(champion.u, champion.v, champion.fit)
            frame = np.concatenate([frame, champion.u, champion.v, *spaces(middle, residuals, rank)], axis=1)
    return best


def polish(profile: Profile, point: Point, rank: int, tick: Tick) -> Point:
    """Refine on all data; where that took long or seems unfinished, with the decrement of where it ended."""
    sample = hessian_sample(profile, rank)
    found = refine(profile, sample, point, STEPS, tick)
    return found if found.settled and found.iterations <= second_descent.QUICK else assessed(profile, sample, found)


def confirm(profile: Profile, found: Search, rank: int, rng: np.random.Generator, tick: Tick) -> Search:
    """After a long descent one from elsewhere: whether both end alike, and the better one; see ``second_descent``."""
    if not found.converged or found.point.iterations <= second_descent.QUICK:
        return found
    begin = second_descent.elsewhere(profile, found.point, multistart.parameters(profile, rank), rng)
    other = polish(profile, begin, rank, tick)
    best = min(found.point, other, key=lambda point: point.fit.loss)
    return replace(found, point=best, unique=second_descent.alike(profile, found.point, other, rank))


def gain(profile: Profile, point: Point, rank: int) -> float:
    """Chi^2 units per parameter of A by which the loss lies below that of a constant, beyond what phi gains alone.

    At any A the K + s coefficients of phi (its degrees of freedom, if it is penalised) fit K + s - 1 units of noise on
    average, and rarely three deviations more.
    """
    explained = profile.variance / max(point.fit.loss, 1e-300) - 1
    free = profile.freedom(point.fit) - 1
    return float(profile.rows * explained - free - 3 * np.sqrt(2 * free)) / multistart.parameters(profile, rank)


def coarsen(profile: Profile) -> Profile:
    """The same data with a spline of at most cubic degree on few intervals."""
    space = SplineSpace(min(3, profile.space.degree), min(COARSE, profile.space.intervals))
    return replace(profile, space=space)


def _projected(profile: Profile, span: Array, rank: int, limit: int, rng: np.random.Generator, tick: Tick) -> Basin:
    """The best basin with the column and row spaces of A inside ``span``, lifted to R^d and polished there."""
    frame = np.linalg.qr(span)[0]  # (d, k)
    width = frame.shape[1]
    small = multistart.head(profile, REDUCED_ROWS * rank * (2 * width - rank))
    inner = replace(small, x=small.x @ (profile.white @ frame), white=np.eye(width))
    basin = multistart.search(inner, starts(inner, rank, SCALE, rng), rank, limit, tick)
    middle, sample = multistart.middle_sample(profile, rank), multistart.hessian_sample(profile, rank)
    lifted = start(middle, frame @ basin.point.u, frame @ basin.point.v, SCALE)
    return replace(basin, point=refine(middle, sample, lifted, STEPS, tick))
