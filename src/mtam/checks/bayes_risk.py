"""The average Bayes risk, measured on simulated contexts and computed from the spectrum alone (paper A, main theorem).

Statement: for a prior whose eigenfunctions are product cosines on the coefficient box the average posterior variance
given n noisy answers is Sollich's curve (Sollich 1999; a deterministic equivalent), eps = sum_k mu_k kappa / (mu_k +
kappa) with n = (sigma^2 + eps) / kappa, of the prior's eigenvalues mu_k. It is what carries the Bayes curve from the
sizes of a computer to any n. Nothing is fitted: kernel, spectrum and noise are given. Were it false, or the spectrum
that of another length scale, the exact posterior variance of the same kernel on drawn contexts would lie elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from pydantic import Field

from mtam.base.finding import Finding, JudgedStatement, Panel, Series
from mtam.base.streams import generator
from mtam.base.table import Cell, Estimate, Table
from mtam.checks import judge_estimates
from mtam.checks.check_registry import Tick
from mtam.checks.check_settings import CheckSettings
from mtam.rates.verdict import Verdict
from mtam.recall.evaluation.reflected_kernel import reflected_kernel
from mtam.recall.theory import bayes_curve
from mtam.recall.theory.spectral_case import SpectralCase

Array = NDArray[np.float64]

AXES = 40  # coefficients that are drawn: as many as can be told from zero
VISIBLE = 1e-4  # of the widest axis, below which one is left out
DEPTH = 14.0  # ln of the highest energy over the lowest one

Positive = Annotated[float, Field(gt=0)]
Many = Annotated[int, Field(ge=2)]


class Settings(CheckSettings):
    """The spectra, the sizes, and how close is close."""

    alphas: list[Positive] = Field([0.5, 1.0, 2.0], min_length=1)  # of exponential spectra
    decay: float = Field(1.0, gt=0)  # c
    length_scale: float = Field(5.0, gt=0)  # of the target, in root mean squares of the coefficient vector
    noise: float = Field(0.1, gt=0)  # sigma, in units of the prior's standard deviation
    sizes: list[Many] = Field([64, 128, 256], min_length=1)
    draws: int = Field(12, ge=2)  # of the contexts
    test: int = Field(256, ge=2)  # fresh contexts of every draw
    within: float = Field(0.1, gt=0, lt=1)  # of ln risk: measured and computed differ by at most this


@dataclass(frozen=True)
class Measured:
    """A prior's posterior variance on drawn contexts."""

    alpha: float
    sizes: Array  # (sizes,)
    variance: Array  # (draws, sizes), in units of the prior's

    def logs_over(self, predicted: Array) -> Array:
        """ln of measured over computed. (draws, sizes), given ln of the computed one (sizes,)"""
        return np.asarray(np.log(self.variance) - predicted)


def check(settings: Settings, tick: Tick) -> Finding:
    """The finding on the average Bayes risk; some twenty seconds with the default settings."""
    cases, curves = [], []
    for at, alpha in enumerate(settings.alphas):
        cases.append(measure(settings, alpha))
        curves.append(computed(settings, alpha, settings.length_scale))
        tick((at + 1) / len(settings.alphas))
    return Finding(
        name="bayes",
        title="The average Bayes risk, measured and computed",
        source="paper A, main theorem",
        statement="eps(n) = sum_k mu_k kappa / (mu_k + kappa), n = (sigma^2 + eps) / kappa, with the prior's spectrum",
        assumptions=[
            "the context is recalled; coefficients fill the box |u_j| <= sqrt(3 lambda_j) evenly",
            "the prior is the Matern process of smoothness 1 with reflecting walls at the box, scaled to trace one",
        ],
        if_false="the exact posterior variance on drawn contexts would leave the curve",
        verdicts=[verdict(case, curve, settings) for case, curve in zip(cases, curves, strict=True)],
        tables=[_table(cases, curves)],
        panels=[_panel(cases, curves)],
        notes=[
            "Nothing is fitted: the curve has the kernel's own spectrum, length scale and noise.",
            "The curve is an approximation for many contexts; it is known to differ by a few percent.",
        ],
    )


def measure(settings: Settings, alpha: float) -> Measured:
    """The exact posterior variance at every size, contexts nested within a draw."""
    half = bayes_curve.half_widths(alpha, settings.decay, "exponential", settings.length_scale, AXES)
    half = half[half > VISIBLE * half[0]]
    prior, sizes = reflected_kernel(half), sorted(settings.sizes)
    rows = []
    for draw in range(settings.draws):
        rng = generator(settings.seed, "average bayes risk", f"{alpha:g}", draw)
        train, test = (rng.uniform(-half, half, (count, len(half))) for count in (sizes[-1], settings.test))
        gram, across = prior.gram(train), prior.matrix(train, test)
        own = np.array([prior.matrix(one, one)[0, 0] for one in test[:, None, :]])
        gram[np.diag_indices_from(gram)] += settings.noise**2
        rows.append(_nested(gram, across, own, sizes))
    return Measured(alpha, np.array(sizes, dtype=float), np.array(rows))


def _nested(gram: Array, across: Array, own: Array, sizes: Sequence[int]) -> list[float]:
    """The mean posterior variance given the first n contexts over the prior's there, for every n: one factor has all.

    The prior's variance is one on average; on a hundred contexts it scatters as the posterior's does.
    """
    factor = scipy.linalg.cholesky(gram, lower=True, overwrite_a=True)
    half = scipy.linalg.solve_triangular(factor, across, lower=True)
    return [float((own - (half[:n] ** 2).sum(0)).mean() / own.mean()) for n in sizes]


def computed(settings: Settings, alpha: float, length_scale: float) -> Array:
    """ln of Sollich's curve at every size, for a prior of this length scale. (sizes,)"""
    found = bayes_curve.eigenvalues(alpha, settings.decay, "exponential", length_scale, DEPTH)
    return bayes_curve.learning_curve(found, settings.noise, np.log(np.array(sorted(settings.sizes), dtype=float)))


def verdict(case: Measured, curve: Array, settings: Settings) -> JudgedStatement:
    """Whether ln(measured / computed), averaged over the sizes, lies within the margin: Student's interval over draws.

    99%, by Bonferroni for the number of spectra.
    """
    logs = case.logs_over(curve)
    each = logs.mean(1)
    estimate = Estimate(value=float(each.mean()), se=float(each.std(ddof=1)) / len(each) ** 0.5)
    points = len(each) + 1  # a mean leaves one degree of freedom more than a slope
    reach = judge_estimates.critical_t(len(settings.alphas), points) * estimate.se
    spectrum = SpectralCase("exponential", case.alpha, settings.decay, settings.noise)
    return JudgedStatement(
        key=f"curve_{spectrum.key}",
        claim=f"the measured average Bayes risk is the computed curve, {spectrum.name}",
        said=_said(estimate.value, reach, settings.within),
        because=f"measured over computed is {np.exp(estimate.value):.3f} on average over n = {case.sizes[0]:.0f} .. "
        f"{case.sizes[-1]:.0f}, {np.exp(logs.mean(0).min()):.3f} to {np.exp(logs.mean(0).max()):.3f} by size",
        expected=0.0,
        value=estimate.value,
        low=estimate.value - reach,
        high=estimate.value + reach,
    )  # fmt: skip


def _said(value: float, reach: float, within: float) -> Verdict:
    """supported: the interval lies inside the margin; contradicted: outside altogether."""
    if abs(value) - reach > within:
        return Verdict.CONTRADICTED
    return Verdict.SUPPORTED if abs(value) + reach <= within else Verdict.UNDECIDED


def _table(cases: Sequence[Measured], curves: Sequence[Array]) -> Table:
    rows: list[list[Cell]] = []
    for case, curve in zip(cases, curves, strict=True):
        for at, n in enumerate(case.sizes):
            mean, scatter = (float(f(case.variance[:, at])) for f in (np.mean, lambda v: np.std(v, ddof=1)))
            risk = float(np.exp(curve[at]))
            measured = Estimate(value=mean, se=scatter / len(case.variance) ** 0.5)
            rows.append([case.alpha, int(n), measured, risk, mean / risk])
    headings = ["alpha", "n", "measured", "computed", "measured / computed"]
    return Table(
        name="bayes", title="Average posterior variance, in units of the prior's", headings=headings, rows=rows
    )


def _panel(cases: Sequence[Measured], curves: Sequence[Array]) -> Panel:
    series = []
    for at, (case, curve) in enumerate(zip(cases, curves, strict=True)):
        name, x = f"alpha = {case.alpha:g}", case.sizes.tolist()
        se = (case.variance.std(0, ddof=1) / len(case.variance) ** 0.5).tolist()
        series.append(Series(label=name, x=x, y=case.variance.mean(0).tolist(), se=se, style="points", colour=at))
        series.append(Series(label=f"{name}, computed", x=x, y=np.exp(curve).tolist(), style="line", colour=at))
    return Panel(
        title="average Bayes risk", x_label="n", y_label="posterior variance", series=series, log_x=True, log_y=True
    )
