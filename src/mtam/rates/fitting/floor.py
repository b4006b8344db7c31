"""Laws with an additive floor, error = floor + C exp(b t(n)), by variable projection over b.

Given b the model is linear: floor >= 0 and C >= 0 follow from a 2 x 2 non-negative least-squares problem in closed
form (Golub and Pereyra 1973, SIAM J. Numer. Anal. 10, for the projection). What remains is a function of b alone, which
is scanned over its whole range and refined by golden section, so no starting point is asked for and no local minimum
is accepted. Residuals are relative to the error, to first order those of the logarithm.
"""

from dataclasses import dataclass

import numpy as np

from mtam.rates.laws import Floats

STEEPEST = 60.0  # |b| times the range of t: the error falls by exp(60) over the sizes
FLATTEST = 0.01
SCAN = 48
GOLDEN = (5**0.5 - 1) / 2
REFINEMENTS = 64  # the bracket of two scan steps shrinks by GOLDEN^64 = 4e-14


@dataclass(frozen=True)
class Floored:
    """floor + scale exp(slope t), one fit per leading index; slope is NaN where the curve is flat."""

    floor: Floats  # (...)
    log_scale: Floats  # (...), ln C
    slope: Floats  # (...), b


def project(b: Floats, t: Floats, errors: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """The best floor >= 0 and C >= 0 for slopes ``b`` (...), and the weighted sum of squares that is left  # (...).

    ``errors`` and ``weights`` are (..., sizes), ``t`` is (sizes,). C multiplies exp(b t - max b t).
    """
    bt = b[..., None] * t
    g = np.exp(bt - bt.max(axis=-1, keepdims=True))
    w = weights / weights.sum(axis=-1, keepdims=True)
    g_mean, y_mean = (w * g).sum(axis=-1), (w * errors).sum(axis=-1)
    centred = g - g_mean[..., None]
    scale = (w * centred * (errors - y_mean[..., None])).sum(axis=-1) / (w * centred**2).sum(axis=-1)
    floor = y_mean - scale * g_mean
    alone = (w * g * errors).sum(axis=-1) / (w * g**2).sum(axis=-1)  # C where the floor is held at zero
    scale = np.where(floor < 0, alone, np.maximum(scale, 0.0))
    floor = np.where(floor < 0, 0.0, np.where(scale == 0, y_mean, floor))
    rest = errors - floor[..., None] - scale[..., None] * g
    return floor, scale, (weights * rest**2).sum(axis=-1)


def floored(t: Floats, errors: Floats, weights: Floats, sign: float, *, refinements: int = REFINEMENTS) -> Floored:
    """Fit floor + C exp(b t), b of the given ``sign``, to ``errors`` (..., sizes) with ``weights`` of their logs.

    ``refinements`` golden-section steps follow the scan; the default is
    exact for noise-free curves whose |b| times the range of t lies between 0.01 and 60.
    Raises ValueError for fewer than four sizes: three parameters fit three sizes whatever they are.
    """
    if len(t) < 4:
        raise ValueError(f"a law with a floor needs at least four sizes, not {len(t)}")
    w = weights / errors**2
    grid = np.log(np.geomspace(FLATTEST, STEEPEST, SCAN) / np.ptp(t))

    def rss(log_b: Floats) -> Floats:
        return project(sign * np.exp(log_b), t, errors, w)[2]

    shape = errors.shape[:-1]
    losses = np.stack([rss(np.full(shape, value)) for value in grid])
    best = losses.argmin(axis=0)
    low, high = grid[np.maximum(best - 1, 0)], grid[np.minimum(best + 1, SCAN - 1)]
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left, at_right = rss(left), rss(right)
    for _ in range(refinements):
        down = at_left < at_right
        low, high = np.where(down, low, left), np.where(down, right, high)
        kept, at_kept = np.where(down, left, right), np.where(down, at_left, at_right)
        new = np.where(down, high - GOLDEN * (high - low), low + GOLDEN * (high - low))
        at_new = rss(new)
        left, right = np.where(down, new, kept), np.where(down, kept, new)
        at_left, at_right = np.where(down, at_new, at_kept), np.where(down, at_kept, at_new)
    b = sign * np.exp((low + high) / 2)
    floor, scale, _ = project(b, t, errors, w)
    with np.errstate(divide="ignore"):
        log_scale = np.log(scale) - (b[..., None] * t).max(axis=-1)
    flat = scale == 0
    return Floored(floor, log_scale, np.where(flat, np.nan, b))
