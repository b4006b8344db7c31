"""The search for several heads: joint descents from chance, mended head by head where they do not agree.

Starts at random matrices for all heads at once mostly reach the best bottom, on coarse splines and few rows. Where two
of them do not agree, or their residuals show structure, the best is mended: one head after the other, those that
explain least first, is taken out, the search for one head is made on what the others leave over (``search.search``,
with its moment starts), and all are descended together. So are deflated starts, which take all heads from residuals.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mtam.interaction.heads.additive_profile import AdditiveProfile, descended
from mtam.interaction.heads.match_heads import cosines, matching
from mtam.interaction.model.low_rank import balance, dimension
from mtam.interaction.search.lack_of_fit import ALARM, residual_structure
from mtam.interaction.search.multistart import (
    ALIKE,
    HESSIAN_ROWS,
    MIDDLE,
    NEAR_COSINE,
    NEAR_LOSS,
    SAME_LOSS,
    SCREENING_ROWS,
    STEPS,
)
from mtam.interaction.search.search import ROUND, coarsen
from mtam.interaction.search.search import search as search_one
from mtam.interaction.simulate.truth import SCALE
from mtam.interaction.solver.levenberg_marquardt import Point
from mtam.interaction.solver.varpro import Profile

Array = npt.NDArray[np.float64]
Tick = Callable[[], None]

BATCH, REFINED = 5, 2  # joint starts screened at a time, and of those refined
SCREENING_STEPS = 8
FEWEST_ROWS = 4000
AGREEING = 2  # refined starts that have to end in one place
BETTER = 3.0  # chi^2 units by which a mended point has to be better to be another one


@dataclass(frozen=True)
class HeadsFit:
    """The best point on all data with the evidence for it."""

    point: Point
    tried: int  # joint starts, and searches for one head
    agreeing: int  # refined starts that ended there
    lack_of_fit: float  # standard deviations

    @property
    def converged(self) -> bool:
        """Two starts agree, residuals show no structure, the bottom is reached. The truth is not consulted."""
        return self.agreeing >= AGREEING and self.lack_of_fit < ALARM and self.point.settled


@dataclass(frozen=True)
class CoarseSamples:
    """The coarse problem on as many rows as each use needs."""

    screen: AdditiveProfile  # to tell bottoms apart
    bends: AdditiveProfile  # for Hessians
    middle: AdditiveProfile  # where candidates are compared

    @classmethod
    def of(cls, profile: Profile, heads: int, rank: int) -> "CoarseSamples":
        """Rows per parameter as in the search for one head."""
        whole = AdditiveProfile(profile)
        count = heads * dimension(profile.x.shape[2], rank)
        screen = whole.first(max(FEWEST_ROWS, SCREENING_ROWS * count))
        return cls(screen, whole.first(HESSIAN_ROWS * count), whole.first(max(screen.rows - 1, whole.rows // MIDDLE)))

    def screened(self, u: Array, v: Array) -> Point:
        """A few steps on few rows."""
        return descended(self.screen, self.screen, self.screen.place(u, v), SCREENING_STEPS)

    def refined(self, point: Point) -> Point:
        """The bottom on the middle sample."""
        return descended(self.middle, self.bends, self.middle.place(point.u, point.v), STEPS)


def search(
    profile: Profile, heads: int, rank: int, max_starts: int, rng: np.random.Generator, tick: Tick = lambda: None
) -> HeadsFit:
    """Minimise the profiled loss over H matrices of rank r; about ``max_starts`` starts at most."""
    coarse = coarsen(profile)
    samples = CoarseSamples.of(coarse, heads, rank)
    found: list[Point] = []
    tried = 0
    while True:
        batch = []
        for _ in range(BATCH):
            tick()
            batch.append(samples.screened(*_chance(heads, profile.x.shape[2], rank, rng)))
        batch.sort(key=lambda point: point.fit.loss)
        found += [samples.refined(point) for point in batch[:REFINED]]
        tried += BATCH
        best, agreeing, evident = _leader(samples.middle, found)
        if evident or tried >= max_starts:
            break
        renewed = list(mended(coarse, samples, best, rng, tick))
        found, tried = found + renewed, tried + len(renewed)
        best, agreeing, evident = _leader(samples.middle, found)
        if evident or tried >= max_starts:
            break
    whole = AdditiveProfile(profile)
    point = finish(whole, whole.place(best.u, best.v))
    return HeadsFit(point, tried, agreeing, _lack(whole, point))


def finish(profile: AdditiveProfile, point: Point) -> Point:
    """The bottom below ``point`` on all data."""
    heads, d, rank = point.u.shape
    return descended(profile, profile.first(HESSIAN_ROWS * heads * dimension(d, rank)), point, STEPS)


def _chance(heads: int, d: int, rank: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Random matrices for all heads  # (H, d, r), (H, d, r)."""
    factors = [balance(rng.standard_normal((d, rank)), rng.standard_normal((d, rank)), SCALE) for _ in range(heads)]
    return np.stack([u for u, _ in factors]), np.stack([v for _, v in factors])


def _leader(profile: AdditiveProfile, found: list[Point]) -> tuple[Point, int, bool]:
    """The best of several points, how many are it, and whether that and its residuals make it evident."""
    best = min(found, key=lambda point: point.fit.loss)
    agreeing = sum(same(profile, point, best) for point in found)
    return best, agreeing, agreeing >= AGREEING and _lack(profile, best) < ALARM


def same(profile: AdditiveProfile, point: Point, best: Point) -> bool:
    """Whether two points are one fit, as far as the data can tell, their heads in any order."""
    gap = abs(point.fit.loss - best.fit.loss) / best.fit.loss
    alike = cosines(point.u, point.v, best.u, best.v)
    worst = float(alike[matching(alike)].min())
    return (profile.rows * gap <= SAME_LOSS and worst >= ALIKE) or (gap <= NEAR_LOSS and worst >= NEAR_COSINE)


def _lack(profile: AdditiveProfile, point: Point) -> float:
    """The largest score of a residual moment, the heads' singular directions taken together."""
    u, v = (np.concatenate(list(part), axis=1) for part in (point.u, point.v))  # (d, H r)
    return residual_structure(profile.single, profile.residuals(point), u, v)


def mended(
    coarse: Profile, samples: CoarseSamples, best: Point, rng: np.random.Generator, tick: Tick
) -> Iterator[Point]:
    """Points reached from ``best`` by finding one of its heads anew, and from each that is better in its turn."""
    improved = True
    while improved:
        improved = False
        for h in _weakest_first(samples.middle, best):
            rest = [g for g in range(len(best.u)) if g != h]
            other = _with_another(coarse, samples, best.u[rest], best.v[rest], rng, tick)
            yield other
            if (best.fit.loss - other.fit.loss) * samples.middle.rows / best.fit.loss > BETTER:
                best, improved = other, True
                break


def _with_another(
    coarse: Profile, samples: CoarseSamples, u: Array, v: Array, rng: np.random.Generator, tick: Tick
) -> Point:
    """The heads given and one more, found in what they leave over; all of them descended together."""
    whole = AdditiveProfile(coarse)
    if len(u):
        point = descended(samples.middle, samples.bends, samples.middle.place(u, v), STEPS)
        u, v, left = point.u, point.v, whole.residuals(whole.place(point.u, point.v))
    else:
        left = coarse.y
    new = search_one(replace(coarse, y=left), v.shape[2], ROUND, rng, tick).point
    return samples.refined(samples.middle.place(np.concatenate([u, new.u[None]]), np.concatenate([v, new.v[None]])))


def _weakest_first(profile: AdditiveProfile, point: Point) -> list[int]:
    """The heads by the variance that they explain, the least first."""
    single = profile.single
    coefficients = point.fit.coefficients.reshape(len(point.u), -1)
    head = single.first(FEWEST_ROWS)
    x = np.asarray(head.x, dtype=np.float64).reshape(-1, single.x.shape[2])
    features = profile.features(x, point.u, point.v).reshape(len(x), len(point.u), -1)
    return [int(h) for h in np.argsort(np.einsum("nhm,hm->nh", features, coefficients).var(axis=0))]
