"""A law of two resources, L = E + A N^-alpha + B D^-beta, with profile or bootstrap intervals.

The form is that of Hoffmann et al. (2022, arXiv 2203.15556, eq. 2), N parameters and D tokens. With
theta = (ln E, ln A, ln B, ln alpha, ln beta) a run with resources (N, D) has

    ln L = f(theta) + noise,   f = ln(exp(theta_1) + exp(theta_2 - alpha ln N) + exp(theta_3 - beta ln D)),

runs independent with one variance, and theta minimises the sum of squares. Every reported quantity is linear in theta,
c^T theta (the share beta / (alpha + beta) of the optimal N by its logit, theta_5 - theta_4), so that its interval
follows from fits under one linear constraint: it holds the values v with

    RSS(theta | c^T theta = v) <= RSS(theta_hat) (1 + t^2 / (n - 5)),   t the quantile of Student, n - 5 d.f.,

the profile t interval, exact for a linear f (Bates and Watts 1988, Nonlinear Regression, section 6.1). In the same
way a further run y at (N*, D*) is predicted by all y with RSS_{n+1}(y) <= RSS_n (1 + t^2 / (n - 5)), RSS_{n+1} that of
the fit to the n runs and this one: for a linear f exactly y_hat +- t s sqrt(1 + h).

With a ``huber`` delta the loss is Huber's of the residuals instead, as in Hoffmann et al., who take 1e-3; it has no
profile of that kind, and intervals are percentiles of the pairs bootstrap (Besiroglu et al. 2024, arXiv 2404.10102).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mtam.rates.intervals import Interval, percentile_ends
from mtam.rates.laws import Floats
from mtam.rates.t_quantiles import quantile

PARAMETERS = 5
FEWEST = 7  # runs: two more than parameters
EXPONENTS = np.geomspace(0.02, 3.0, 14)  # of the coarse search
STEPS, HALVINGS = 200, 40  # of Levenberg and Marquardt; of the bisection of an end
REACH = 12.0  # of ln-quantities: ends farther than a factor exp(12) from the estimate are called open
RESAMPLES = 999
CONTRASTS: dict[str, tuple[float, ...]] = {  # c of every quantity
    "E": (1, 0, 0, 0, 0),
    "A": (0, 1, 0, 0, 0),
    "B": (0, 0, 1, 0, 0),
    "alpha": (0, 0, 0, 1, 0),
    "beta": (0, 0, 0, 0, 1),
    "share": (0, 0, 0, -1, 1),
}


@dataclass(frozen=True)
class Runs:
    """Resources and errors of runs, all positive  # (n,) each."""

    first: Floats  # N
    second: Floats  # D
    errors: Floats

    def plus(self, first: float, second: float) -> "Runs":
        """With one run more, whose error is not known yet (1)."""
        return Runs(np.append(self.first, first), np.append(self.second, second), np.append(self.errors, 1.0))


def predicted(theta: Floats, first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """f and its derivatives by theta at resources (n,), for theta (..., 5)  # (..., n), (..., n, 5)."""
    e, a, b, alpha, beta = np.moveaxis(theta[..., None], -2, 0)
    alpha, beta = np.exp(np.minimum(alpha, 10.0)), np.exp(np.minimum(beta, 10.0))
    x, z = np.log(first), np.log(second)
    terms = np.stack(np.broadcast_arrays(e, a - alpha * x, b - beta * z))
    top = terms.max(axis=0)
    parts = np.exp(terms - top)
    total = parts.sum(axis=0)
    shares = parts / total
    slopes = np.stack([*shares, -shares[1] * alpha * x, -shares[2] * beta * z], axis=-1)
    return np.asarray(top + np.log(total)), slopes


def _losses(residuals: Floats, counts: Floats, huber: float | None) -> Floats:
    """# (..., n) -> (...)."""
    size = np.abs(residuals)
    if huber is None:
        return np.asarray((counts * size**2).sum(axis=-1))
    return np.asarray((counts * np.where(size <= huber, size**2, 2 * huber * size - huber**2)).sum(axis=-1))


def descend(
    theta: Floats, runs: Runs, logs: Floats, counts: Floats, free: Floats, huber: float | None = None
) -> tuple[Floats, Floats]:
    """Minima of many losses from starts ``theta`` (..., 5), and the losses there  # (..., 5), (...).

    ``logs`` and ``counts`` (..., n) are ln errors and how often a run counts; steps stay in the span of the columns of
    ``free`` (..., 5, k). Levenberg and Marquardt, reweighted where the loss is Huber's.
    """
    damping = np.full(theta.shape[:-1], 1e-3)
    values, slopes = predicted(theta, runs.first, runs.second)
    loss = _losses(logs - values, counts, huber)
    still = 0
    for _ in range(STEPS):
        rest = logs - values
        weight = counts if huber is None else counts * huber / np.maximum(np.abs(rest), huber)
        inner = slopes @ free  # (..., n, k)
        weighted = inner * weight[..., None]
        normal = np.swapaxes(inner, -1, -2) @ weighted
        gradient = np.einsum("...nk,...n->...k", weighted, rest)
        diagonal = np.einsum("...kk->...k", normal)
        ridge = damping[..., None] * diagonal + 1e-14 * diagonal.max(axis=-1, keepdims=True) + 1e-300
        step = np.linalg.solve(normal + ridge[..., None] * np.eye(free.shape[-1]), gradient[..., None])[..., 0]
        step = step / np.maximum(1.0, np.abs(step).max(axis=-1, keepdims=True) / 2)
        tried = theta + np.einsum("...pk,...k->...p", free, step)
        new_values, new_slopes = predicted(tried, runs.first, runs.second)
        new = _losses(logs - new_values, counts, huber)
        better = new <= loss
        gain = np.where(better, loss - new, 0.0)
        theta = np.where(better[..., None], tried, theta)
        values, slopes = (
            np.where(better[..., None], new_values, values),
            np.where(better[..., None, None], new_slopes, slopes),
        )
        still = 0 if np.any(gain > 1e-12 * (loss + 1e-300)) else still + 1
        loss = np.where(better, new, loss)
        damping = np.clip(np.where(better, damping / 5, damping * 6), 1e-12, 1e12)
        if still >= 6:
            break
    return theta, loss


def _start(runs: Runs) -> Floats:
    """The best (alpha, beta) of a grid, with E, A, B >= 0 of least squares of relative residuals  # (5,)."""
    x, z = np.log(runs.first), np.log(runs.second)
    best, at = np.inf, np.zeros(PARAMETERS)
    for alpha in EXPONENTS:
        for beta in EXPONENTS:
            columns = np.stack(
                [np.ones_like(x), np.exp(-alpha * (x - x.mean())), np.exp(-beta * (z - z.mean()))], axis=1
            )
            design = columns / runs.errors[:, None]
            for used in ([0, 1, 2], [1, 2], [0, 1], [0, 2], [1], [2]):
                found = np.linalg.lstsq(design[:, used], np.ones(len(x)), rcond=None)[0]
                loss = float(np.sum((1 - design[:, used] @ found) ** 2))
                if found.min() > 0 and loss < best:
                    scale = np.full(3, 1e-3 * float(runs.errors.min()))
                    scale[used] = found
                    e, a, b = np.log(scale)
                    best, at = (
                        loss,
                        np.array([e, a + alpha * x.mean(), b + beta * z.mean(), np.log(alpha), np.log(beta)]),
                    )
    return at


@dataclass(frozen=True)
class TwoResourceFit:
    """The law fitted to runs."""

    runs: Runs
    theta: Floats  # (5,)
    loss: float
    huber: float | None

    @property
    def freedom(self) -> int:
        """Runs less parameters."""
        return len(self.runs.errors) - PARAMETERS

    @property
    def deviation(self) -> float:
        """Standard deviation of ln L about the law; of Huber's loss 1.48 times the median of |residuals|."""
        if self.huber is None:
            return float(np.sqrt(self.loss / self.freedom))
        return float(1.4826 * np.median(np.abs(np.log(self.runs.errors) - self.at(self.runs.first, self.runs.second))))

    def at(self, first: Floats, second: Floats) -> Floats:
        """ln L at resources  # (n,) -> (n,)."""
        return predicted(self.theta, first, second)[0]

    @cached_property
    def replicates(self) -> Floats:
        """Fits to bootstrap samples of the runs  # (resamples, 5)."""
        n = len(self.runs.errors)
        rng = np.random.default_rng(np.random.SeedSequence([n, RESAMPLES]))
        counts = rng.multinomial(n, np.full(n, 1 / n), size=RESAMPLES).astype(float)
        starts = np.broadcast_to(self.theta, (RESAMPLES, PARAMETERS))
        logs = np.broadcast_to(np.log(self.runs.errors), counts.shape)
        return descend(starts, self.runs, logs, counts, np.eye(PARAMETERS), self.huber)[0]

    def quantity(self, name: str, level: float = 0.95) -> Interval:
        """E, A, B, alpha, beta, or share = beta / (alpha + beta); ends that the data leave open are 0, or inf (1)."""
        c = np.array(CONTRASTS[name], dtype=float)
        value = float(c @ self.theta)
        if self.huber is None:
            low, high = self._ends(c, level)
        else:
            low, high = (float(end) for end in percentile_ends(self.replicates @ c, level))
        found = Interval(value, low, high)
        return (
            found.mapped(lambda v: float(1 / (1 + np.exp(-v))))
            if name == "share"
            else found.mapped(lambda v: float(np.exp(v)))
        )

    def _threshold(self, level: float) -> float:
        return self.loss * (1 + quantile(0.5 + level / 2, self.freedom) ** 2 / self.freedom)

    def _ends(self, c: Floats, level: float) -> tuple[float, float]:
        """Where the profile of c^T theta crosses the threshold, either side."""
        others = np.linalg.svd(c[None])[2][1:].T  # (5, 4): directions that keep c^T theta
        counts = np.ones(len(self.runs.errors))
        logs = np.log(self.runs.errors)

        def profile(steps: Floats) -> Floats:
            starts = self.theta + steps[:, None] * c / (c @ c)
            shape = (len(steps), len(counts))
            return descend(starts, self.runs, np.broadcast_to(logs, shape), np.broadcast_to(counts, shape), others)[1]

        left, right = _crossings(profile, self._threshold(level), self.deviation)
        value = float(c @ self.theta)
        return value - left, value + right

    def prediction(self, first: float, second: float, level: float = 0.9) -> Interval:
        """L of one further run at (N, D): estimate and prediction interval."""
        middle = float(self.at(np.array([first]), np.array([second]))[0])
        if self.huber is not None:
            return self._bootstrapped(middle, first, second, level)
        runs = self.runs.plus(first, second)
        counts = np.ones(len(runs.errors))

        def profile(steps: Floats) -> Floats:
            logs = np.broadcast_to(np.log(runs.errors), (len(steps), len(counts))).copy()
            logs[:, -1] = middle + steps
            starts = np.broadcast_to(self.theta, (len(steps), PARAMETERS))
            return descend(starts, runs, logs, np.broadcast_to(counts, logs.shape), np.eye(PARAMETERS))[1]

        left, right = _crossings(profile, self._threshold(level), self.deviation)
        return Interval(middle, middle - left, middle + right).mapped(lambda v: float(np.exp(v)))

    def _bootstrapped(self, middle: float, first: float, second: float, level: float) -> Interval:
        """Bootstrap of the law plus a residual drawn for each."""
        replicates = predicted(self.replicates, np.array([first]), np.array([second]))[0][:, 0]
        rest = np.log(self.runs.errors) - self.at(self.runs.first, self.runs.second)
        rng = np.random.default_rng(np.random.SeedSequence([len(rest), RESAMPLES, 1]))
        inflated = rest * np.sqrt(len(rest) / self.freedom)  # residuals are smaller than the noise
        low, high = percentile_ends(replicates + rng.choice(inflated, size=len(replicates)), level)
        return Interval(middle, float(low), float(high)).mapped(lambda v: float(np.exp(v)))

    def optimal(self, product: float) -> tuple[float, float]:
        """The N and D of least L among those with N D = ``product`` (Hoffmann et al. 2022, eq. 4)."""
        _, a, b, alpha, beta = self.theta
        p, q = np.exp(alpha), np.exp(beta)
        first = float(np.exp((alpha + a - beta - b + q * np.log(product)) / (p + q)))
        return first, product / first


def _crossings(profile: Callable[[Floats], Floats], threshold: float, unit: float) -> tuple[float, float]:
    """How far left and right a profile, least at 0, stays below ``threshold``; inf beyond ``REACH``."""
    sides = np.array([-1.0, 1.0])
    low, high = np.zeros(2), np.full(2, max(unit, 1e-9))
    while True:
        inside = profile(sides * high) <= threshold
        if not np.any(inside & (high < REACH)):
            break
        low, high = np.where(inside, high, low), np.where(inside & (high < REACH), 2 * high, high)
    opened = inside
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        inside = profile(sides * middle) <= threshold
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
        if np.all((high - low < 1e-5 * high) | opened):
            break
    left, right = np.where(opened, np.inf, (low + high) / 2)
    return float(left), float(right)


def fit_two_resources(runs: Runs, huber: float | None = None) -> TwoResourceFit:
    """Fit L = E + A N^-alpha + B D^-beta to runs.

    Raises ValueError for fewer than ``FEWEST`` runs, or fewer than three values of a resource.
    """
    n = len(runs.errors)
    if n < FEWEST:
        raise ValueError(
            f"a law of two resources has {PARAMETERS} parameters and needs at least {FEWEST} runs, not {n}"
        )
    for values, which in ((runs.first, "first"), (runs.second, "second")):
        if len(np.unique(values)) < 3:
            raise ValueError(f"the {which} resource has fewer than three values; its exponent cannot be told from E")
    logs, counts = np.log(runs.errors)[None], np.ones((1, n))
    theta, loss = descend(_start(runs)[None], runs, logs, counts, np.eye(PARAMETERS))
    if huber is not None:
        theta, loss = descend(theta, runs, logs, counts, np.eye(PARAMETERS), huber)
    return TwoResourceFit(runs, theta[0], float(loss[0]), huber)
