"""The empirical risk minimiser over splines x matrices of rank r, from tokens and responses to a fitted interaction."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mtam.base.compile_time import Stopwatch
from mtam.interaction.estimators.choose_k import SMOOTH, Criterion, choose, grid
from mtam.interaction.model.domain import domain, ends
from mtam.interaction.model.row_layout import RowLayout, pairs_of, part_of
from mtam.interaction.model.splines import Spline, SplineSpace
from mtam.interaction.search.lack_of_fit import lack_of_fit
from mtam.interaction.search.search import Search, confirm, gain, polish, search
from mtam.interaction.simulate.truth import SCALE
from mtam.interaction.solver.levenberg_marquardt import start
from mtam.interaction.solver.row_sums import Data, double
from mtam.interaction.solver.varpro import Profile, whitener

Array = npt.NDArray[np.float64]

ARGUMENTS = 2**13  # arguments u behind the orthonormal basis


@dataclass(frozen=True)
class Erm:
    """A fitted interaction g(x, y) = phi(x^T A y)."""

    matrix: Array  # A (d, d), in the coordinates of the tokens as given
    phi: Spline
    loss: float  # mean squared residual, without ridge and penalty
    converged: bool  # see search.Search.converged
    starts: int
    agreeing: int
    lack_of_fit: float  # standard deviations, see adequacy.lack_of_fit
    iterations: int  # of the final refinement on all data
    seconds: float  # processor time of the fit
    at_end: bool = False  # whether the data chose the largest K that was tried, or no smoothing
    smoothing: float | None = None  # lambda of a penalised phi, see ``solver.reml``
    freedom: float = 0.0  # degrees of freedom of phi; effective ones where it is penalised

    def g(self, x: Array, y: Array) -> Array:
        """g(x, y)  # (n, d), (n, d) -> (n,)."""
        return self.phi(np.einsum("nd,nd->n", x @ self.matrix, y))


@dataclass(frozen=True)
class ErmOptions:
    """How the least squares problem is solved."""

    max_starts: int = 40
    criterion: Criterion | None = None  # by which the number of intervals is chosen from the data; None: as given
    device: str = "cpu"  # where passes over the data run, see ``Profile``
    wide: bool = False  # phi's domain comes from the data, see ``domain``; else three standard deviations of u
    beta: float = SMOOTH  # the least smoothness of phi in question, which ends the grid of intervals
    penalised: bool = False  # phi is a penalised spline on the intervals as given, smoothed by REML
    layout: RowLayout | None = None  # None: every token is there, acts on all others, and counts alike


def prepare(
    x: Data,
    y: Array,
    rank: int,
    space: SplineSpace,
    rng: np.random.Generator,
    device: str = "cpu",
    layout: RowLayout | None = None,
) -> Profile:
    """The profiled problem: whitening, and arguments of a random A for its basis."""
    white = whitener(x, layout)
    d, tokens = x.shape[2], x.shape[1]
    head = double(x[: max(1, ARGUMENTS // (tokens * (tokens - 1)))])
    u, v = rng.standard_normal((2, d, rank))
    u = u * np.sqrt(SCALE / np.linalg.norm(u @ v.T))
    v = v * np.sqrt(SCALE / np.linalg.norm(u @ v.T))
    arguments = (head @ (white @ u)) @ (head @ (white @ v)).transpose(0, 2, 1)
    pairs = arguments[pairs_of(part_of(layout, slice(len(head))), len(head), tokens)]
    return Profile(x, y, white, space, pairs, device, layout=layout)


def fit(
    x: Data,
    y: Array,
    rank: int,
    space: SplineSpace,
    rng: np.random.Generator,
    options: ErmOptions = ErmOptions(),
    tick: Callable[[], None] = lambda: None,
) -> Erm:
    """min over phi in ``space`` and A of rank <= r of sum_i (Y_i - (N-1)^{-1} sum_{j != i} phi(X_i^T A X_j))^2.

    x (M, N, d), y (M, N). With a criterion the number of intervals is chosen from the data at the A found with
    ``space``, and A is polished with the chosen one. A penalty is chosen at the A of the coarse search instead, see
    ``search.search``. In d = 1 the matrix is a scalar that phi absorbs, and the fit is linear least squares.
    """
    watch, at_end = Stopwatch(), False
    wide, criterion = options.wide, options.criterion
    profile = prepare(x, y, rank, space, rng, options.device, options.layout)
    if x.shape[2] == 1:
        one = np.full((1, 1), np.sqrt(SCALE))
        point = start(profile, one, one, SCALE)
        if wide:
            profile = domain(profile, point)
            point = start(profile, one, one, profile.norm)
        smoothing = None
        if options.penalised:
            profile, fitted, smoothing = profile.smoothed(point.fit, point.u, point.v)
            point = replace(point, fit=fitted)
        point = replace(point, decrement=0.0)
        lack, explained = lack_of_fit(profile, point), gain(profile, point, rank)
        found = Search(point, 1, 1, lack, explained, required=1, smoothing=smoothing)
    else:
        found = search(profile, rank, options.max_starts, rng, tick, wide, options.penalised)
        profile = found.profile or profile
    if criterion is not None:
        point = found.point
        if wide:  # A has moved since
            profile = domain(profile, point)
            point = start(profile, point.u, point.v, profile.norm)
        intervals = choose(profile, point.u, point.v, criterion, options.beta)
        at_end = intervals == grid(len(x), options.beta)[-1]
        profile = profile.on(intervals)
        profile = ends(profile, point, criterion) if wide else profile
        point = start(profile, point.u, point.v, profile.norm)
        point = replace(point, decrement=0.0) if x.shape[2] == 1 else polish(profile, point, rank, tick)
        found = replace(found, point=point, lack_of_fit=lack_of_fit(profile, point))
    if x.shape[2] > 1:
        found = confirm(profile, found, rank, rng, tick)
    at_end = at_end or (found.smoothing is not None and found.smoothing.at_end)
    return replace(_answer(profile, found, watch.cpu), at_end=at_end)


def _answer(profile: Profile, found: Search, seconds: float) -> Erm:
    point = found.point
    matrix = (profile.white @ point.u) @ (profile.white @ point.v).T
    if profile.norm != SCALE:
        matrix *= SCALE / profile.norm
    return Erm(
        matrix,
        profile.spline(point.fit),
        profile.squared_residual(point.fit),
        found.converged,
        found.tried,
        found.agreeing,
        found.lack_of_fit,
        point.iterations,
        seconds,
        smoothing=profile.smoothing,
        freedom=profile.freedom(point.fit),
    )
