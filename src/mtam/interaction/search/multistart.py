"""Many starts on little data, few of them on more, until two agree."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from mtam.interaction.model.low_rank import Factors, dimension
from mtam.interaction.simulate.truth import SCALE
from mtam.interaction.solver.gauss_newton import dense
from mtam.interaction.solver.levenberg_marquardt import Point, refine, start
from mtam.interaction.solver.varpro import Profile

BATCH = 5  # starts screened at a time
FEW = 3  # in the first batch where starts are dear: those from the moments and one by chance
REFINED = 2  # of each batch
SCREENING_ROWS, HESSIAN_ROWS = 70, 160  # rows per parameter
PRODUCT_ROWS = 30  # rows per parameter for both where Hessians are never formed
FEWEST_ROWS = 4000
SCREENING_STEPS = 5
STEPS = 40  # limit of a refinement; typical: 3 to 10
MIDDLE = 8  # candidates are refined and compared on one sample in eight
SAME_LOSS, ALIKE = 0.5, 0.9  # losses that cannot be told apart, in chi^2 units, at A's with such a cosine at least
NEAR_LOSS, NEAR_COSINE = 0.02, 0.99  # or: nearly the same loss at nearly the same A (iterations stall at kinks of phi)


@dataclass(frozen=True)
class Basin:
    """The best point of a search and how much speaks for it."""

    point: Point
    tried: int  # starts
    agreeing: int  # refined starts that ended there


def head(profile: Profile, rows: int) -> Profile:
    """The first samples that hold at least so many rows."""
    return profile.first(max(rows, FEWEST_ROWS))


def parameters(profile: Profile, rank: int) -> int:
    """The dimension of the matrices of rank r."""
    return dimension(int(profile.x.shape[2]), rank)


def hessian_sample(profile: Profile, rank: int) -> Profile:
    """Enough samples for a Hessian at rank r; fewer rows per parameter where products with it are dear."""
    return head(profile, (HESSIAN_ROWS if formed(profile, rank) else PRODUCT_ROWS) * parameters(profile, rank))


def screening_sample(profile: Profile, rank: int) -> Profile:
    """Enough samples to tell basins apart."""
    return head(profile, (SCREENING_ROWS if formed(profile, rank) else PRODUCT_ROWS) * parameters(profile, rank))


def middle_sample(profile: Profile, rank: int) -> Profile:
    """The samples on which candidates are compared."""
    return profile.head(max(len(screening_sample(profile, rank).x), len(profile.x) // MIDDLE))


def formed(profile: Profile, rank: int) -> bool:
    """Whether the Hessian at rank r is formed."""
    return dense(np.empty((profile.x.shape[2], rank)))


def search(profile: Profile, candidates: Iterator[Factors], rank: int, limit: int, tick: Callable[[], None]) -> Basin:
    """Take starts from ``candidates``, at most ``limit``, until two refined ones agree on the best loss."""
    screen = screening_sample(profile, rank)
    sample, middle = hessian_sample(profile, rank), middle_sample(profile, rank)
    bends = screen if len(sample.x) > len(screen.x) else sample
    waiting: list[Point] = []
    found: list[Point] = []
    tried = 0
    while tried < limit:
        batch = FEW if tried == 0 and not formed(profile, rank) else BATCH
        for _ in range(min(batch, limit - tried)):
            point = start(screen, *next(candidates), SCALE)
            waiting.append(refine(screen, bends, point, SCREENING_STEPS, tick))
            tried += 1
        waiting.sort(key=lambda point: point.fit.loss)
        found += [
            refine(middle, sample, start(middle, point.u, point.v, SCALE), STEPS, tick) for point in waiting[:REFINED]
        ]
        waiting = waiting[REFINED:]
        best = min(found, key=lambda point: point.fit.loss)
        agreeing = sum(same(middle, point, best) for point in found)
        if agreeing >= 2:
            break
    return Basin(best, tried, agreeing)


def same(profile: Profile, point: Point, best: Point) -> bool:
    """Whether two points of one problem lie in one basin, as far as the data can tell."""
    gap = abs(point.fit.loss - best.fit.loss) / best.fit.loss
    inner = np.sum((point.u.T @ best.u) * (point.v.T @ best.v))  # <A, B> = tr(U_A^T U_B (V_A^T V_B)^T)
    cosine = abs(float(inner)) / SCALE**2
    # In many dimensions wrong basins have nearly equal losses: the loss alone would make chance look like agreement.
    alike = profile.rows * gap <= SAME_LOSS and cosine >= ALIKE
    return alike or (gap <= NEAR_LOSS and cosine >= NEAR_COSINE)
