"""Local slopes in several dimensions against M, and what else the check judges, whatever curves they come from."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
import numpy.typing as npt

from mtam.interaction.theory.regime_curve import FARTHEST, RegimeCase, RegimeCurve, from_where, samples_needed

Array = npt.NDArray[np.float64]

FIRST = 1e3  # M
PER_DECADE = 8  # sizes
BEYOND = (1.0, 10.0, 100.0, 1000.0)  # times the M from which on the condition holds
LARGE = (50, 100, 300, 1000)  # dimensions in which the price of A is looked at besides


@dataclass(frozen=True)
class RegimeLines:
    """One beta and one rank in several dimensions; means are over truths, the last axis."""

    case: RegimeCase
    sizes: Array  # M (sizes,), far beyond what is judged
    slopes: dict[int, Array]  # by d, K by the rule (sizes, truths)
    shares: dict[int, Array]  # of the price of A in the error, by d, at BEYOND times the border (len(BEYOND), truths)

    @property
    def name(self) -> str:
        """As the keys of verdicts have it."""
        return f"beta{self.case.beta}" + (f"_rank{self.case.rank}" if self.case.rank > 1 else "")

    @property
    def words(self) -> str:
        """The same in a sentence."""
        return f"beta = {self.case.beta}" + (f", r = {self.case.rank}" if self.case.rank > 1 else "")

    def index(self, size: float) -> int:
        """Of the last of ``sizes`` that is not larger."""
        return int(np.searchsorted(self.sizes, size * (1 + 1e-9)) - 1)

    @cached_property
    def distances(self) -> dict[str, Array]:
        """Slope less theory, by dimension  # (sizes, truths)."""
        return {f"d = {d}": values - self.case.theory for d, values in self.slopes.items()}

    @cached_property
    def differences(self) -> dict[str, Array]:
        """Slopes less one another, truth by truth  # (sizes, truths)."""
        pairs = combinations(self.slopes, 2)
        return {f"d = {b} less d = {a}": self.slopes[b] - self.slopes[a] for a, b in pairs}

    def seen_from(self, values: Array, margin: float) -> float | None:
        """From which M on the mean of ``values`` is at most ``margin`` for good."""
        return from_where(self.sizes, np.abs(values.mean(axis=1)), margin)


def lines(curve: RegimeCurve, dims: Sequence[int], constant: float) -> RegimeLines:
    """The lines of a curve in these dimensions, where the rank allows them."""
    case = curve.case
    sizes = np.geomspace(FIRST, FARTHEST, 1 + round(PER_DECADE * np.log10(FARTHEST / FIRST)))
    slopes = {d: curve.slopes(sizes, d, constant) for d in sorted(dims) if d >= case.rank}
    wide = sorted({d for d in (*dims, *LARGE) if d >= case.rank and d > 1})
    shares = {d: curve.share(samples_needed(case.beta, d * case.rank) * np.array(BEYOND), d) for d in wide}
    return RegimeLines(case, sizes, slopes, shares)
