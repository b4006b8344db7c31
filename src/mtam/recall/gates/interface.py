"""How much attention each component receives, from tags alone, with the gradients written out.

A gate maps the query's tag q (M, B, d) and the components' tags v (M, I, B, d) to weights a (M, heads * I, B), the
components of one head after the other; members are independent along the first axis. The components come before the
contexts because reductions over a short last axis are several times slower. The backward pass maps dLoss/da to the
gradients of the gate's own parameters; the tests check every one of them against automatic differentiation.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

Shapes = dict[str, tuple[int, ...]]
Params = dict[str, Tensor]


@dataclass(frozen=True)
class Tags:
    """What a gate may look at, for M members and B contexts each."""

    query: Tensor  # (M, B, d)
    tags: Tensor  # (M, I, B, d)
    log_share: Tensor  # (M, I, B)
    answering: Tensor  # (M, B) int64: i*, seen by the oracle only
    bandwidth: Tensor  # (M, 1, 1): h, used by the frozen kernel only


class Gate(Protocol):
    """One attention variant."""

    @property
    def heads(self) -> int:
        """How many heads attend side by side; the values of each enter the answer through their own matrix."""

    def shapes(self, dim: int) -> Shapes:
        """The gate's trained parameters for tags of ``dim`` dimensions, without the member axis."""

    def start(self, dim: int, model: Any, random: torch.Generator) -> Params:
        """Their initial values for one member, by the settings of its variant (``mtam.recall.recall_models``)."""

    def forward(self, params: Params, at: Tags) -> tuple[Tensor, Any]:
        """Weights (M, heads * I, B) and what the backward pass needs."""

    def backward(self, params: Params, at: Tags, kept: Any, grad: Tensor, into: Params) -> None:
        """Writes the parameters' gradients into ``into``, given ``grad`` = dLoss/da (M, heads * I, B)."""
