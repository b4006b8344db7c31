"""A law fitted to mean log curves, many at once: parameters, fitted curve, tangent.

The tangent, d ln error / d parameters at the fit, is what intervals over seeds and comparisons of laws are made of: to
first order every estimate is a weighted sum over sizes of log errors, and so a mean over seeds of such sums.
"""

from dataclasses import dataclass

import numpy as np

from mtam.rates.fitting.floor import REFINEMENTS, floored
from mtam.rates.laws import Floats, Law


@dataclass(frozen=True)
class MeanFit:
    """ln error = ln(floor + exp(intercept + slope t)) fitted to mean log curves, one per leading index."""

    law: Law
    intercept: Floats  # (...)
    slope: Floats  # (...)
    floor: Floats  # (...), zero where the law has none
    predicted: Floats  # (..., sizes), log errors
    tangent: Floats  # (..., sizes, p): d predicted / d (intercept, slope, floor)
    rss: Floats  # (...), weighted

    @property
    def parameters(self) -> int:
        """Intercept, slope unless it is held, floor if there is one."""
        return int(self.tangent.shape[-1])

    def at(self, sizes: Floats) -> Floats:
        """Predicted log errors at other sizes  # (..., sizes)."""
        line = self.intercept[..., None] + self.slope[..., None] * self.law.axis(sizes)
        with np.errstate(divide="ignore", invalid="ignore"):  # no floor; a flat curve, whose slope is NaN
            return np.asarray(np.logaddexp(line, np.log(self.floor)[..., None]))

    def tangent_at(self, sizes: Floats) -> Floats:
        """The tangent at other sizes  # (..., sizes, p)."""
        t, predicted = self.law.axis(sizes), self.at(sizes)
        decay = np.exp(self.intercept[..., None] + self.slope[..., None] * t - predicted)
        columns = [decay] if self.law.held is not None else [decay, t * decay]
        if self.parameters > len(columns):
            columns.append(np.exp(-predicted))
        return np.stack(columns, axis=-1)


def influence(tangent: Floats, weights: Floats) -> Floats:
    """(J' W J)^{-1} J' W, so that parameters move by it times a change of the log errors  # (..., p, sizes).

    NaN where the parameters cannot be told apart.
    """
    root = np.sqrt(weights)[..., None]
    scaled = tangent * root
    norm = np.maximum(np.linalg.norm(scaled, axis=-2, keepdims=True), 1e-300)
    good = np.all(np.isfinite(scaled), axis=(-2, -1), keepdims=True)
    pseudo = np.linalg.pinv(np.where(good, scaled / norm, 0.0), rcond=1e-10)
    lost = np.linalg.matrix_rank(np.where(good, scaled / norm, 0.0), tol=1e-8) < tangent.shape[-1]
    rows = pseudo / np.swapaxes(norm, -1, -2) * np.swapaxes(root, -1, -2)
    return np.asarray(np.where(lost[..., None, None] | ~good, np.nan, rows))


def fit_means(
    law: Law,
    sizes: Floats,
    means: Floats,
    weights: Floats,
    *,
    floor: bool = False,
    refinements: int = REFINEMENTS,
) -> MeanFit:
    """Fit ``law`` to mean log curves ``means`` (..., sizes), all positive weights, by weighted least squares.

    With ``floor`` by variable projection on the geometric mean (``mtam.rates.fitting.floor``). Raises ValueError for
    fewer than four sizes with a floor.
    """
    t = law.axis(sizes)
    weights = np.broadcast_to(weights, means.shape)
    if floor:
        return _with_floor(law, t, means, weights, refinements)
    share = weights / weights.sum(axis=-1, keepdims=True)
    t_mean, y_mean = (share * t).sum(axis=-1), (share * means).sum(axis=-1)
    centred = t - t_mean[..., None]
    ones = np.ones(means.shape)
    if law.held is None:
        slope = (share * centred * means).sum(axis=-1) / (share * centred**2).sum(axis=-1)
        tangent = np.stack([ones, np.broadcast_to(t, means.shape)], axis=-1)
    else:
        slope, tangent = np.full(means.shape[:-1], law.held), ones[..., None]
    intercept = y_mean - slope * t_mean
    predicted = y_mean[..., None] + slope[..., None] * centred
    rss = (weights * (means - predicted) ** 2).sum(axis=-1)
    return MeanFit(law, intercept, slope, np.zeros_like(slope), predicted, tangent, rss)


def _with_floor(law: Law, t: Floats, means: Floats, weights: Floats, refinements: int) -> MeanFit:
    if law.held is not None:
        raise ValueError(f"{law} with its exponent held has no floor to fit; leave the exponent free")
    sign = 1.0 if (law.theory_slope or -1.0) > 0 else -1.0
    middle = means.mean(axis=-1, keepdims=True)  # keeps floor and scale near 1 whatever the unit of the error
    found = floored(t, np.exp(means - middle), weights, sign, refinements=refinements)
    line = found.log_scale[..., None] + np.nan_to_num(found.slope)[..., None] * t
    with np.errstate(divide="ignore"):
        predicted = np.logaddexp(line, np.log(found.floor)[..., None])
    decay, rest = np.exp(line - predicted), np.exp(-predicted)
    tangent = np.stack([decay, t * decay, rest], axis=-1)
    floor = found.floor * np.exp(middle[..., 0])
    tangent[..., 2] *= np.exp(-middle)  # per unit of the floor itself
    predicted = predicted + middle
    rss = (weights * (means - predicted) ** 2).sum(axis=-1)
    return MeanFit(law, found.log_scale + middle[..., 0], found.slope, floor, predicted, tangent, rss)
