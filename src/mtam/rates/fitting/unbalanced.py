"""Estimates over seeds that do not all have the same sizes, and over a single seed.

Every seed gives an estimate of its own from the sizes it has: y = Z a + x b with its own level in Z, by weighted least
squares; what is known of it is the information S = sum of w x'^2, x' the part of x that Z does not explain. The model
is b_i = b + (normal, variance tau^2) + (normal, variance sigma^2 / S_i), a mixed model over seeds, levels left free;
sigma^2 comes of the residuals within seeds, tau^2 of the moments (DerSimonian and Laird 1986). Intervals do not rest on
these variances: the variance of the weighted mean is the bias-reduced sandwich over seeds, with the degrees of freedom
of Bell and McCaffrey (2002, Survey Methodology 28). Where all seeds have the same sizes both are Student's interval of
the mean over seeds, exactly.
"""

from dataclasses import dataclass

import numpy as np

from mtam.rates.laws import Floats

WIDE = 400  # sizes beyond which the additive model of seeds and sizes is not solved, and plain means are taken
BLIND = 1e-10  # share of x that Z must leave unexplained for a seed to say anything of b


@dataclass(frozen=True)
class Own:
    """What every seed says alone, one entry per seed that says anything."""

    values: Floats
    information: Floats
    rss: Floats
    freedom: Floats  # sizes less coefficients, of each seed


@dataclass(frozen=True)
class CombinedEstimate:
    """An estimate with its standard error and degrees of freedom."""

    value: float
    error: float
    freedom: float


def own_estimates(nuisance: Floats, x: Floats, logs: Floats, weight: Floats) -> Own:
    """b of every seed in logs = nuisance a + x b; ``logs`` (seeds, sizes), NaN where a size lacks.

    ``nuisance`` is (sizes, q), ``x`` and ``weight`` are (sizes,).
    """
    if not (np.all(np.isfinite(nuisance)) and np.all(np.isfinite(x))):  # a flat curve has no slope beside its floor
        return Own(*np.empty((4, 0)))
    there = np.isfinite(logs)
    root = np.where(there, np.sqrt(weight), 0.0)  # (seeds, sizes)
    z = root[..., None] * nuisance
    norm = np.maximum(np.linalg.norm(z, axis=-2, keepdims=True), 1e-300)
    z = z / norm
    inverse = np.linalg.pinv(z, rcond=1e-9)
    rank = np.linalg.matrix_rank(z, tol=1e-9)

    def rest(values: Floats) -> Floats:
        return np.asarray(values - (z @ (inverse @ values[..., None]))[..., 0])

    scaled = root * x
    direction = rest(scaled)
    response = rest(root * np.where(there, logs, 0.0))
    information = (direction**2).sum(axis=1)
    seen = (information > BLIND * np.maximum((scaled**2).sum(axis=1), 1e-300)) & (there.sum(axis=1) > rank)
    direction, response, information = direction[seen], response[seen], information[seen]
    values = (direction * response).sum(axis=1) / information
    rss = ((response - values[:, None] * direction) ** 2).sum(axis=1)
    return Own(values, information, rss, (there.sum(axis=1) - rank - 1)[seen].astype(float))


def combined(own: Own) -> CombinedEstimate | None:
    """The estimate over seeds, or from the residuals of a single one; None where neither gives a standard error."""
    seeds = len(own.values)
    if not seeds or not np.all(np.isfinite(own.values)):
        return None
    if seeds == 1:
        if own.freedom[0] < 1:
            return None
        error = float(np.sqrt(own.rss[0] / own.freedom[0] / own.information[0]))
        return CombinedEstimate(float(own.values[0]), error, float(own.freedom[0]))
    variance = _variances(own)
    share = 1 / variance / (1 / variance).sum()
    value = float(share @ own.values)
    lever = share**2 / np.maximum(1 - share, 1e-12)
    error = float(np.sqrt(lever @ (own.values - value) ** 2))
    freedom = 1 / float((share**2).sum() + lever.sum() ** 2 - (lever**2).sum())
    return CombinedEstimate(value, error, max(freedom, 1.0))


def _variances(own: Own) -> Floats:
    """tau^2 + sigma^2 / S_i up to a factor, for weights  # (seeds,)."""
    s, freedom = own.information / own.information.mean(), float(own.freedom.sum())
    noise = float(own.rss.sum()) / freedom / float(own.information.mean()) if freedom > 0 else 0.0
    if np.ptp(s) < 1e-12 or noise <= 0:
        return np.asarray(1 / s)
    middle = float(s @ own.values / s.sum())
    spread = float(s @ (own.values - middle) ** 2) - noise * (len(s) - 1)
    tau = max(0.0, spread / float(s.sum() - (s**2).sum() / s.sum()))
    return np.asarray((tau + noise / s) / noise)


def adjusted_means(logs: Floats, weight: Floats | None = None) -> Floats:
    """Means of sizes in the additive model logs = seed + size, over seeds of mean 0  # (sizes,).

    ``logs`` (seeds, sizes), NaN where a size lacks. Plain means where some seeds share no size with the others, even
    indirectly, since nothing then tells their levels apart.
    """
    there = np.isfinite(logs)
    m = logs.shape[1]
    plain = np.asarray(np.nanmean(logs, axis=0))
    if there.all() or m > WIDE:
        return plain
    w = np.where(there, np.ones(m) if weight is None else weight, 0.0)
    share = w / w.sum(axis=1, keepdims=True)
    levels = (share * np.where(there, logs, 0.0)).sum(axis=1)
    normal = np.diag(w.sum(axis=0)) - w.T @ share
    if np.linalg.matrix_rank(normal, tol=1e-9 * float(normal.max()), hermitian=True) < m - 1:
        return plain
    right = (w * (np.where(there, logs, 0.0) - levels[:, None])).sum(axis=0)
    found = np.linalg.lstsq(normal, right, rcond=1e-11)[0]
    return np.asarray(found + (levels - share @ found).mean())
