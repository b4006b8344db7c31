"""Ways to judge a statement about learning curves: supported, contradicted, or undecided, with the interval.

A seed is the unit of replication, so every way takes one number per seed (or the interval that came of them), and all
intervals are Student's over seeds. Errors are compared as ratios: on logs, where seeds differ by factors.

    contains      the interval contains the expected figure
    within        the figure lies in a range
    ordering      curves come in this order
    ratio_within  one error is so many times another
    equivalence   figures are equal within a margin (two one-sided tests)
    follows       the slope of one curve is that of another, which is known
    at_least_as_fast  a slope is at most so much, within a margin: what an upper bound says (one-sided)
    slope_near    a slope is so much within a margin (two one-sided tests)
    same_slope    the slopes of several curves are equal within a margin
    flat_ratio    the ratio of two curves is no power of n beyond a margin
    exponent      a difference of errors, which may be negative, falls with this exponent

The tables behind a sweep and the claims over whole reproductions come from these functions, with these margins.

"Supported" needs evidence as much as "contradicted" does: what the data leave open is undecided. A statement that
joins several comparisons is supported only when each of them is, for which no correction is due (an intersection-union
test: Berger 1982, Technometrics 24); it is contradicted when one of them is, at a level that Bonferroni corrects.
"""

from collections.abc import Sequence
from itertools import combinations, pairwise

import numpy as np

from mtam.rates.curve import Curve, matched
from mtam.rates.fitting.fit import fit, slopes, student_interval, weighted_slopes
from mtam.rates.intervals import Interval
from mtam.rates.laws import Floats, Law, PowerLaw
from mtam.rates.t_quantiles import quantile
from mtam.rates.verdict import Judgement, Verdict

WIDEST = 0.1  # of a slope, on a side: a wider interval could not tell -0.8 from -0.9 and supports nothing
WIDEST_DIFFERENCE = 0.15  # of the exponent of a difference of errors, which is known less well
NEARLY = 0.1  # slopes that differ by less look parallel in a figure


NOTHING = Judgement(Verdict.UNDECIDED, None, "fewer than two seeds: no interval")


def slope(law: Law, sizes: Floats, errors: Floats, level: float = 0.95) -> Interval | None:
    """The slope of ``errors`` (seeds, sizes), all positive, on the law's axis; None where there is no interval."""
    found = fit(law, sizes, errors, level)
    return found.slope if found else None


def difference(values: Floats, others: Floats, level: float = 0.95, *, paired: bool = True) -> Interval | None:
    """Mean of ``values`` (seeds,) minus mean of ``others`` (seeds,), with Student's interval.

    Paired by position, as one seed has one truth for both; otherwise Welch's interval for independent samples, whose
    degrees of freedom are Satterthwaite's. None for fewer than two seeds. Raises ValueError for paired values that
    differ in number.
    """
    values, others = np.asarray(values, dtype=float), np.asarray(others, dtype=float)
    if paired:
        if values.shape != others.shape:
            raise ValueError(f"paired values must be as many on both sides, not {len(values)} and {len(others)}")
        return student_interval(values - others, level)
    if min(len(values), len(others)) < 2:
        return None
    parts = np.array([values.var(ddof=1) / len(values), others.var(ddof=1) / len(others)])
    freedom = np.array([len(values) - 1, len(others) - 1])
    middle, total = float(values.mean() - others.mean()), float(parts.sum())
    if total == 0:
        return Interval(middle, middle, middle)
    half = quantile(0.5 + level / 2, total**2 / float(np.sum(parts**2 / freedom))) * total**0.5
    return Interval(middle, middle - half, middle + half)


def ratio(errors: Floats, others: Floats, level: float = 0.95, *, paired: bool = True) -> Interval | None:
    """Geometric mean of ``errors`` / ``others`` (seeds,) at one size, with an interval; None for fewer than two seeds.

    Raises ValueError for errors that are not positive, and for paired errors that differ in number.
    """
    errors, others = np.asarray(errors, dtype=float), np.asarray(others, dtype=float)
    if not (np.all(errors > 0) and np.all(others > 0)):
        raise ValueError("a ratio of errors needs positive errors on both sides")
    return _exp(difference(np.log(errors), np.log(others), level, paired=paired))


def contains(
    found: Interval | None,
    expected: float,
    *,
    tolerance: float = 0.0,
    widest: float = float("inf"),
    rival: float | None = None,
) -> Judgement:
    """Whether the interval contains ``expected``, give or take ``tolerance``.

    An interval that misses contradicts. One that is wider than ``widest`` on either side of its estimate contains too
    much to support anything and leaves the statement undecided, as one does that contains a ``rival`` figure as well.
    """
    if found is None:
        return NOTHING
    shown = f"{expected:.3g}" + (f" ± {tolerance:.2g}" if tolerance else "")
    if found.low > expected + tolerance or found.high < expected - tolerance:
        return Judgement(Verdict.CONTRADICTED, found, f"the interval excludes {shown}")
    if max(found.high - found.value, found.value - found.low) > widest:
        return Judgement(Verdict.UNDECIDED, found, f"the interval contains {shown} but is wider than ± {widest:.2g}")
    if rival is not None and found.holds(rival):
        return Judgement(Verdict.UNDECIDED, found, f"the interval contains {shown}, and {rival:.3g} as well")
    return Judgement(Verdict.SUPPORTED, found, f"the interval contains {shown}")


def within(found: Interval | None, low: float = -np.inf, high: float = np.inf) -> Judgement:
    """Whether the figure lies in [low, high]: supported if its whole interval does, contradicted if none of it does."""
    if found is None:
        return NOTHING
    if low <= found.low and found.high <= high:
        return Judgement(Verdict.SUPPORTED, found, f"the whole interval lies in {_range(low, high)}")
    if found.high < low or found.low > high:
        return Judgement(Verdict.CONTRADICTED, found, f"the whole interval lies outside {_range(low, high)}")
    return Judgement(Verdict.UNDECIDED, found, f"the interval crosses the border of {_range(low, high)}")


def ratio_within(
    errors: Floats, others: Floats, low: float = 0.0, high: float = np.inf, *, level: float = 0.95, paired: bool = True
) -> Judgement:
    """Whether ``errors`` are between ``low`` and ``high`` times ``others`` (seeds,), in geometric mean."""
    return within(ratio(errors, others, level, paired=paired), low, high)


def ordering(curves: Sequence[Floats], *, level: float = 0.95, paired: bool = True) -> Judgement:
    """Whether errors rise from each of ``curves`` to the next, each (seeds,) or (seeds, sizes): then at every size.

    The interval is that of the weakest comparison, as a ratio of the later to the earlier curve.
    Raises ValueError for fewer than two curves and for errors that are not positive.
    """
    if len(curves) < 2:
        raise ValueError("an order needs at least two curves")
    columns = [np.asarray(curve, dtype=float).reshape(len(curve), -1) for curve in curves]
    sides = [(b[:, k], a[:, k]) for a, b in pairwise(columns) for k in range(a.shape[1])]
    found = [ratio(later, earlier, level, paired=paired) for later, earlier in sides]
    intervals = [interval for interval in found if interval is not None]
    if len(intervals) < len(found):
        return NOTHING
    strict = 1 - (1 - level) / len(sides)
    reversed_ = [interval for side in sides if (interval := ratio(*side, strict, paired=paired)) and interval.high < 1]
    if reversed_:
        worst = min(reversed_, key=lambda interval: interval.high)
        return Judgement(Verdict.CONTRADICTED, worst, f"reversed in {len(reversed_)} of {len(sides)} comparisons")
    weakest = min(intervals, key=lambda interval: interval.low)
    open_ = sum(interval.low <= 1 for interval in intervals)
    if open_:
        return Judgement(Verdict.UNDECIDED, weakest, f"open in {open_} of {len(sides)} comparisons")
    return Judgement(Verdict.SUPPORTED, weakest, f"so in all {len(sides)} comparisons" if len(sides) > 1 else "so")


def follows(
    points: Curve, known: Curve, *, tolerance: float = 0.0, widest: float = WIDEST, level: float = 0.95
) -> tuple[Judgement, float]:  # fmt: skip
    """Whether the log-log slope of ``points`` is that of ``known``, as a forecast is, and what the latter is.

    Both slopes weigh the sizes alike, as the spread of ``points`` asks: neither curve need be straight. The mean log
    curve of ``known`` is taken for exact. Raises ValueError where the curves share no size or no seed.
    """
    points, known = matched([points, known])
    axis = PowerLaw().axis(points.sizes)
    expected = float(weighted_slopes(axis, points.sizes, known.mean_log[None], np.log(points.errors))[0])
    found = slope(PowerLaw(), points.sizes, points.errors, level)
    return contains(found, expected, tolerance=tolerance, widest=widest), expected


def at_least_as_fast(points: Curve, expected: float, margin: float, *, level: float = 0.95) -> Judgement:
    """Whether the log-log slope is at most ``expected`` + ``margin``, as an upper bound on the error has it.

    One-sided: supported when the upper end of the interval at 2 level - 1 lies below, contradicted when the interval
    at ``level`` lies above altogether. A steeper slope breaks no upper bound.
    """
    border = f"{expected:.3g} + {margin:.2g}"
    return _slope_within(points, (-np.inf, expected + margin), border, level)


def slope_near(points: Curve, expected: float, margin: float, *, level: float = 0.95) -> Judgement:
    """Whether the log-log slope is ``expected`` within ``margin``: two one-sided tests (Schuirmann 1987)."""
    return _slope_within(points, (expected - margin, expected + margin), f"{expected:.3g} ± {margin:.2g}", level)


def _slope_within(points: Curve, ends: tuple[float, float], shown: str, level: float) -> Judgement:
    tests, wide = (slope(PowerLaw(), points.sizes, points.errors, each) for each in (2 * level - 1, level))
    if tests is None or wide is None:
        return NOTHING
    low, high = ends
    if wide.low > high or wide.high < low:
        return Judgement(Verdict.CONTRADICTED, wide, f"the interval lies beyond {shown}")
    if tests.low >= low and tests.high <= high:
        return Judgement(Verdict.SUPPORTED, tests, f"the interval keeps within {shown}", level=round(2 * level - 1, 9))
    return Judgement(Verdict.UNDECIDED, wide, f"the interval crosses the border of {shown}")


def exponent(
    points: Curve,
    expected: float,
    *,
    tolerance: float = 0.0,
    widest: float = WIDEST_DIFFERENCE,
    level: float = 0.95,
) -> Judgement:  # fmt: skip
    """Whether ``points``, which may be negative as differences of errors are, fall as n^expected.

    With s = points n^{-expected} the exponent is expected + (slope of s on ln n) / mean s, to first order, seed by
    seed. Raises ValueError where the mean of s is not positive.
    """
    scaled = points.errors * points.sizes**-expected  # (seeds, sizes)
    mean = float(scaled.mean())
    if mean <= 0:
        raise ValueError("the mean is not positive")
    found = student_interval(expected + slopes(np.log(points.sizes), scaled) / mean, level)
    return contains(found, expected, tolerance=tolerance, widest=widest)


def same_slope(
    curves: Sequence[Curve], margin: float = NEARLY, names: Sequence[str] = (), *, level: float = 0.95
) -> Judgement:
    """Whether the log-log slopes of ``curves`` are equal within ``margin``, seed by seed: see ``equivalence``.

    Every slope is that which ``fit`` gives. Raises ValueError where the curves share no size or no seed.
    """
    found = [weighted_slopes(PowerLaw().axis(each.sizes), each.sizes, np.log(each.errors)) for each in matched(curves)]
    return equivalence(found, margin, names=names, level=level)


def ratio_slope(points: Curve, other: Curve, *, from_size: float = 0.0, level: float = 0.95) -> Interval | None:
    """The slope of ln(points / other) on ln n from a size on, seed by seed; None for fewer than two sizes or seeds.

    What seeds have in common, as a target's level, drops out. Raises ValueError where the curves share no size or seed.
    """
    ours, theirs = matched([points, other])
    kept = ours.sizes >= from_size
    if kept.sum() < 2:
        return None
    apart = np.log(ours.errors[:, kept]) - np.log(theirs.errors[:, kept])
    return student_interval(slopes(np.log(ours.sizes[kept]), apart), level)


def flat_ratio(points: Curve, other: Curve, margin: float, *, from_size: float = 0.0, level: float = 0.95) -> Judgement:
    """Whether ``points`` / ``other`` is flat in n: the slope of its logarithm lies within ± ``margin``.

    Two one-sided tests, as in ``equivalence``: supported when the interval at 2 level - 1 lies inside the margin,
    contradicted when that at ``level`` lies outside, which is the interval that is told.
    """
    found = ratio_slope(points, other, from_size=from_size, level=level)
    inner = ratio_slope(points, other, from_size=from_size, level=2 * level - 1)
    if found is None or inner is None:
        return Judgement(Verdict.UNDECIDED, None, "fewer than two seeds or sizes: no slope")
    if found.low > margin or found.high < -margin:
        return Judgement(Verdict.CONTRADICTED, found, f"the ratio's slope lies outside ± {margin:.3g}")
    if _reach(inner) < margin:
        return Judgement(Verdict.SUPPORTED, found, f"the ratio's slope lies within ± {margin:.3g} (90% interval)")
    return Judgement(Verdict.UNDECIDED, found, f"the ratio's slope may reach the margin ± {margin:.3g}")


def equivalence(
    groups: Sequence[Floats],
    margin: float,
    *,
    level: float = 0.95,
    paired: bool = True,
    names: Sequence[str] = (),
) -> Judgement:
    """Whether the means of ``groups``, each (seeds,), differ by less than ``margin``, every pair of them.

    Two one-sided tests at 1 - level each (Schuirmann 1987): supported when the interval at 2 level - 1 (90% for 95%) of
    every difference lies inside ± margin; contradicted when one difference lies outside at ``level``, corrected. The
    interval is that of the largest difference, whose groups are told by ``names``. Raises ValueError for fewer than
    two groups or a margin <= 0.
    """
    if len(groups) < 2 or margin <= 0:
        raise ValueError("equivalence needs at least two groups and a positive margin")
    pairs = list(combinations(groups, 2))
    told = [f" ({one} less {two})" for one, two in combinations(names, 2)] if names else [""] * len(pairs)
    found = [difference(a, b, 2 * level - 1, paired=paired) for a, b in pairs]
    intervals = [interval for interval in found if interval is not None]
    if len(intervals) < len(found):
        return NOTHING
    # What it takes to contradict is the corrected interval: shown where it decides, so that one sees where it ends.
    strict = 1 - (1 - level) / len(pairs)
    corrected = [each for a, b in pairs if (each := difference(a, b, strict, paired=paired)) is not None]
    for outside, who in zip(corrected, told, strict=True):
        if outside.low > margin or outside.high < -margin:
            return Judgement(Verdict.CONTRADICTED, outside, f"a difference lies outside ± {margin:.3g}{who}")
    largest = max(intervals, key=_reach)
    if _reach(largest) < margin:
        return Judgement(Verdict.SUPPORTED, largest, f"every difference lies within ± {margin:.3g}")
    crossing = max(corrected, key=_reach)
    who = told[corrected.index(crossing)]
    return Judgement(Verdict.UNDECIDED, crossing, f"a difference may reach the margin ± {margin:.3g}{who}")


def _reach(found: Interval) -> float:
    return max(abs(found.low), abs(found.high))


def _exp(found: Interval | None) -> Interval | None:
    return None if found is None else found.mapped(lambda x: float(np.exp(x)))


def _range(low: float, high: float) -> str:
    if np.isinf(high):
        return f"[{low:.3g}, ∞)"
    return f"(-∞, {high:.3g}]" if np.isinf(low) else f"[{low:.3g}, {high:.3g}]"
