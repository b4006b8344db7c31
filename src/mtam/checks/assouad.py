"""Assouad's lower bound of paper A, verified on its own hard family and drawn under what is measured.

Statement: no estimator has less risk over 1-Lipschitz functions than k theta^2/8 (1 - sqrt(n k theta^2/(4 N sigma^2)))
for any scale theta, N the number of cubes of half-width theta in the coefficient box, k = P(some cube) 2/((D+1)(D+2)).
Assumed: recall is given, coefficients are uniform on the box, Gaussian noise; targets have slopes up to 1 in units of
deviations per root mean square of u. Were it false, the exact Bayes risk of the planted family, which no estimator can
beat on average, would lie below the bound. Measured curves belong to random targets and not to the hardest one, so
that their distance from the bound is a price in constants and not a test of the theorem.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from mtam.base.finding import Finding, JudgedStatement, Panel, Series
from mtam.base.streams import generator
from mtam.base.table import Cell, Estimate, Table
from mtam.checks import bound_gap, judge_estimates
from mtam.checks.check_registry import Tick
from mtam.checks.check_settings import CheckSettings
from mtam.rates.verdict import Verdict
from mtam.recall import run_recall
from mtam.recall.evaluation import benchmarks
from mtam.recall.recall_spec import RecallData, RecallTrial, recall_model
from mtam.recall.theory import assouad_family, minimax

SAMPLES = 200_000  # points of the cube by which the bump's mean square is checked
RESOLUTION = 0.1  # ratios must be known this well
APART = 100  # of the seeds whose contexts the average Bayes risk is known on, from those of the targets

Positive = Annotated[float, Field(gt=0)]
Size = Annotated[int, Field(ge=16, le=16384)]


class Settings(CheckSettings):
    """Spectra, sizes, and how much is simulated."""

    alphas: list[Positive] = Field([0.5, 1.0, 2.0], min_length=1)  # lambda_j = exp(-j^alpha)
    sizes: list[Size] = Field([64, 256, 1024, 4096], min_length=1)  # n
    seeds: int = Field(3, ge=2, le=100)  # targets per cell
    noise: float = Field(0.1, gt=0)  # sigma, as a share of the target's standard deviation
    repeats: int = Field(200, ge=10, le=10_000)  # samples on which the Bayes risk of the hard family is simulated
    test: int = Field(2048, ge=16)  # fresh contexts
    transformer: bool = True  # train it as well; false leaves the oracle alone and takes seconds
    draws: int = Field(6, ge=2, le=100)  # of the contexts on which the average Bayes risk is known
    dims: list[Annotated[int, Field(ge=1, le=30)]] = Field([1, 2, 3, 5, 8], min_length=1)  # of the bump's mean square


@dataclass(frozen=True)
class PlantedFamily:
    """The planted family at the scale of Assouad's bound, and the signed one at its own; in units of sum lambda."""

    alpha: float
    size: int
    theta: float  # in root mean squares of u
    dimension: int
    cells: int
    bound: float
    bayes: Estimate  # exact Bayes risk of bumps switched on and off
    floor: Estimate  # the same with signs, at the scale where it is largest


@dataclass(frozen=True)
class MeasuredRisk:
    """Errors of one estimator at one (alpha, n), a seed each, with the standard errors over test contexts."""

    alpha: float
    size: int
    errors: list[Estimate]

    def over(self, bound: Estimate) -> Estimate:
        """The geometric mean over seeds, in units of the bound; relative errors add in squares."""
        logs = np.log([each.value for each in self.errors])
        value = float(np.exp(logs.mean())) / bound.value
        spread = float(logs.std(ddof=1)) / len(logs) ** 0.5
        return Estimate(value=value, se=value * float(np.hypot(spread, bound.se / bound.value)))


def check(settings: Settings, tick: Tick) -> Finding:
    """The finding on Assouad's bound."""
    squares = [square(dim, settings.seed) for dim in settings.dims]
    cells = [(alpha, size) for alpha in settings.alphas for size in settings.sizes]
    families = []
    for at, (alpha, size) in enumerate(cells):
        families.append(planted(alpha, size, settings))
        tick(0.2 * (at + 1) / len(cells))
    seeds = range(settings.seed + APART, settings.seed + APART + settings.draws)
    gaps = []
    for at, alpha in enumerate(settings.alphas):
        gaps.append(bound_gap.gap(alpha, settings.noise, settings.sizes, seeds, lambda _: None))
        tick(0.2 + 0.2 * (at + 1) / len(settings.alphas))
    names: list[str] = ["gp", "softmax"] if settings.transformer else ["gp"]
    curves: dict[str, list[MeasuredRisk]] = {}
    for at, name in enumerate(names):
        start, share = 0.4 + 0.2 * at, 0.2 if name == "gp" else 0.4
        curves[name] = measured(name, settings, lambda done, a=start, b=share: tick(a + b * done))  # type: ignore[misc]
    return Finding(
        name="assouad",
        title="Assouad's lower bound",
        source="paper A, lower bound",
        statement="risk >= k theta^2/8 (1 - sqrt(n k theta^2 / (4 N sigma^2))) for every estimator and scale theta",
        assumptions=[
            "recall is given; u uniform on the box; Gaussian noise; slopes up to a deviation per root mean square of u",
            "measured curves are of random Matern targets, not of the hardest one: above the bound, but no test of it",
        ],
        if_false="the exact Bayes risk of the planted bumps would lie below the bound",
        verdicts=[
            square_verdict(squares),
            family_verdict(families),
            *(curve_verdict(name, curves[name], families) for name in names),
            *(bound_gap.verdict(found, len(gaps)) for found in gaps),
        ],
        tables=[_square_table(squares), _family_table(families), _curve_table(families, curves), bound_gap.table(gaps)],
        panels=[_panel(alpha, families, curves) for alpha in settings.alphas],
        notes=[
            "Risks are in units of the target's variance; errors of measured curves are geometric means over seeds "
            "± 1 standard error.",
            "Bayes, signs: the exact Bayes risk of such bumps with signs, a lower bound of its own; it is higher "
            "because signs lie further apart and nothing is lost to Pinsker's inequality.",
        ],
    )  # fmt: skip


def square(dim: int, seed: int) -> tuple[int, float, float, Estimate]:
    """E bump^2 / theta^2 in D dimensions: closed form, by quadrature, by sampling."""
    mean, se = assouad_family.mean_square_by_sampling(dim, SAMPLES, generator(seed, "recall", "bump", dim))
    return (
        dim,
        assouad_family.mean_square(dim),
        assouad_family.mean_square_by_quadrature(dim),
        Estimate(value=mean, se=se),
    )


def planted(alpha: float, size: int, settings: Settings) -> PlantedFamily:
    """Bound and Bayes risks of the planted family of one spectrum and sample size."""
    axes = minimax.half_axes(alpha, 1.0)
    unit = float((axes**2).sum() / 3)
    sigma = settings.noise * unit**0.5
    rng = generator(settings.seed, "recall", "assouad", f"{alpha:g}", size)
    hard = assouad_family.hardest(axes, size, sigma, assouad_family.assouad)
    signed = assouad_family.hardest(axes, size, sigma, assouad_family.sign_floor)
    bayes = assouad_family.bayes_risk(hard, size, sigma, signed=False, repeats=settings.repeats, rng=rng)
    floor = assouad_family.bayes_risk(signed, size, sigma, signed=True, repeats=settings.repeats, rng=rng)
    return PlantedFamily(
        alpha=alpha,
        size=size,
        theta=hard.theta / unit**0.5,
        dimension=len(hard.cells),
        cells=hard.count,
        bound=assouad_family.assouad(hard, size, sigma) / unit,
        bayes=Estimate(value=bayes[0] / unit, se=bayes[1] / unit),
        floor=Estimate(value=floor[0] / unit, se=floor[1] / unit),
    )


def measured(name: str, settings: Settings, tick: Tick) -> list[MeasuredRisk]:
    """Risk of the Bayes oracle (Gaussian-process regression on true coefficients) or of the transformer."""
    found = []
    run = benchmarks.run if name == "gp" else run_recall.run
    for at, size in enumerate(settings.sizes):
        trials = [
            RecallTrial(
                data=RecallData(alpha=alpha, noise=settings.noise, test=settings.test),
                model=recall_model(name), n=size, seed=settings.seed + seed,
            )
            for alpha in settings.alphas
            for seed in range(settings.seeds)
        ]  # fmt: skip
        done, all_of = at, len(settings.sizes)
        records = run(trials, device="cpu", tick=lambda share, a=done, b=all_of: tick((a + share) / b))  # type: ignore[misc]
        for alpha in settings.alphas:
            mine = [r for t, r in zip(trials, records, strict=True) if t.data.alpha == alpha]
            errors = [Estimate(value=r["error"], se=r["error_se"]) for r in mine if "failure" not in r]
            found.append(MeasuredRisk(alpha, size, errors))
    return [each for each in found if len(each.errors) > 1]


def square_verdict(squares: Sequence[tuple[int, float, float, Estimate]]) -> JudgedStatement:
    """Closed form against quadrature and sampling."""
    exact = all(abs(quadrature / closed - 1) < 1e-9 for _, closed, quadrature, _ in squares)
    ratios = [Estimate(value=each.value / closed, se=each.se / closed) for _, closed, _, each in squares]
    worst = max(ratios, key=lambda ratio: abs(ratio.value - 1) / max(ratio.se, 1e-12))
    return JudgedStatement(
        key="bump",
        claim="E bump^2 = 2 theta^2/((D+1)(D+2))",
        said=judge_estimates.equal(ratios, 1.0, RESOLUTION) if exact else Verdict.CONTRADICTED,
        because=f"quadrature {'agrees' if exact else 'disagrees'}; sampling over closed form "
        f"{worst.value:.4f} ± {worst.se:.4f} (1 s.e.) at the most",
        expected=1.0,
        value=worst.value,
    )


def family_verdict(families: Sequence[PlantedFamily]) -> JudgedStatement:
    """The exact Bayes risk of the planted family against Assouad's bound."""
    ratios = [Estimate(value=f.bayes.value / f.bound, se=f.bayes.se / f.bound) for f in families]
    least = min(ratios, key=lambda ratio: ratio.value)
    z = judge_estimates.critical(len(ratios), sides=1)
    return JudgedStatement(
        key="planted",
        claim="the exact Bayes risk of the planted bumps is not below Assouad's bound",
        said=judge_estimates.at_least(ratios, 1.0, RESOLUTION),
        because=f"Bayes risk over bound at least {least.value:.3f} ± {least.se:.3f} (1 s.e.)",
        expected=1.0,
        value=least.value,
        low=least.value - z * least.se,
        high=least.value + z * least.se,
    )


def curve_verdict(name: str, curve: Sequence[MeasuredRisk], families: Sequence[PlantedFamily]) -> JudgedStatement:
    """A measured curve against Assouad's bound, on every single target."""
    who = {"gp": "the Bayes oracle", "softmax": "the transformer"}[name]
    bounds = {(f.alpha, f.size): f.bound for f in families}
    found = [
        Estimate(value=error.value / bounds[each.alpha, each.size], se=error.se / bounds[each.alpha, each.size])
        for each in curve
        for error in each.errors
    ]
    least = min(found, key=lambda ratio: ratio.value, default=Estimate(value=0.0, se=0.0))
    z = judge_estimates.critical(len(found), sides=1)
    return JudgedStatement(
        key=f"above_{'oracle' if name == 'gp' else 'transformer'}",
        claim=f"the measured risk of {who} lies above Assouad's bound",
        said=judge_estimates.at_least(found, 1.0, 0.0),
        because=f"risk over bound at least {least.value:.1f} ± {least.se:.1f} (1 s.e.) over {len(found)} targets and "
        f"sizes, at most {max((each.value for each in found), default=0.0):.2g}",
        expected=1.0,
        value=least.value,
        low=least.value - z * least.se,
        high=least.value + z * least.se,
    )


def _square_table(squares: Sequence[tuple[int, float, float, Estimate]]) -> Table:
    return Table(
        name="bump",
        title="Mean square of a bump of height 1 over its cube",
        headings=["D", "2/((D+1)(D+2))", "quadrature", "sampling"],
        rows=[list(row) for row in squares],
    )


def _family_table(families: Sequence[PlantedFamily]) -> Table:
    return Table(
        name="planted",
        title="The planted family at the scale of Assouad's bound, and its exact Bayes risk",
        headings=["alpha", "n", "theta", "D", "N", "Assouad", "Bayes, on/off", "Bayes / Assouad", "Bayes, signs"],
        rows=[
            [
                f.alpha, f.size, f.theta, f.dimension, f.cells, f.bound, f.bayes,
                Estimate(value=f.bayes.value / f.bound, se=f.bayes.se / f.bound), f.floor,
            ]
            for f in families
        ],
    )  # fmt: skip


def _curve_table(families: Sequence[PlantedFamily], curves: dict[str, list[MeasuredRisk]]) -> Table:
    heads = {"gp": "oracle", "softmax": "transformer"}
    rows: list[list[Cell]] = []
    for f in families:
        row: list[Cell] = [f.alpha, f.size, f.bound, f.floor]
        for curve in curves.values():
            here = [each for each in curve if (each.alpha, each.size) == (f.alpha, f.size)]
            units = (Estimate(value=1.0, se=0.0), Estimate(value=f.bound, se=0.0), f.floor)
            row += [here[0].over(unit) if here else None for unit in units]
        rows.append(row)
    told = [head for name in curves for head in (heads[name], f"{heads[name]} / Assouad", f"{heads[name]} / signs")]
    return Table(
        name="ratios",
        title="Measured risk, and its ratio to the lower bounds",
        headings=["alpha", "n", "Assouad", "signs", *told],
        rows=rows,
    )


def _panel(alpha: float, families: Sequence[PlantedFamily], curves: dict[str, list[MeasuredRisk]]) -> Panel:
    mine = [f for f in families if f.alpha == alpha]
    x = [float(f.size) for f in mine]
    one = Estimate(value=1.0, se=0.0)
    series = []
    for colour, (name, label) in enumerate((("softmax", "transformer"), ("gp", "Bayes oracle"))):
        here = [each for each in curves.get(name, []) if each.alpha == alpha]
        told = [each.over(one) for each in here]
        if told:
            series.append(Series(
                label=label, x=[float(each.size) for each in here], y=[t.value for t in told],
                se=[t.se for t in told], colour=colour,
            ))  # fmt: skip
    floors = [f.floor for f in mine]
    y, se = [f.value for f in floors], [f.se for f in floors]
    series += [
        Series(label="Bayes risk of bumps with signs", x=x, y=y, se=se, colour=2),
        Series(label="Assouad's bound", x=x, y=[f.bound for f in mine], style="dashed"),
    ]  # fmt: skip
    return Panel(
        title=f"alpha = {alpha:g}", x_label="n", y_label="risk / variance of the target", series=series, log_x=True,
        log_y=True,
    )  # fmt: skip
