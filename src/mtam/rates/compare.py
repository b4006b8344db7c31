"""Which of two laws a curve follows, or that these sizes cannot tell.

The sizes of one seed share target and samples, so a criterion that takes them for independent (AIC) decides too often.
A law is therefore preferred only if two things agree:

1. AICc of the mean log curve prefers it by at least two;
2. the seeds reject its rival. The rival is nested in a wider model, ln error = rival + c (law - rival), with the
   difference of the two fitted curves as a further regressor (the P test of Davidson and MacKinnon 1981,
   Econometrica 49): c = 0 if the rival holds, 1 if the law does. To first order every seed gives a c of its own, and
   Student's interval of c over seeds must lie above zero.

Under either law alone the second happens in 2.5% of curves at most, whatever the correlation along n. Where both laws
are rejected neither holds.

A power of n that ends at a floor bends as theory's law does, and over a few powers of two both are better than n^-b: a
preference over n^-b must survive it (``floored_power``). The floored power costs a parameter more, which AICc charges.
Where the curve's own gamma ends at the border of its search, the curve bends more than any law of the family, as a rule
because of a floor: there the floored power has to be worse, and the seeds must not lead from the law to it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mtam.rates import intervals
from mtam.rates.fitting.fit import by_seed, interval_of, mean_curve, over_seeds, unbalanced
from mtam.rates.fitting.mean_fit import MeanFit, fit_means, influence
from mtam.rates.fitting.spread import weights
from mtam.rates.fitting.unbalanced import own_estimates
from mtam.rates.intervals import Interval
from mtam.rates.laws import Floats, Law, PowerLaw

DECIDES = 2.0  # a difference of AICc below this says nothing
MANY = 1000  # sizes beyond which three factors are multiplied two by two, which rounds otherwise
EXACT = 1e-20  # mean squared residual of a law that fits to rounding
FIRST, SECOND, OPEN, NEITHER = 1, -1, 0, 2


@dataclass(frozen=True)
class Comparison:
    """What can be said of ``law`` against ``rival``."""

    law: Law
    rival: Law
    aicc: float | None  # AICc(rival) - AICc(law): positive prefers the law
    towards_law: Interval | None  # c of the rival's wider model: above 0 rejects the rival
    towards_rival: Interval | None  # c of the law's wider model: above 0 rejects the law
    answer: int | None  # FIRST, SECOND, OPEN, NEITHER; None for too few sizes or seeds


def enough(sizes: int, seeds: int, *, floor: bool = False, single: bool = False) -> bool:
    """Whether two laws can be compared at all: seeds for an interval, a size more than parameters and c together."""
    return (seeds >= 2 or single) and sizes >= (5 if floor else 4)


def penalised(fit: MeanFit) -> Floats:
    """AICc of a mean log curve, up to what all laws share: m ln(RSS) + 2k + 2k(k+1)/(m-k-1)  # (...).

    k counts the parameters and the variance. The last term is left out where it is not defined, m <= k + 1; it is the
    same for all laws with as many parameters.
    """
    m, k = fit.predicted.shape[-1], fit.parameters + 1
    correction = 2 * k * (k + 1) / (m - k - 1) if m > k + 1 else 0.0
    return np.asarray(m * np.log(np.maximum(fit.rss, m * EXACT)) + 2 * k + correction)


def towards(rival: MeanFit, law: MeanFit, weight: Floats, logs: Floats) -> Floats:
    """c of every seed in ln error = rival + c (law - rival), beside the rival's own parameters  # (..., seeds).

    ``weight`` is (..., sizes), ``logs`` (..., seeds, sizes). NaN where the fitted curves are the same.
    """
    apart = law.predicted - rival.predicted
    rows = influence(rival.tangent, np.broadcast_to(weight, apart.shape))
    own = np.einsum("...mp,...pk,...k->...m", rival.tangent, rows, apart, optimize=apart.shape[-1] > MANY)
    direction = (apart - own) * weight
    size = (direction * (apart - own)).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.einsum("...sm,...m->...s", logs - rival.predicted[..., None, :], direction) / size[..., None]
    return np.asarray(np.where(size[..., None] > EXACT, values, np.nan))


def decide(first: MeanFit, second: MeanFit, weight: Floats, logs: Floats, level: float = 0.95) -> NDArray[np.int64]:
    """FIRST, SECOND, OPEN or NEITHER for many curves at once, ``logs`` (..., seeds, sizes)  # (...)."""
    lows = [intervals.student(towards(a, b, weight, logs), level)[0] for a, b in ((first, second), (second, first))]
    return _answers(first, second, lows[0], lows[1])


def _answers(first: MeanFit, second: MeanFit, low: Floats, other_low: Floats) -> NDArray[np.int64]:
    """From the lower ends of c in the wider model of the first law, and of the second."""
    gain = penalised(second) - penalised(first)
    beaten = [
        (end > 0) & (loser.rss > EXACT * loser.predicted.shape[-1])
        for end, loser in ((low, first), (other_low, second))
    ]
    answer = np.full(gain.shape, OPEN)
    answer[~beaten[0] & beaten[1] & (gain >= DECIDES)] = FIRST
    answer[beaten[0] & ~beaten[1] & (gain <= -DECIDES)] = SECOND
    answer[beaten[0] & beaten[1]] = NEITHER
    return answer


def compare(
    law: Law,
    rival: Law,
    sizes: Floats,
    errors: Floats,
    *,
    floor: bool = False,
    level: float = 0.95,
    single: bool = False,
) -> Comparison:
    """Compare two laws, both with a floor or none, on ``errors`` (seeds, sizes), all positive.

    ``single`` is that of ``fit``: seeds may lack sizes, and residuals stand in for the scatter of seeds.
    """
    if not enough(len(sizes), len(errors), floor=floor, single=single):
        return Comparison(law, rival, None, None, None, None)
    logs = np.log(errors)
    if single and unbalanced(logs):
        return _compare_unbalanced(law, rival, sizes, logs, floor=floor, level=level)
    weight = weights(sizes, logs)
    ours, theirs = (fit_means(one, sizes, logs.mean(axis=0), weight, floor=floor) for one in (law, rival))
    return Comparison(
        law,
        rival,
        float(penalised(theirs) - penalised(ours)),
        over_seeds(towards(theirs, ours, weight, logs), level),
        over_seeds(towards(ours, theirs, weight, logs), level),
        int(decide(ours, theirs, weight, logs, level)),
    )


def _compare_unbalanced(law: Law, rival: Law, sizes: Floats, logs: Floats, *, floor: bool, level: float) -> Comparison:
    weight, mean, mass = mean_curve(sizes, logs)
    ours, theirs = (fit_means(one, sizes, mean, mass, floor=floor) for one in (law, rival))
    sides = []
    for loser, winner in ((theirs, ours), (ours, theirs)):
        apart = winner.predicted - loser.predicted
        sides.append(interval_of(own_estimates(loser.tangent, apart, logs - loser.predicted, weight), level))
    towards_law, towards_rival = sides
    lows = [np.asarray(side.low if side else np.nan) for side in (towards_rival, towards_law)]
    answer = int(_answers(ours, theirs, lows[0], lows[1])) if all(sides) else OPEN
    gain = float(penalised(theirs) - penalised(ours))
    return Comparison(law, rival, gain, towards_law, towards_rival, answer)


def held_out(law: Law, sizes: Floats, errors: Floats, *, floor: bool = False, level: float = 0.95) -> Interval | None:
    """ln(error / prediction) at the largest quarter of the sizes, by the law fitted to the others, mean over seeds.

    Zero for a law that extrapolates; None where fewer than three sizes (four with a floor) are left to fit, or there
    is one seed.
    """
    left = len(sizes) - max(1, len(sizes) // 4)
    if left < (4 if floor else 3) or len(errors) < 2:
        return None
    logs = np.log(errors)
    whole = np.isfinite(logs).all(axis=1)  # a seed that lacks a size has no part in this
    if whole.sum() < 2:
        return None
    logs = logs[whole]
    seen, rest = logs[:, :left], logs[:, left:]
    weight = weights(sizes[:left], seen)
    found = fit_means(law, sizes[:left], seen.mean(axis=0), weight, floor=floor)
    values = by_seed(found, weight, seen)  # (seeds, p)
    moved = (values - values.mean(axis=0)) @ found.tangent_at(sizes[left:]).T  # (seeds, held-out sizes)
    return over_seeds((rest - found.at(sizes[left:]) - moved).mean(axis=1), level)


@dataclass(frozen=True)
class FlooredPower:
    """A law against a n^-b + floor on one curve."""

    floor: float
    aicc: float  # AICc(floored power) - AICc(law): positive prefers the law
    towards_it: bool  # whether the seeds lead from the law to the floored power: c > 0 at 95%
    answer: int  # FIRST: the law, SECOND: the floored power, as for any two laws; OPEN, NEITHER

    def undoes(self, *, bends_most: bool) -> bool:
        """Whether it takes a preference over n^-b back; ``bends_most``: the curve's own gamma is at the border."""
        if self.aicc <= -DECIDES:
            return True
        return bends_most and (self.aicc < DECIDES or self.towards_it)

    def __str__(self) -> str:
        verb = "fits better still" if self.aicc <= -DECIDES else "fits about as well"
        if self.aicc >= DECIDES:
            verb = "is where the seeds lead"
        return f"a power of n with a floor of {self.floor:.2g} {verb} (AICc {-self.aicc:+.1f})"


def floored_power(law: Law, sizes: Floats, errors: Floats) -> FlooredPower | None:
    """``law`` against a n^-b + floor on ``errors`` (seeds, sizes), all positive; None for too few sizes or seeds."""
    logs = np.log(errors)
    if not enough(len(sizes), len(errors), floor=True) or np.isnan(logs).any():
        return None
    weight = weights(sizes, logs)
    ours = fit_means(law, sizes, logs.mean(axis=0), weight)
    floored = fit_means(PowerLaw(), sizes, logs.mean(axis=0), weight, floor=True)
    c = over_seeds(towards(ours, floored, weight, logs))
    lead = c is not None and c.low > 0
    gain, answer = penalised(floored) - penalised(ours), decide(ours, floored, weight, logs)
    return FlooredPower(float(floored.floor), float(gain), lead, int(answer))
