"""The bilinear form W = Q^T K of scores q^T W v, in two parts that AdamW can move at their own pace."""

import math
from typing import Any

import torch
from torch import Tensor

from mtam.recall.gates.form_kernels import pull, score
from mtam.recall.gates.interface import Params, Tags

# W = SPREAD * score + SHARPNESS * temperature * identity. Sharp attention needs |W| in the tens while AdamW moves an
# entry by about the learning rate a step; the temperature may move fast, for it cannot turn a key away from its query.
SPREAD, SHARPNESS = 2.0, 16.0


def _form(params: Params) -> Tensor:
    """The bilinear form W. (M, d, d)"""
    form = SPREAD * params["score"]
    form.diagonal(dim1=1, dim2=2).add_(params["temperature"], alpha=SHARPNESS)
    return form


def form_start(dim: int, model: Any, random: torch.Generator) -> Params:
    """W = beta0 times the identity, or Gaussian entries of variance 1/d: the start that shows the recall transient."""
    score, temperature = torch.zeros(dim, dim, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
    if model.init == "identity":
        temperature += model.beta0 / SHARPNESS
    else:
        score += torch.randn(dim, dim, generator=random, dtype=torch.float64) / (SPREAD * math.sqrt(dim))
    return {"score": score, "temperature": temperature}


def scores(params: Params, at: Tags) -> Tensor:
    """q^T W v_i. (M, I, B)"""
    return form_scores(_form(params), at)


def form_scores(form: Tensor, at: Tags) -> Tensor:
    """The same for a form (M, d, d)."""
    if form.device.type == "cpu" and not form.requires_grad:  # automatic differentiation, in tests, sees torch only
        return score(form, at.query, at.tags)
    return (at.tags * (at.query @ form).unsqueeze(1)).sum(-1)


def form_pull(at: Tags, grad: Tensor) -> Tensor:
    """d sum(grad * scores) / dW = sum_b q_b (sum_i grad_bi v_i)^T. (M, d, d)"""
    if grad.device.type == "cpu":
        return pull(at.query, at.tags, grad)
    return at.query.transpose(1, 2) @ (at.tags * grad.unsqueeze(-1)).sum(1)


def form_gradient(at: Tags, grad: Tensor, into: Params) -> None:
    """The same, handed on to score and temperature. (M, I, B)"""
    gradient = form_pull(at, grad)
    torch.mul(gradient, SPREAD, out=into["score"])
    into["temperature"].copy_(SHARPNESS * gradient.diagonal(dim1=1, dim2=2).sum(1, keepdim=True))
