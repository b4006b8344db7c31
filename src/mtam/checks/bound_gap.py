"""How far the Bayes risk lies above a lower bound, and whether the distance grows with n (paper A, lower bound).

Statement: upper and lower bound have one rate. The Bayes risk averaged over the Matern prior is the posterior variance,
known on drawn contexts without a target's noise; the bound is that of signed bumps that tile the box
(``recall.theory.tiled_bumps``). Were the bound of a faster rate than the risk, their ratio would grow without end.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mtam.base.finding import JudgedStatement
from mtam.base.table import Cell, Estimate, Table
from mtam.checks import judge_estimates
from mtam.checks.check_registry import Tick
from mtam.rates.verdict import Verdict
from mtam.recall.evaluation import posterior
from mtam.recall.recall_spec import RecallData, RecallTrial, recall_model
from mtam.recall.theory import tiled_bumps
from mtam.recall.theory.minimax import AXES
from mtam.recall.theory.spectral_case import SpectralCase
from mtam.recall.theory.water_filling import finite_box

Array = NDArray[np.float64]

GROWS = 0.05  # of the power of n by which the ratio may rise: that of a ratio which counts as flat elsewhere


@dataclass(frozen=True)
class BoundGap:
    """ln of the average Bayes risk over the lower bound, of one spectrum."""

    spectrum: SpectralCase
    sizes: Array  # (sizes,)
    logs: Array  # (draws of the contexts, sizes)

    @property
    def slope(self) -> Estimate:
        """The power of n by which the ratio grows: mean over draws, with its standard error."""
        x = np.log(self.sizes) - np.log(self.sizes).mean()
        slopes = self.logs @ x / (x @ x)
        return Estimate(value=float(slopes.mean()), se=float(slopes.std(ddof=1)) / len(slopes) ** 0.5)


def gap(alpha: float, noise: float, sizes: Sequence[int], seeds: Sequence[int], tick: Tick) -> BoundGap:
    """Posterior variance on the contexts of every seed, over the bound.

    Raises ValueError where a kernel matrix is singular to rounding.
    """
    data = RecallData(alpha=alpha, noise=noise, target="matern_stratified")
    model = recall_model("posterior")
    trials = [RecallTrial(data=data, model=model, n=n, seed=seed) for seed in seeds for n in sizes]
    records = posterior.run(trials, device="cpu", tick=tick)
    if failed := [record["failure"] for record in records if "failure" in record]:
        raise ValueError(failed[0])
    log_risk = np.log([record["error"] for record in records]).reshape(len(seeds), len(sizes))
    spectrum = SpectralCase("exponential", alpha, data.decay, noise)
    bound = tiled_bumps.lower_bounds(finite_box(alpha, data.decay, "exponential", AXES, 0.0), np.log(sizes), noise)
    return BoundGap(spectrum, np.array(sizes, dtype=np.float64), log_risk - bound)


def verdict(found: BoundGap, looks: int) -> JudgedStatement:
    """Whether the ratio's power of n is below ``GROWS``: one-sided, Student over draws, 99% for all ``looks`` together.

    A ratio that falls is no objection: it stays above one.
    """
    slope, draws = found.slope, len(found.logs)
    reach = judge_estimates.critical_t(looks, draws + 1, sides=1) * slope.se  # a mean has one degree more than a line
    ratios = np.exp(found.logs.mean(0))
    said = Verdict.SUPPORTED if slope.value + reach <= GROWS else Verdict.UNDECIDED
    return JudgedStatement(
        key=f"gap_{found.spectrum.key}",
        claim=f"the average Bayes risk over the lower bound does not grow with n, {found.spectrum.name}",
        said=Verdict.CONTRADICTED if slope.value - reach > GROWS else said,
        because=f"the ratio goes from {ratios[0]:.3g} at n = {found.sizes[0]:.0f} to {ratios[-1]:.3g} at "
        f"n = {found.sizes[-1]:.0f}, as n^{slope.value:.3f} ± {reach:.3f}; {GROWS:g} counts as growing",
        expected=0.0,
        value=slope.value,
        low=slope.value - reach,
        high=slope.value + reach,
    )


def table(gaps: Sequence[BoundGap]) -> Table:
    """One row per spectrum and size."""
    rows: list[list[Cell]] = []
    for found in gaps:
        for at, n in enumerate(found.sizes):
            ratios = np.exp(found.logs[:, at])
            scatter = float(ratios.std(ddof=1)) / len(ratios) ** 0.5
            rows.append([found.spectrum.name, int(n), Estimate(value=float(ratios.mean()), se=scatter)])
    return Table(
        name="gap",
        title="Average Bayes risk over the bound of signed bumps that tile the box",
        headings=["spectrum", "n", "Bayes / bound"],
        rows=rows,
    )
