"""Gates without parameters: a frozen kernel, the mean of the mixture, the oracle, and no attention at all."""

# ruff: noqa: ARG002  (one interface for gates with and without parameters)

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor

from mtam.recall.gates.interface import Params, Shapes, Tags


class Untrained(ABC):
    """A gate whose weights follow from the tags."""

    heads = 1

    def shapes(self, dim: int) -> Shapes:
        """No parameters."""
        return {}

    def start(self, dim: int, model: Any, random: torch.Generator) -> Params:
        """No parameters."""
        return {}

    def forward(self, params: Params, at: Tags) -> tuple[Tensor, None]:
        """The weights."""
        return self.weights(at), None

    def backward(self, params: Params, at: Tags, kept: None, grad: Tensor, into: Params) -> None:  # noqa: B027
        """Nothing to train."""

    @abstractmethod
    def weights(self, at: Tags) -> Tensor:
        """(M, I, B)"""


class FrozenRbf(Untrained):
    """a_i = c_i k_i / sum_k c_k k_k with k_i = exp(-||q - v_i||^2 / (2 h^2)): nothing about it is trained."""

    def weights(self, at: Tags) -> Tensor:
        """Softmax of -||q - v||^2 / (2 h^2)."""
        squares = (at.tags - at.query.unsqueeze(1)).square().sum(-1)
        return torch.softmax(at.log_share - squares / (2 * at.bandwidth.square()), 1)


class Mean(Untrained):
    """a_i = c_i: the mean of the mixture, without any recall; what a pooling without attention can know."""

    def weights(self, at: Tags) -> Tensor:
        """The shares."""
        return at.log_share.exp()


class OracleGate(Untrained):
    """a = one-hot at the answering component: recall is given, only the regression is left."""

    def weights(self, at: Tags) -> Tensor:
        """One-hot weights."""
        return torch.zeros_like(at.log_share).scatter_(1, at.answering.unsqueeze(1), 1.0)


class Blind(Untrained):
    """a = 0: the answer from the query alone, without a look at the measures."""

    def weights(self, at: Tags) -> Tensor:
        """Zeros."""
        return torch.zeros_like(at.log_share)
