"""What check identifiability measures of one model, and what theory counts for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import numpy.typing as npt

from mtam.base.streams import generator
from mtam.interaction.identifiability.attention_layers import AttentionLayers, Layers, Value
from mtam.interaction.identifiability.fisher_rank import FisherRank, fisher_rank, independent, largest_change, tokens
from mtam.interaction.identifiability.gauge_directions import gauges

Array = npt.NDArray[np.float64]

SILENT = 1e-10  # |J g| over |J| |g| of a direction that changes nothing: rounding is 1e-16 times some hundred


@dataclass(frozen=True)
class WantedCase:
    """A model by its settings, and how its parameters are drawn."""

    model: AttentionLayers
    phi: str  # in words
    twins: bool = False  # the first two heads share one A
    idle: bool = False  # every head has an amplitude beside phi, which theory is not told of: the negative control


@dataclass(frozen=True)
class IdentifiabilityCase:
    """The Fisher matrix of one draw beside the families of directions that change nothing."""

    wanted: WantedCase
    found: FisherRank
    gauges: dict[str, int]  # dimension by family, from theory
    independent: int  # of the directions that theory names
    change: float  # the largest relative change of the responses along any of them
    permuted: float  # the largest difference of responses when heads change places

    @property
    def expected(self) -> int:
        """The dimension of the gauge."""
        return sum(self.gauges.values())

    @property
    def unexplained(self) -> int:
        """What the Fisher matrix lacks and theory does not count."""
        return self.found.nullity - self.expected

    @property
    def holds(self) -> bool:
        """Whether the directions of theory are as many as it says, change nothing, and nothing else does."""
        return self.independent == self.expected and self.change < SILENT and not self.unexplained


def wanted(heads: Sequence[int]) -> list[WantedCase]:
    """Values x layers x heads with generic phi; then special phi in one scalar layer, at every rank; then twins."""
    values: tuple[Value, ...] = ("scalar", "vector", "matrix")
    layers: tuple[Layers, ...] = ("one", "residual", "stacked")
    found = [
        WantedCase(AttentionLayers(number, value, depth), "cubic")
        for depth in layers
        for value in values
        for number in heads
    ]
    for word, powers in (("cubic", (0, 1, 2, 3)), ("linear", (0, 1)), ("even", (0, 2))):
        for rank in (1, 2, 3):
            if (word, rank) != ("cubic", 2):
                found += [WantedCase(AttentionLayers(number, rank=rank, powers=powers), word) for number in heads]
    found += [WantedCase(AttentionLayers(number), "cubic", twins=True) for number in heads if number > 1]
    return found


def controls(heads: Sequence[int]) -> list[WantedCase]:
    """The same with a parameter per head that does nothing of its own."""
    return [WantedCase(AttentionLayers(number), "cubic", idle=True) for number in heads]


def measured(case: WantedCase, number: int, seed: int, draw: int) -> IdentifiabilityCase:
    """One case at drawn parameters and ``number`` uniform tokens; streams are keyed by seed, case and draw."""
    model = case.model
    name = (model.layers, model.value, model.heads, model.rank, str(model.powers), str(case.twins), draw)
    rng = generator(seed, "check", "identifiability", *name)
    theta = model.draw(rng)
    if case.twins:
        for block in ("P", "Q"):
            theta[model.slices[0, 1, block][0]] = theta[model.slices[0, 0, block][0]]
    x = tokens(model, number, rng)
    jacobian = model.jacobian(theta, x)
    families = gauges(model, theta, case.twins)
    directions = np.concatenate([family.directions for family in families])
    change = largest_change(jacobian, directions)
    if case.idle:  # b_h phi_h with b_h = 1: the derivative along b_h is that along the coefficients of phi_h
        places = [model.slices[0, head, "c"][0] for head in range(model.heads)]
        beside = [jacobian[:, place] @ theta[place] for place in places]
        jacobian = np.concatenate([jacobian, np.stack(beside, axis=1)], axis=1)
    return IdentifiabilityCase(
        case,
        fisher_rank(jacobian),
        {family.name: family.count for family in families},
        independent(directions),
        change,
        _permuted(model, theta, x),
    )


def _permuted(model: AttentionLayers, theta: Array, x: Array) -> float:
    """The largest difference of responses over all orders of the heads of every layer."""
    told, most = model.response(theta, x), 0.0
    for order in permutations(range(model.heads)):
        other = np.empty_like(theta)
        for layer, head, name in model.slices:
            other[model.slices[layer, head, name][0]] = model.part(theta, layer, order[head], name).ravel()
        most = max(most, float(np.abs(model.response(other, x) - told).max() / np.abs(told).max()))
    return most
