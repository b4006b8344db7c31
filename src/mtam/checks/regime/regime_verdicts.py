"""Whether slopes come to theory's, whether lines become parallel, and what A costs inside the theorem's condition."""

from itertools import combinations

import numpy as np
import numpy.typing as npt

from mtam.base.finding import JudgedStatement
from mtam.checks.judge_estimates import LEVEL
from mtam.checks.regime.regime_lines import BEYOND, FIRST, RegimeLines
from mtam.interaction.theory.regime_curve import FARTHEST, RegimeCurve, samples_needed
from mtam.rates.fitting.fit import student_interval
from mtam.rates.verdict import Verdict, of_all

Array = npt.NDArray[np.float64]

EARLIER = 1e4  # a figure that is not there yet has come half the way nearer since M was so many times smaller
HALFWAY = 0.5
AXES = {"tokens": "N", "rank": "r"}
NARROW = 0.2  # an interval of the continuation's ratio that is wider on a side supports nothing


def slope_verdict(lines: RegimeLines, margin: float, size: float) -> JudgedStatement:
    """Whether the slope is within ``margin`` of theory's at M = ``size`` in every dimension, and stays there."""
    said, worst = _settles(lines, lines.distances, margin, size)
    theory = lines.case.theory
    at = lines.index(size)
    told = [
        f"{name}: {theory + float(values[at].mean()):.3f}, so near {_from(lines.seen_from(values, margin))}"
        for name, values in lines.distances.items()
    ]
    return JudgedStatement(
        key=f"slope_{lines.name}",
        claim=f"the slope comes to {theory:.3f} in every d, within {margin:g} by M = {size:.0e} ({lines.words})",
        said=said,
        because="; ".join(told),
        expected=theory,
        value=theory + worst[0],
        low=theory + worst[1],
        high=theory + worst[2],
    )


def parallel_verdict(lines: RegimeLines, margin: float, size: float) -> JudgedStatement | None:
    """Whether slopes of different d are within ``margin`` of one another at ``size``; None for a single d."""
    if not lines.differences:
        return None
    said, worst = _settles(lines, lines.differences, margin, size)
    told = [f"{name}: {_from(lines.seen_from(values, margin))}" for name, values in lines.differences.items()]
    return JudgedStatement(
        key=f"parallel_{lines.name}",
        claim=f"lines of different d become parallel, within {margin:g} by M = {size:.0e} ({lines.words})",
        said=said,
        because="; ".join(told),
        expected=0.0,
        value=worst[0],
        low=worst[1],
        high=worst[2],
    )


def _from(size: float | None) -> str:
    return f"beyond M = {FARTHEST:.0e} only" if size is None else f"from M = {size:.1e}"


def _settles(
    lines: RegimeLines, values: dict[str, Array], margin: float, size: float
) -> tuple[Verdict, tuple[float, float, float]]:
    """Whether all figures are zero within ``margin`` at ``size`` and stay so; and the worst with its interval.

    contradicted: one lies outside with its whole interval, and was not twice as far off four decades of M earlier.
    outside: it is not so, but the theorem's condition does not hold at ``size`` in the highest dimension.
    """
    at, before = lines.index(size), lines.index(size / EARLIER)
    worst, verdicts = (0.0, 0.0, 0.0), []
    for figures in values.values():
        level = 1 - LEVEL / len(values)
        found = student_interval(figures[at], level)
        assert found is not None  # there are two truths at least
        inside = max(abs(found.low), abs(found.high)) <= margin
        stays = from_where_on(lines, figures, margin) <= size
        outside = found.low > margin or found.high < -margin
        nearer = abs(found.value) <= HALFWAY * abs(float(figures[before].mean()))
        verdicts.append(
            Verdict.SUPPORTED
            if inside and stays
            else Verdict.CONTRADICTED
            if outside and not nearer
            else Verdict.UNDECIDED
        )
        if abs(found.value) >= abs(worst[0]):
            worst = (found.value, found.low, found.high)
    case, said = lines.case, of_all(verdicts)
    promised = size >= samples_needed(case.beta, case.rank * max(lines.slopes))
    return (said if promised or said == Verdict.SUPPORTED else Verdict.OUTSIDE), worst


def from_where_on(lines: RegimeLines, figures: Array, margin: float) -> float:
    """``seen_from``, infinite where it never is."""
    found = lines.seen_from(figures, margin)
    return float("inf") if found is None else found


def price_verdict(lines: RegimeLines, most: float) -> JudgedStatement | None:
    """Whether the price of A is at most the share ``most`` of the error where the condition begins to hold, and falls.

    Price over the rest goes as M^{-1/(2 beta + 1)} once it is small; half that exponent is asked for.
    """
    if not lines.shares:
        return None
    level = 1 - LEVEL / len(lines.shares)
    found = {d: student_interval(shares[0], level) for d, shares in lines.shares.items()}
    known = {d: interval for d, interval in found.items() if interval is not None}
    worst = max(known, key=lambda d: known[d].value)
    falls = HALFWAY * np.log(BEYOND[-1] / BEYOND[0]) / (2 * lines.case.beta + 1)
    odds = {d: np.log(shares.mean(axis=1) / (1 - shares.mean(axis=1))) for d, shares in lines.shares.items()}
    slowest = max(odds, key=lambda d: float(odds[d][-1] - odds[d][0]))
    stuck = float(odds[slowest][-1] - odds[slowest][0]) > -falls
    said = (
        Verdict.CONTRADICTED
        if stuck or known[worst].low > most
        else Verdict.SUPPORTED
        if all(interval.high <= most for interval in known.values())
        else Verdict.UNDECIDED
    )
    end = float(lines.shares[slowest][-1].mean())
    return JudgedStatement(
        key=f"price_{lines.name}",
        claim=f"inside r d <= (M/ln M)^(1/{2 * lines.case.beta + 1}) the price of A is at most {most:g} of the error, "
        f"and falls ({lines.words})",
        said=said,
        because=f"at the border {known[worst]:.3f} of the error in d = {worst}, the most of d = "
        f"{min(lines.shares)} .. {max(lines.shares)}; in d = {slowest} {end:.3f} at {BEYOND[-1]:.0f} times that M",
        value=known[worst].value,
        low=known[worst].low,
        high=known[worst].high,
    )


def free_verdict(
    axis: str, curves: dict[int, RegimeCurve], constant: float, margin: float, size: float
) -> JudgedStatement:
    """Whether with A known the slope is the same along ``axis``, tokens or rank, at every M up to ``size``.

    Differences of local slopes over a decade, truth by truth, every pair of curves, at the M where they are largest.
    """
    sizes = np.geomspace(FIRST, size, 1 + round(np.log10(size / FIRST)))
    slopes = {value: curve.slopes_with_a_known(sizes, constant) for value, curve in curves.items()}
    case = next(iter(curves.values())).case
    pairs = [(a, b, k) for a, b in combinations(slopes, 2) for k in range(len(sizes))]
    found = {}
    for a, b, k in pairs:
        interval = student_interval(slopes[b][k] - slopes[a][k], 1 - LEVEL / len(pairs))
        assert interval is not None  # there are two truths at least
        found[a, b, k] = interval
    a, b, k = max(found, key=lambda at: max(abs(found[at].low), abs(found[at].high)))
    worst = found[a, b, k]
    apart = any(each.low > margin or each.high < -margin for each in found.values())
    inside = max(abs(worst.low), abs(worst.high)) <= margin
    return JudgedStatement(
        key=f"{axis}_beta{case.beta}",
        claim=f"with A known the slope does not depend on {AXES[axis]}, within {margin:g} from M = {FIRST:.0e} on "
        f"(beta = {case.beta})",
        said=Verdict.CONTRADICTED if apart else Verdict.SUPPORTED if inside else Verdict.UNDECIDED,
        because=f"{AXES[axis]} = {b} less {a} at M = {sizes[k]:.0e}: {worst:.3f}, widest of {len(pairs)}",
        expected=0.0,
        value=worst.value,
        low=worst.low,
        high=worst.high,
    )


def continuation_verdict(curve: RegimeCurve, looks: int) -> JudgedStatement:
    """Whether bias^2 at the last K that was computed is what continues it, on average over truths."""
    found = student_interval(curve.continued, 1 - LEVEL / looks)
    assert found is not None
    narrow = max(found.high - found.value, found.value - found.low) <= NARROW
    said = Verdict.SUPPORTED if narrow else Verdict.UNDECIDED
    return JudgedStatement(
        key=f"continuation_beta{curve.case.beta}",
        claim=f"bias² at K = {curve.exact} is on average that of waves outside the splines, as beyond "
        f"(beta = {curve.case.beta})",
        said=said if found.holds(1.0) else Verdict.CONTRADICTED,
        because=f"ratio over {len(curve.continued)} truths {found:.3f}",
        expected=1.0,
        value=found.value,
        low=found.low,
        high=found.high,
    )
