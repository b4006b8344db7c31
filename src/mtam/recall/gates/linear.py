"""Affine linear attention."""

# ruff: noqa: ARG002  (one interface for gates with and without parameters)

from typing import Any

import torch
from torch import Tensor

from mtam.recall.gates.form import form_gradient, form_start, scores
from mtam.recall.gates.interface import Params, Shapes, Tags


class Linear:
    """a_i = c_i (b + q^T W v_i): affine attention without normalisation; weights may be negative."""

    heads = 1

    def shapes(self, dim: int) -> Shapes:
        """A bilinear form and an offset."""
        return {"score": (dim, dim), "temperature": (1,), "offset": (1,)}

    def start(self, dim: int, model: Any, random: torch.Generator) -> Params:
        """Starts at a_i = c_i (1 + beta0 q^T v_i)."""
        return {**form_start(dim, model, random), "offset": torch.ones(1, dtype=torch.float64)}

    def forward(self, params: Params, at: Tags) -> tuple[Tensor, Tensor]:
        """Affine in the scores; the shares are kept."""
        share = at.log_share.exp()
        return share * (scores(params, at) + params["offset"].unsqueeze(1)), share

    def backward(self, params: Params, at: Tags, kept: Tensor, grad: Tensor, into: Params) -> None:
        """dLoss/dscore_i = c_i grad_i."""
        pulled = kept * grad
        form_gradient(at, pulled, into)
        into["offset"].copy_(pulled.sum((1, 2)).unsqueeze(-1))
