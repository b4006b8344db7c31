"""Remark 3 of paper A: what each class of attention can select at best, with nothing to estimate.

Statement: linear attention and frozen kernels cannot recall, softmax can. Measured is the least one-hot error
E sum_i (a_i - [i = i*])^2 over the class: by closed form for affine gates, by descent on fresh contexts for linear
attention with positive features (elu + 1) and for softmax, over all bandwidths for a frozen RBF kernel. Assumed: unit
tags under a fresh rotation, the query carries the target's tag, no label noise and no content. Were the remark true as
it stands, the errors of linear and frozen attention would be far from zero on every tag set; were it false throughout,
they would vanish on every one. What a descent reaches is an upper bound of the class's least error.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from mtam.base.finding import Finding, JudgedStatement, Panel, Series
from mtam.base.table import Cell, Estimate, Table
from mtam.checks import judge_estimates
from mtam.checks.check_registry import Tick
from mtam.checks.check_settings import CheckSettings
from mtam.rates.verdict import Verdict, of_all
from mtam.recall import gates
from mtam.recall.recall_spec import RecallData
from mtam.recall.theory import one_hot_error
from mtam.recall.theory.one_hot_error import Affine, Descent, MeasuredError

TAGS = ("orthonormal", "simplex", "equicorrelated", "cross_polytope", "iid", "nuisance")
NEAR = 0.01  # an error below this is selection, above it is not; uniform weights have 1 - 1/I
RESOLUTION = 0.01  # closed form and least squares must be known to agree this well
ROUNDING = 1e-20  # an error below this is zero
SHARP = (16.0, 256.0, 4096.0)  # scales at which the positive features start
SOFT = (4.0, 16.0)  # and softmax

Positive = Annotated[float, Field(gt=0)]


class Settings(CheckSettings):
    """Tags and effort."""

    components: int = Field(4, ge=3, le=32)  # I, and the dimension of the tags
    correlation: float = Field(0.5, gt=0, lt=1)  # rho of equicorrelated tags
    nuisance: int = Field(4, ge=1, le=32)  # dimensions of pure noise beside cross-polytope tags, for nuisance tags
    steps: int = Field(1500, ge=10, le=100_000)  # of descent
    batch: int = Field(512, ge=16, le=8192)  # fresh contexts per step
    contexts: int = Field(50_000, ge=100, le=10**6)  # fresh contexts on which errors are measured
    bandwidths: list[Positive] = Field(
        [0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0], min_length=1
    )  # of the frozen kernel


@dataclass(frozen=True)
class BestAffine:
    """The least errors of every class on one tag set."""

    tags: str
    affine: Affine  # closed form
    squares: Estimate  # affine with all d^2 + 1 weights, by least squares on drawn contexts
    elu: Estimate
    frozen: list[Estimate]  # by bandwidth
    chosen: int  # the bandwidth that is best, judged on other contexts than ``frozen``
    softmax: Estimate


def check(settings: Settings, tick: Tick) -> Finding:
    """The finding on Remark 3."""
    found = []
    for at, name in enumerate(TAGS):
        found.append(best(name, settings))
        tick((at + 1) / len(TAGS))
    return Finding(
        name="remark3",
        title="What each class of attention can select at best",
        source="paper A, Remark 3",
        statement="linear attention and frozen kernels cannot recall, softmax can",
        assumptions=[
            "unit tags under a fresh rotation; the query carries the target's tag; no content, no label noise",
        ],
        if_false="the errors of linear and frozen attention would vanish on every tag set; as it stands, on none",
        verdicts=[
            agreement_verdict(found),
            *(linear_verdict(each) for each in found),
            elu_verdict(found),
            *(frozen_verdict(each, settings.bandwidths) for each in found),
            softmax_verdict(found),
        ],
        tables=[_class_table(found, settings), _frozen_table(found, settings)],
        panels=_panels(found, settings),
        notes=[
            f"Error: E sum_i (a_i - [i = i*])^2; uniform weights have {1 - 1 / settings.components:.3g}. Standard "
            "errors are those of the last measurement, on fresh contexts.",
            "Softmax is never exactly one-hot; its error falls without limit as the scores grow. A descent shows what "
            "a class reaches, and proves no floor for elu + 1.",
        ],
    )  # fmt: skip


def best(name: str, settings: Settings) -> BestAffine:
    """All classes on one tag set."""
    data = data_of(name, settings)
    h = np.array(settings.bandwidths)
    squares = one_hot_error.least_squares(data, settings.seed, min(settings.contexts, 20_000))
    judged = one_hot_error.frozen(data, settings.seed, "choice", h, settings.contexts)
    told = one_hot_error.frozen(data, settings.seed, "fresh", h, settings.contexts)
    return BestAffine(
        tags=name,
        affine=one_hot_error.best_affine(*one_hot_error.moments(data), data.components),
        squares=_estimate(MeasuredError(squares[0], squares[1])),
        elu=_descended("linear_elu", data, settings, SHARP),
        frozen=[_estimate(each) for each in told],
        chosen=int(np.argmin([each.value for each in judged])),
        softmax=_descended("softmax", data, settings, SOFT),
    )


def data_of(name: str, settings: Settings) -> RecallData:
    """As many dimensions as components."""
    size = {"components": settings.components, "tag_dim": settings.components}
    noise = {"correlation": settings.correlation, "nuisance": settings.nuisance}
    return RecallData.model_validate({"tags": name, **size, **noise})


def _descended(gate: str, data: RecallData, settings: Settings, starts: tuple[float, ...]) -> Estimate:
    plan = Descent(settings.steps, settings.batch, settings.contexts // 2, starts)
    params = one_hot_error.optimise(gates.gate(gate), data, settings.seed, plan)
    fresh = one_hot_error.contexts(data, settings.seed, "selection_test", settings.contexts)
    return _estimate(one_hot_error.measure(gates.gate(gate), params, fresh)[0])


def _estimate(found: MeasuredError) -> Estimate:
    """What is rounding is exact: fixed tag sets give every context the same error."""
    value = found.value if abs(found.value) > ROUNDING else 0.0
    return Estimate(value=value, se=found.se if found.se > max(1e-4 * value, ROUNDING) else 0.0)


def said_of(error: Estimate) -> Verdict:
    """Whether a class that leaves this error cannot select: far from one-hot, near it, or too uncertain."""
    z = judge_estimates.critical(len(TAGS))
    if error.value - z * error.se > NEAR:
        return Verdict.SUPPORTED
    return Verdict.CONTRADICTED if error.value + z * error.se < NEAR else Verdict.UNDECIDED


def agreement_verdict(found: Sequence[BestAffine]) -> JudgedStatement:
    """The closed form of two weights against least squares over all d^2 + 1, on contexts that the fit has not seen."""
    gaps = [Estimate(value=each.squares.value - each.affine.error, se=each.squares.se) for each in found]
    worst = max(gaps, key=lambda gap: abs(gap.value))
    return JudgedStatement(
        key="closed_form",
        claim="the best affine gate is b + w <v_q, v_i> with the error of the closed form",
        said=judge_estimates.equal([Estimate(value=g.value, se=g.se + 1e-9) for g in gaps], 0.0, RESOLUTION),
        because=f"least squares over a full form W differs by {worst.value:.1e} ± {worst.se:.1e} at most (1 s.e.)",
        expected=0.0,
        value=worst.value,
    )


def linear_verdict(each: BestAffine) -> JudgedStatement:
    """Affine attention on one tag set, by the closed form."""
    error = each.affine.error
    return JudgedStatement(
        key=f"linear_{each.tags}",
        claim=f"linear attention cannot select on {each.tags} tags",
        said=said_of(Estimate(value=error, se=0.0)),
        because=f"least error {error:.4f} (closed form), at b = {each.affine.offset:.3f}, w = {each.affine.slope:.3f}",
        value=error,
        low=error,
        high=error,
    )


def elu_verdict(found: Sequence[BestAffine]) -> JudgedStatement:
    """Linear attention with positive features, over all tag sets."""
    least = min(found, key=lambda each: each.elu.value)
    return JudgedStatement(
        key="linear_elu",
        claim="linear attention with elu + 1 features selects on none of the tag sets",
        said=of_all(said_of(each.elu) for each in found),
        because=f"least error reached {least.elu.value:.4f} ± {least.elu.se:.4f} ({least.tags}), the best of "
        f"{len(SHARP)} descents",
        value=least.elu.value,
        **_interval(least.elu),
    )


def frozen_verdict(each: BestAffine, bandwidths: Sequence[float]) -> JudgedStatement:
    """The frozen kernel at its best bandwidth, on one tag set."""
    error = each.frozen[each.chosen]
    return JudgedStatement(
        key=f"frozen_{each.tags}",
        claim=f"a frozen RBF kernel cannot select on {each.tags} tags",
        said=said_of(error),
        because=f"error {error.value:.4f} ± {error.se:.4f} at its best bandwidth {bandwidths[each.chosen]:g}",
        value=error.value,
        **_interval(error),
    )


def softmax_verdict(found: Sequence[BestAffine]) -> JudgedStatement:
    """Softmax over all tag sets."""
    most = max(found, key=lambda each: each.softmax.value)
    return JudgedStatement(
        key="softmax",
        claim="softmax selects on every tag set",
        said=of_all(said_of(each.softmax).contrary for each in found),
        because=f"largest error reached {most.softmax.value:.1e} ± {most.softmax.se:.1e} ({most.tags})",
        value=most.softmax.value,
        **_interval(most.softmax),
    )


def _interval(error: Estimate) -> Mapping[str, float]:
    half = judge_estimates.critical(len(TAGS)) * error.se
    return {"low": error.value - half, "high": error.value + half}


def _class_table(found: Sequence[BestAffine], settings: Settings) -> Table:
    rows: list[list[Cell]] = [
        [
            each.tags, each.affine.error, each.squares, each.elu, each.frozen[each.chosen],
            settings.bandwidths[each.chosen], each.softmax,
        ]
        for each in found
    ]  # fmt: skip
    return Table(
        name="classes",
        title="Least one-hot error of every class (± standard error)",
        headings=[
            "tags",
            "linear, closed form",
            "linear, least squares",
            "elu+1",
            "frozen RBF",
            "bandwidth",
            "softmax",
        ],
        rows=rows,
    )


def _frozen_table(found: Sequence[BestAffine], settings: Settings) -> Table:
    return Table(
        name="bandwidths",
        title="Frozen RBF kernel by bandwidth",
        headings=["bandwidth", *(each.tags for each in found)],
        rows=[[h, *(each.frozen[at] for each in found)] for at, h in enumerate(settings.bandwidths)],
    )


def _panels(found: Sequence[BestAffine], settings: Settings) -> list[Panel]:
    names = [each.tags for each in found]
    classes = {
        "linear (affine)": [Estimate(value=each.affine.error, se=0.0) for each in found],
        "linear (elu+1)": [each.elu for each in found],
        "frozen RBF": [each.frozen[each.chosen] for each in found],
        "softmax": [each.softmax for each in found],
    }
    sharp = sorted(zip(settings.bandwidths, range(len(settings.bandwidths)), strict=True))
    return [
        Panel(
            title="least one-hot error of the class", x_label="tags", y_label="E Σ (a_i - [i = i*])²",
            series=[
                Series(
                    label=label, x=[float(at) + 0.08 * (k - 1.5) for at in range(len(names))],
                    y=[each.value for each in errors], se=[each.se for each in errors], style="points", colour=k,
                )
                for k, (label, errors) in enumerate(classes.items())
            ],
            categories=names, level=1 - 1 / settings.components, level_label="uniform weights",
        ),
        Panel(
            title="frozen RBF kernel", x_label="bandwidth", y_label="E Σ (a_i - [i = i*])²",
            series=[
                Series(
                    label=each.tags, x=[h for h, _ in sharp], y=[each.frozen[at].value for _, at in sharp],
                    se=[each.frozen[at].se for _, at in sharp], colour=k,
                )
                for k, each in enumerate(found)
            ],
            log_x=True, level=1 - 1 / settings.components, level_label="uniform weights",
        ),
    ]  # fmt: skip
