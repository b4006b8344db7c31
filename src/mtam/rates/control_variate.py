"""A curve judged by its ratio to another one of the same data: what noise does to both is no part of the ratio.

The error of an estimator and that of its linearisation at the truth rise and fall together from one data set to the
next: the sd of ln(error/linear) is 3 to 20 times smaller than that of ln(error). So few seeds decide whether what is
left of one slope in the other is within a small margin, and a slope that is another one is seen (Lavenberg and Welch
1981, Management Science 27, on control variates).
"""

import numpy as np

from mtam.rates.curve import Curve, matched
from mtam.rates.fitting.fit import slopes, student_interval
from mtam.rates.intervals import Interval
from mtam.rates.judge_curves import NOTHING
from mtam.rates.laws import Floats
from mtam.rates.verdict import Judgement, Verdict


def same_slope_as_control(points: Curve, control: Curve, margin: float, *, level: float = 0.95) -> Judgement:
    """Whether ln(points/control) has slope 0 on ln n within ``margin``, seed by seed.

    Raises ValueError where the curves share no size or no seed, and for a margin <= 0.
    """
    points, control = matched([points, control])
    found = slopes(np.log(points.sizes), np.log(points.errors / control.errors))
    return equivalent_to(found, 0.0, margin, level=level)


def equivalent_to(values: Floats, figure: float, margin: float, *, level: float = 0.95) -> Judgement:
    """Whether the mean of ``values`` (seeds,) is ``figure`` within ``margin``: two one-sided tests (Schuirmann 1987).

    supported: the interval at 2 level - 1 lies inside; contradicted: that at ``level`` lies outside altogether.
    """
    if margin <= 0:
        raise ValueError("equivalence needs a positive margin")
    tests, wide = student_interval(values, 2 * level - 1), student_interval(values, level)
    if tests is None or wide is None:
        return NOTHING
    shown = f"{figure:.3g} ± {margin:.2g}"
    if wide.low > figure + margin or wide.high < figure - margin:
        return Judgement(Verdict.CONTRADICTED, wide, f"the interval lies outside {shown}")
    if _inside(tests, figure, margin):
        return Judgement(Verdict.SUPPORTED, tests, f"the interval lies inside {shown}", level=round(2 * level - 1, 9))
    return Judgement(Verdict.UNDECIDED, wide, f"the interval crosses the border of {shown}")


def _inside(found: Interval, figure: float, margin: float) -> bool:
    return found.low >= figure - margin and found.high <= figure + margin
