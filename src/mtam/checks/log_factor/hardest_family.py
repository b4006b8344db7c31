"""The worst risk over bumps of every width, for splines and for a threshold, at any M: is there a factor ln M?

Truths phi_w = phi_0 + L h^b sum_l w_l K((u - c_l)/h) on m = 2/h cells (paper B, Theorem 4.4), A of rank 1 unknown,
Gaussian tokens. All that M samples say is, to first order, Gaussian: least squares on [F_K, T] has

    R(M; K, w) = bias^2_K(w) + sigma^2/(M N) [tr(G_K^{-1} B_K) + price(w)]                   (``gaussian_risk``),

and the paper's estimator, which chooses K, has the worst risk R*(M) = min_K max over widths and signs. Signs are
random, alternating, or all equal. The upper bound allows R* M^{2b/(2b+1)} to grow as (ln M)^{2b/(2b+1)}.

Beside it a rule that is known to pay a power of ln M (Donoho, Johnstone, Kerkyacharian and Picard 1995), for contrast:
m least-squares coefficients of the bumps, each set to zero below s_l sqrt(2 ln n), s_l its standard deviation, n = M N.
Bumps just below the threshold, of height ~ s_l sqrt(2 ln n), have the width h ~ (ln M/M)^{1/(2b+1)} and so the risk
(ln M/M)^{2b/(2b+1)}.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from mtam.base.streams import generator
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.simulate.hypotheses import bump, hypothesis
from mtam.interaction.theory.gaussian_arguments import GaussianArguments, gaussian_arguments, spread_evenly
from mtam.interaction.theory.gaussian_risk import PriceOfA, price_of_a, spline_risk
from mtam.interaction.theory.rough_truths import RoughTruths

Array = npt.NDArray[np.float64]
Tick = Callable[[float], None]

GAIN = 3.0  # phi_0 = tanh(3 u), standardised
RATIOS = np.geomspace(0.1, 2.0, 24)  # m/K; K bends on b + 1 pieces, and bumps far wider or narrower are harmless
PANELS_PER_BUMP = 4
STEP = 1e-4  # of a difference quotient, in cells


@dataclass(frozen=True)
class FamilyCase:
    """Smoothness b, d, N, sigma and Hoelder constant L; ``draws`` independent random words at every width."""

    beta: int
    tokens: int
    noise: float
    holder: float
    draws: int
    seed: int

    @property
    def exponent(self) -> float:
        """2 b/(2 b + 1), of the rate, and of ln M in the upper bound."""
        return 2 * self.beta / (2 * self.beta + 1)


@dataclass(frozen=True)
class HardestFamily:
    """Worst bias^2 over widths for every K and draw, and what variance and A cost."""

    case: FamilyCase
    intervals: Array  # K (n,)
    bias: Array  # worst over widths, alternating and equal signs as well (n, draws)
    ratio: Array  # m/K of the worst (n, draws)
    trace: Array  # (n,)
    price: PriceOfA  # of phi_0 and bumps at the largest K, per draw

    def unit(self, sizes: Array) -> Array:
        """sigma^2/(M N)."""
        return np.asarray(self.case.noise**2 / (np.asarray(sizes) * self.case.tokens))

    def price_at(self, sizes: Array, d: int) -> Array:
        """What not knowing A costs  # (sizes,) -> (sizes, draws); 0 in d = 1."""
        return np.asarray(self.unit(sizes)[:, None] * self.price.at(d, 1))

    def known(self, sizes: Array) -> Array:
        """min_K of the worst risk, A known  # (sizes,) -> (sizes, draws)."""
        return np.array([(self.bias + unit * self.trace[:, None]).min(axis=0) for unit in self.unit(sizes)])

    def worst(self, sizes: Array, d: int) -> Array:
        """The same with A unknown  # (sizes,) -> (sizes, draws)."""
        return self.known(sizes) + self.price_at(sizes, d)

    def scaled(self, sizes: Array, risks: Array) -> Array:
        """risk M^{2b/(2b+1)}  # (sizes, draws)."""
        return np.asarray(risks * np.asarray(sizes)[:, None] ** self.case.exponent)

    def best(self, sizes: Array) -> Array:
        """The best K  # (sizes,) -> (sizes, draws)."""
        rows = [(self.bias + unit * self.trace[:, None]).argmin(axis=0) for unit in self.unit(sizes)]
        return np.asarray(self.intervals[np.array(rows)])


def grid(first: float, last: float, growth: float = 1.1) -> Array:
    """K from ``first`` to ``last`` in nearly equal ratios."""
    count = int(np.ceil(np.log(last / first) / np.log(growth))) + 1
    return np.unique(np.round(np.geomspace(first, last, count))).astype(np.float64)


def hardest_family(case: FamilyCase, intervals: Array, tick: Tick = lambda _: None) -> HardestFamily:
    """Bias, variance and price of A for Gaussian tokens and rank 1, at these K."""
    biases, ratios, traces, price = [], [], [], None
    for done, count in enumerate(intervals):
        widest = count * RATIOS[-1]
        law = gaussian_arguments(spread_evenly(1), panels=int(PANELS_PER_BUMP * widest) // 2 * 2 + 256)
        truths = [_bumps(case, law, max(2, round(count * ratio))) for ratio in RATIOS]
        risk = spline_risk(law, _together(truths, law, case.beta), SplineSpace(case.beta + 1, int(count)), case.tokens)
        by_width = risk.bias.reshape(len(RATIOS), case.draws + 2)
        fixed = by_width[:, case.draws :].max(axis=1, keepdims=True)  # alternating and equal signs
        whole = np.maximum(by_width[:, : case.draws], fixed)
        biases.append(whole.max(axis=0))
        ratios.append(RATIOS[whole.argmax(axis=0)])
        traces.append(risk.trace)
        tick((done + 1) / len(intervals))
        price = price_of_a(law, _first(truths[len(RATIOS) // 2], law, case), case.tokens)
    assert price is not None
    return HardestFamily(case, intervals, np.array(biases), np.array(ratios), np.array(traces), price)


def _words(case: FamilyCase, cells: int) -> Array:
    """Random words, the alternating one and that of equal signs  # (draws + 2, m)."""
    rng = generator(case.seed, "theory", "hardest", cells)
    signs = 2.0 * rng.integers(0, 2, (case.draws, cells)) - 1.0
    fixed = np.stack([1.0 - 2.0 * (np.arange(cells) % 2), np.ones(cells)])
    return np.concatenate([signs, fixed])


def _base(u: Array, law: GaussianArguments) -> Array:
    values = np.tanh(GAIN * law.u)
    return np.asarray(np.tanh(GAIN * u) / np.sqrt(law.law @ values**2 - (law.law @ values) ** 2))


def _bumps(case: FamilyCase, law: GaussianArguments, cells: int) -> tuple[Array, Array]:
    """phi_w and phi_w' at the nodes, of every word  # (Q, draws + 2) each; phi' is 0 at the ends, phi constant."""
    words, step = _words(case, cells), STEP * 2 / cells

    def phi(u: Array) -> Array:
        base = _base(u, law)
        return np.stack([base + hypothesis(u, word, case.beta, case.holder) for word in words], axis=1)

    slope = (phi(law.u + step) - phi(law.u - step)) / (2 * step)
    slope[[0, -1]] = 0.0
    return phi(law.u), slope


def _together(parts: list[tuple[Array, Array]], law: GaussianArguments, beta: int) -> RoughTruths:
    phi, slope = (np.concatenate(columns, axis=1) for columns in zip(*parts, strict=True))
    return RoughTruths(beta, phi - law.law @ phi, slope, np.ones(phi.shape[1]), 0)


def _first(part: tuple[Array, Array], law: GaussianArguments, case: FamilyCase) -> RoughTruths:
    phi, slope = (columns[:, : case.draws] for columns in part)
    return _together([(phi, slope)], law, case.beta)


def threshold_risk(case: FamilyCase, sizes: Array, cells: Array) -> Array:
    """The worst risk of the threshold over the widths 2/m, m in ``cells``, A known  # (sizes,), (n,) -> (sizes,).

    A coefficient w L h^b K has the variance s^2 = (N-1) sigma^2/(M N B_ll); G is taken for B/(N-1), which is exact
    where the mean over the other token vanishes and right up to a low rank elsewhere.
    """
    law = gaussian_arguments(spread_evenly(1), panels=int(PANELS_PER_BUMP * cells.max()) // 2 * 2 + 256)
    found = np.zeros((len(sizes), len(cells)))
    for column, count in enumerate(cells):
        place = (law.u + 1) * count / 2
        cell = np.clip(np.floor(place), 0, count - 1).astype(np.int64)
        values = case.holder * (2 / count) ** case.beta * bump(place - cell - 0.5, case.beta)
        pair = np.bincount(cell, weights=law.law * values**2, minlength=int(count))  # B_ll
        pair = pair[pair > 0]
        for row, m in enumerate(sizes):
            s = np.sqrt((case.tokens - 1) * case.noise**2 / (m * case.tokens * pair))
            found[row, column] = pair @ hard_threshold(1.0, s, np.sqrt(2 * np.log(m * case.tokens)))
    return np.asarray(found.max(axis=1))


def hard_threshold(mean: float, s: Array, level: float) -> Array:
    """E (y 1{|y| > level s} - mean)^2 for y ~ N(mean, s^2)  # (m,) -> (m,)."""
    upper, lower = level - mean / s, -level - mean / s
    inside = norm.cdf(upper) - norm.cdf(lower)
    outside = 1 - inside + upper * norm.pdf(upper) - lower * norm.pdf(lower)  # E z^2 1{z outside}
    return np.asarray(mean**2 * inside + s**2 * outside)
