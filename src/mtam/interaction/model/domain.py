"""Where phi lives, taken from the data: the arguments u = x^T A y at the fitted A.

Simulated truths are constant beyond three standard deviations of u, and so is the spline there. Of data from elsewhere
nothing of the kind is known. At random A the arguments say little of those at the fitted one, so the domain is set when
a search has found A, and again when A has moved: [-1, 1] takes in every argument of the data and a margin, A being
scaled for it. phi bends where arguments are: up to the last few rows' worth at either end, which cannot tell how, and
beyond them it is a straight line. How many those are is fixed, not their share, so that what is left unresolved
vanishes as samples are added; where K is chosen from the data, so are the ends, among a few. Where single arguments lie
so far out that most of the domain would be empty, it ends before them, and phi is constant there.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mtam.interaction.estimators.choose_k import Criterion, best
from mtam.interaction.solver.levenberg_marquardt import Point
from mtam.interaction.solver.row_sums import BLOCK_ROWS, double
from mtam.interaction.solver.varpro import Profile

Array = npt.NDArray[np.float64]

BEYOND = 4  # rows' worth of arguments at either end over which phi is a line
OTHERS = (1, 16, 64)  # the same, where the data choose
MOST_BEYOND = 0.02  # of all arguments
MARGIN = 1.25  # of the domain over the largest |u|
FURTHEST = 4.0  # times the part where phi bends: no domain is larger
ALIKE = 1e-6  # of the largest |u|: arguments that are all alike but for a few
KEPT = 2**16  # arguments kept for the basis


@dataclass(frozen=True)
class Arguments:
    """What is known of u_ij over all pairs."""

    some: Array  # of pairs of samples spread evenly over the data (n,)
    largest: float  # |u|
    low: Array  # the lowest, in order
    high: Array  # the highest, from the highest on


def domain(profile: Profile, point: Point) -> Profile:
    """The same problem with phi's domain from the arguments at the A of ``point``, whose scale is another one then."""
    found = arguments(profile, point.u, point.v, BEYOND * (profile.tokens - 1))
    low, high = float(found.low[-1]), float(found.high[-1])
    if high - low <= ALIKE * found.largest:  # nothing to go by
        return profile
    reach = min(MARGIN * found.largest, FURTHEST * max(-low, high))
    norm = float(np.linalg.norm(point.u @ point.v.T)) / reach
    return replace(profile, norm=norm, inner=(low / reach, high / reach), arguments=found.some / reach).on(
        profile.space.bending
    )


def ends(profile: Profile, point: Point, criterion: Criterion) -> Profile:
    """The same problem with the ends of where phi bends chosen at the A of ``point``; its knots stay where they are."""
    if profile.inner is None or profile.space.bends is None:
        return profile
    wanted = [count * (profile.tokens - 1) for count in OTHERS]
    most = [count for count in wanted if count <= MOST_BEYOND * profile.rows * (profile.tokens - 1)]
    found = arguments(profile, point.u, point.v, max(most, default=1))
    candidates = [profile]
    for count in most:
        low, high = max(-1.0, float(found.low[count])), min(1.0, float(found.high[count]))
        if high - low >= ALIKE:
            width = 2 / profile.space.intervals
            first = min(int((low + 1) / width), profile.space.intervals - 1)
            bends = first, min(profile.space.intervals, max(first + 1, math.ceil((high + 1) / width)))
            candidates.append(replace(profile, inner=(low, high), space=replace(profile.space, bends=bends)))
    candidates.sort(key=lambda problem: problem.space.bending)
    return candidates[best(candidates, point.u, point.v, criterion)]


def arguments(profile: Profile, u: Array, v: Array, beyond: int) -> Arguments:
    """One pass over the arguments at A = u v^T in whitened coordinates  # (d, r), (d, r).

    With so many of the lowest and the highest, and one more.
    """
    samples, tokens = profile.y.shape
    others = ~np.eye(tokens, dtype=bool)
    left, right = profile.white @ u, profile.white @ v
    step, block = max(1, -(-samples * tokens * (tokens - 1) // KEPT)), max(1, BLOCK_ROWS // tokens)
    kept: list[Array] = []
    low, high = np.empty(0), np.empty(0)
    for first in range(0, samples, block):
        part = slice(first, first + block)
        x = double(profile.x[part])
        at = (x @ left) @ (x @ right).transpose(0, 2, 1)
        at = at[:, others] if profile.layout is None else at[profile.layout[part].pairs()]
        kept.append(at[-first % step :: step].ravel())
        low = _lowest(np.concatenate([low, at.ravel()]), beyond)
        high = _lowest(np.concatenate([high, -at.ravel()]), beyond)
    low, high = np.sort(low), -np.sort(high)
    return Arguments(np.concatenate(kept), float(max(-low[0], high[0])), low, high)


def _lowest(values: Array, count: int) -> Array:
    """The ``count + 1`` lowest, or all if there are no more."""
    return values if len(values) <= count + 1 else np.partition(values, count)[: count + 1]
