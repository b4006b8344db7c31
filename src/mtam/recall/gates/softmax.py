"""Softmax attention with one head and a full bilinear form."""

# ruff: noqa: ARG002  (one interface for gates with and without parameters)

from typing import Any

import torch
from torch import Tensor

from mtam.recall.gates.form import form_gradient, form_start, scores
from mtam.recall.gates.interface import Params, Shapes, Tags


class Softmax:
    """a_i = c_i exp(q^T W v_i) / sum_k c_k exp(q^T W v_k), c_i the share of the context's tokens."""

    heads = 1

    def shapes(self, dim: int) -> Shapes:
        """One bilinear form W = Q^T K, in two parts."""
        return {"score": (dim, dim), "temperature": (1,)}

    def start(self, dim: int, model: Any, random: torch.Generator) -> Params:
        """beta0 I or random."""
        return form_start(dim, model, random)

    def forward(self, params: Params, at: Tags) -> tuple[Tensor, Tensor]:
        """Softmax of the scores; the weights themselves are kept."""
        weights = torch.softmax(scores(params, at) + at.log_share, 1)
        return weights, weights

    def backward(self, params: Params, at: Tags, kept: Tensor, grad: Tensor, into: Params) -> None:
        """dLoss/dscore_i = a_i (grad_i - sum_k a_k grad_k)."""
        pulled = kept * grad
        pulled -= kept * pulled.sum(1, keepdim=True)
        form_gradient(at, pulled, into)


class FrozenForm:
    """The same with a form that keeps its start: no gradient reaches it, and weight decay alone shrinks it a little.

    What this arm recalls is what the start recalls, so that the rest is what training taught the attention. It is no
    ``Softmax`` itself, for the compiled steps train whatever is one.
    """

    heads = 1

    def __init__(self) -> None:
        self._trained = Softmax()

    def shapes(self, dim: int) -> Shapes:
        """As trained."""
        return self._trained.shapes(dim)

    def start(self, dim: int, model: Any, random: torch.Generator) -> Params:
        """As trained."""
        return self._trained.start(dim, model, random)

    def forward(self, params: Params, at: Tags) -> tuple[Tensor, Tensor]:
        """As trained."""
        return self._trained.forward(params, at)

    def backward(self, params: Params, at: Tags, kept: Tensor, grad: Tensor, into: Params) -> None:
        """No gradient."""
        for name in self._trained.shapes(1):
            into[name].zero_()
