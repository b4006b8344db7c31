"""What a statistician looks at in the residuals of a fit: against the predictions, against normal quantiles, leverage.

With the score features Z of the fit (``confidence_band``) and S what counts as observations beside them (ridge and
penalty), predictions are linear in the responses to first order, by the hat matrix H = Z (Z^T Z + S)^{-1} Z^T. Its
diagonal h_i is the leverage of a response: what its own prediction moves by when it moves by one. sum_i h_i are the
effective degrees of freedom of phi and A. A residual has the variance sigma^2 (1 - h_i), nearly, so

    r_i = e_i / (sigma (1 - h_i)^{1/2}),   Cook's distance D_i = r_i^2 h_i / ((1 - h_i) sum_i h_i),

the shift of all predictions, in units of sigma^2 per degree of freedom, when response i is left out (Cook and Weisberg
1982, Residuals and Influence in Regression, chapters 2 and 3). Rows and residuals are times roots of their weights.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.linalg

from mtam.interaction.files.own_samples import OwnSamples
from mtam.interaction.model.splines import Spline
from mtam.interaction.own_data import confidence_band
from mtam.interaction.own_data.confidence_band import BLOCK, Covariance

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

ROWS = 60000  # looked at
POINTS, INFLUENTIAL = 240, 40  # kept for pictures, and how many of these for their influence
BINS = 20  # of predictions, of as many responses each
ORDER, TAILS = 81, 10  # order statistics kept: spread evenly, and at either end
MOST_LEVERAGE = 0.999


@dataclass(frozen=True, eq=False)
class Diagnostics:
    """Of the responses that count, of some where they are many; samples are counted from 0, as they are given."""

    prediction: Array  # (n,), for the most influential responses and some spread evenly over the predictions
    standardised: Array  # (n,), r_i
    leverage: Array  # (n,)
    cook: Array  # (n,), the largest first
    sample: Index  # (n,)
    token: Index  # (n,)
    order_share: Array  # (k,), (rank - 1/2) / number
    order_residual: Array  # (k,), the r_i of these ranks
    trend_prediction: Array  # (bins,), means
    trend_residual: Array  # (bins,), means of r_i
    trend_error: Array  # (bins,), their standard errors, responses taken for independent
    responses: int  # looked at
    mean_leverage: float
    correlation: float | None  # of two residuals of a sample, on average; None without two responses in one


def diagnose(data: OwnSamples, place: Index, phi: Spline, covariance: Covariance, noise: float) -> Diagnostics:
    """The diagnostics of a fit to ``data``, whose samples were at ``place`` (M,); ``noise`` is sigma."""
    step = max(1, -(-data.rows // ROWS))
    some, place = data[::step], place[::step]
    layout, tokens = some.layout, some.y.shape[1]
    keep = scipy.linalg.block_diag(np.eye(covariance.basis.shape[1]), covariance.frame.keep)
    leverage, residual, prediction = (np.empty(some.y.shape) for _ in range(3))
    many = max(1, BLOCK // tokens)
    for first in range(0, len(some.x), many):
        part = slice(first, first + many)
        here = some[part]
        x = np.ascontiguousarray(here.x)
        z, e = confidence_band.scores(x, here.y, covariance.frame, phi, covariance.basis, here.layout)
        z = z @ keep
        leverage[part] = np.sum((z @ covariance.inverse) * z, axis=1).reshape(here.y.shape)
        residual[part] = e.reshape(here.y.shape)
        root = np.ones(here.y.shape) if here.layout is None else here.layout.root
        prediction[part] = here.y - residual[part] / np.where(root > 0, root, np.inf)
    counted = np.ones(some.y.shape, dtype=bool) if layout is None else layout.weights > 0
    leverage = np.clip(leverage, 0.0, MOST_LEVERAGE)
    r = np.where(counted, residual / (noise * np.sqrt(1 - leverage)), 0.0)
    h, flat, at = leverage[counted], r[counted], prediction[counted]
    cook = flat**2 * h / ((1 - h) * max(float(h.sum()) * step, 1e-300))
    chosen = _chosen(cook, at)
    sample, token = np.nonzero(counted)
    sorted_r = np.sort(flat)
    ranks = _ranks(len(flat))
    bins = np.array_split(np.argsort(at, kind="stable"), min(BINS, len(at)))
    return Diagnostics(
        prediction=at[chosen],
        standardised=flat[chosen],
        leverage=h[chosen],
        cook=cook[chosen],
        sample=place[sample[chosen]],
        token=token[chosen],
        order_share=(ranks + 0.5) / len(flat),
        order_residual=sorted_r[ranks],
        trend_prediction=np.array([at[part].mean() for part in bins]),
        trend_residual=np.array([flat[part].mean() for part in bins]),
        trend_error=np.array([flat[part].std() / np.sqrt(len(part)) for part in bins]),
        responses=len(flat),
        mean_leverage=float(h.mean()),
        correlation=_correlation(r, counted),
    )


def _chosen(cook: Array, prediction: Array) -> Index:
    """The most influential responses, and some at even steps along the predictions; the largest distance first."""
    influential = np.argsort(-cook, kind="stable")[:INFLUENTIAL]
    along = np.argsort(prediction, kind="stable")
    spread = along[np.unique(np.linspace(0, len(along) - 1, min(POINTS - INFLUENTIAL, len(along))).astype(np.int64))]
    both = np.union1d(influential, spread)
    return both[np.argsort(-cook[both], kind="stable")]


def _ranks(count: int) -> Index:
    """Of the order statistics that are kept, from 0."""
    ends = np.arange(min(TAILS, count))
    even = np.linspace(0, count - 1, min(ORDER, count)).astype(np.int64)
    return np.unique(np.concatenate([ends, even, count - 1 - ends]))


def _correlation(r: Array, counted: npt.NDArray[np.bool_]) -> float | None:
    """Mean of r_i r_j over pairs i != j of responses of one sample, in units of the mean of r_i^2  # (M, N) -> ()."""
    sums, squares = r.sum(axis=1), (r**2).sum(axis=1)
    counts = counted.sum(axis=1)
    pairs = float(np.sum(counts * (counts - 1)))
    if pairs == 0 or not squares.sum() > 0:
        return None
    return float(np.sum(sums**2 - squares) / pairs / (squares.sum() / counts.sum()))
