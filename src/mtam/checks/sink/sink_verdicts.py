"""What check sink says: is any activation best, is each coercive, does least squares have the parametric rate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import numpy.typing as npt

from mtam.base.finding import JudgedStatement
from mtam.checks.judge_estimates import LEVEL
from mtam.checks.sink.sink_measure import SinkCell, SinkFits
from mtam.rates.fitting.fit import student_interval
from mtam.rates.intervals import Interval
from mtam.rates.verdict import Verdict

Array = npt.NDArray[np.float64]
Prices = Mapping[str, Array]  # by activation (conditions, truths)

LOG_FLOOR = 1e-16  # a coercivity of 0 has no logarithm


@dataclass(frozen=True)
class Dearest:
    """The condition and the rival beside which an activation is dearest."""

    activation: str
    rival: str
    condition: int
    factor: Interval  # price over the rival's


def prices_of(cells: Sequence[SinkCell], conditions: Sequence[tuple[str, float]]) -> Prices:
    """By activation, a row per condition (value, strength)."""
    known = {(cell.activation, str(cell.value), cell.strength): cell.price for cell in cells}
    names = dict.fromkeys(cell.activation for cell in cells)
    return {name: np.array([known[(name, *at)] for at in conditions]) for name in names}


def read_best(prices: Prices, margin: float) -> tuple[Verdict, Dearest]:
    """Whether no activation is best: the verdict, and where the most robust activation is dearest.

    An activation is beaten where some rival's price is below its own by more than 1 + ``margin`` in some condition, and
    best where none is anywhere; ln price over ln price, truth by truth, Student at 99% over all pairs and conditions.
    supported: every one is beaten; contradicted: one is best.
    """
    pairs = list(permutations(prices, 2))
    conditions = len(next(iter(prices.values())))
    looks = len(pairs) * conditions / 2
    dearest: list[Dearest] = []
    beaten, best, limit = [], [], np.log1p(margin)
    for name in prices:
        found = []
        for rival in (other for mine, other in pairs if mine == name):
            for at in range(conditions):
                gap = student_interval(np.log(prices[name][at] / prices[rival][at]), 1 - LEVEL / looks)
                assert gap is not None  # there are two truths at least, and prices are finite
                found.append((gap, rival, at))
        beaten.append(any(gap.low > limit for gap, _, _ in found))
        best.append(all(gap.high <= limit for gap, _, _ in found))
        gap, rival, at = max(found, key=lambda each: each[0].value)
        dearest.append(Dearest(name, rival, at, gap.mapped(lambda value: float(np.exp(value)))))
    said = Verdict.CONTRADICTED if any(best) else Verdict.SUPPORTED if all(beaten) else Verdict.UNDECIDED
    return said, min(dearest, key=lambda each: each.factor.value)


def no_best(
    key: str, claim: str, prices: Prices, conditions: Sequence[tuple[str, float]], margin: float
) -> JudgedStatement:
    """The reading as a statement."""
    said, worst = read_best(prices, margin)
    value, strength = conditions[worst.condition]
    return JudgedStatement(
        key=key,
        claim=claim,
        said=said,
        because=f"{worst.activation}, the least often beaten, costs at most {worst.factor:.2f} times what "
        f"{worst.rival} does, beside a sink of strength {strength:g} and {value} value ({len(conditions)} conditions)",
        expected=1 + margin,
        value=worst.factor.value,
        low=worst.factor.low,
        high=worst.factor.high,
    )


def control_single(prices: Prices, margin: float) -> JudgedStatement:
    """The negative control: at one strength alone some activation is best, and the reading has to say so."""
    said, worst = read_best({name: rows[:1] for name, rows in prices.items()}, margin)
    return JudgedStatement(
        key="control_one_strength",
        claim="at the first strength alone the same reading finds an activation that is best",
        said=said.contrary,
        because=f"{worst.activation} costs {worst.factor:.2f} times what {worst.rival} does",
        expected=1 + margin,
        value=worst.factor.value,
        low=worst.factor.low,
        high=worst.factor.high,
    )


def coercive(name: str, conditions: Sequence[Array], least: float) -> tuple[Verdict, Interval]:
    """Whether the typical coercivity is at least ``least`` in every condition, and its smallest  # each (truths,)."""
    found = []
    for values in conditions:
        interval = student_interval(np.log(np.maximum(values, LOG_FLOOR)), 1 - LEVEL / len(conditions))
        assert interval is not None, name
        found.append(interval.mapped(lambda value: float(np.exp(value))))
    worst = min(found, key=lambda each: each.value)
    if any(each.high < least for each in found):
        return Verdict.CONTRADICTED, worst
    return (Verdict.SUPPORTED if all(each.low >= least for each in found) else Verdict.UNDECIDED), worst


def coercivity_verdict(name: str, cells: Sequence[SinkCell], least: float) -> JudgedStatement:
    """One activation beside all sinks."""
    said, worst = coercive(name, [cell.coercivity for cell in cells], least)
    lowest = min(float(cell.coercivity.min()) for cell in cells)
    return JudgedStatement(
        key=f"coercive_{name}",
        claim=f"{name}: excess risk controls the error of A beside every sink, ratio at least {least:g}",
        said=said,
        because=f"smallest of {len(cells)} conditions {worst:.3f}, geometric mean over truths, {lowest:.3f} for one",
        expected=least,
        value=worst.value,
        low=worst.low,
        high=worst.high,
    )


def control_hyperplane(softmax: Array, other: Array, least: float) -> JudgedStatement:
    """The negative control of coercivity: tokens with a constant coordinate, of which softmax cannot tell a column."""
    verdicts = [coercive("softmax", [softmax], least), coercive("sigmoid", [other], least)]
    (said, worst), (beside, rival) = verdicts
    return JudgedStatement(
        key="control_hyperplane",
        claim="with a coordinate that is 1 in all tokens softmax is not coercive, for A + a b' gives the same rows",
        said=said.contrary,
        because=f"ratio {worst.value:.1e} by the same reading, of sigmoid over pairs {rival:.3f} ({beside})",
        expected=0.0,
        value=worst.value,
        low=worst.low,
        high=worst.high,
    )


def rate_verdict(fits: Sequence[SinkFits], margin: float) -> JudgedStatement:
    """Whether the squared error of A falls as 1/M for softmax: mean over strengths, Student over truths."""
    strengths, slopes = list(dict.fromkeys(each.strength for each in fits)), []
    for strength in strengths:
        mine = [each for each in fits if each.strength == strength]
        slopes.append(np.polyfit(np.log([each.size for each in mine]), np.log([each.error for each in mine]), 1)[0])
    interval = student_interval(np.mean(slopes, axis=0), 1 - LEVEL)
    assert interval is not None  # there are two truths at least
    told = ", ".join(f"{np.mean(each):.3f} at strength {at:g}" for at, each in zip(strengths, slopes, strict=True))
    sizes = sorted({each.size for each in fits})
    return JudgedStatement(
        key="rate_softmax",
        claim=f"softmax: the squared error of A falls as 1/M, its exponent within {margin:g}",
        said=_near(interval, -1.0, margin),
        because=f"slope {interval:.3f}, {told}; M = {sizes[0]} .. {sizes[-1]}, {len(slopes[0])} truths",
        expected=-1.0,
        value=interval.value,
        low=interval.low,
        high=interval.high,
    )


def efficient_verdict(fits: Sequence[SinkFits], margin: float) -> JudgedStatement:
    """Whether the error of softmax fits is what Fisher's information says; means over sizes, Student over truths."""
    ratios = np.mean([each.error / each.expected for each in fits], axis=0)
    interval = student_interval(ratios, 1 - LEVEL)
    assert interval is not None  # there are two truths at least
    return JudgedStatement(
        key="efficient_softmax",
        claim=f"softmax: the squared error of A is sigma² tr(H^-1)/(M N), within {margin:g} of it",
        said=_near(interval, 1.0, margin),
        because=f"ratio {interval:.3f} over {len(fits)} sizes and strengths, {len(ratios)} truths",
        expected=1.0,
        value=interval.value,
        low=interval.low,
        high=interval.high,
    )


def _near(interval: Interval, figure: float, margin: float) -> Verdict:
    """Whether all of an interval lies within ``margin`` of a figure, or none of it."""
    if interval.low > figure + margin or interval.high < figure - margin:
        return Verdict.CONTRADICTED
    inside = figure - margin <= interval.low and interval.high <= figure + margin
    return Verdict.SUPPORTED if inside else Verdict.UNDECIDED
