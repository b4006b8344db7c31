"""How much attention each component receives, from tags alone, with the gradients written out.

A gate maps the query's tag q (M, B, d) and the components' tags v (M, I, B, d) to weights a (M, I, B); members are
independent along the first axis. The components come before the contexts because reductions over a short last axis
are several times slower. The backward pass maps dLoss/da to the gradients of the gate's own parameters; the tests
check every one of them against automatic differentiation.
"""

# ruff: noqa: ARG002  (one interface for gates with and without parameters)

import math
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from mtam.recall.spec import RecallModel

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

    def shapes(self, dim: int) -> Shapes:
        """The gate's trained parameters for tags of ``dim`` dimensions, without the member axis."""

    def start(self, dim: int, model: RecallModel, random: torch.Generator) -> Params:
        """Their initial values for one member."""

    def forward(self, params: Params, at: Tags) -> tuple[Tensor, Any]:
        """Weights (M, I, B) and what the backward pass needs."""

    def backward(self, params: Params, at: Tags, kept: Any, grad: Tensor, into: Params) -> None:
        """Writes the parameters' gradients into ``into``, given ``grad`` = dLoss/da (M, I, B)."""


# W = SPREAD * score + SHARPNESS * temperature * identity. Sharp attention needs |W| in the tens while AdamW moves an
# entry by about the learning rate a step; the temperature may move fast, for it cannot turn a key away from its query.
SPREAD, SHARPNESS = 2.0, 16.0


def _form(params: Params) -> Tensor:
    """The bilinear form W. (M, d, d)"""
    form = SPREAD * params["score"]
    form.diagonal(dim1=1, dim2=2).add_(params["temperature"], alpha=SHARPNESS)
    return form


def _form_start(dim: int, model: RecallModel, random: torch.Generator) -> Params:
    """W = beta0 times the identity, or Gaussian entries of variance 1/d: the start that shows the recall transient."""
    score, temperature = torch.zeros(dim, dim, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
    if model.init == "identity":
        temperature += model.beta0 / SHARPNESS
    else:
        score += torch.randn(dim, dim, generator=random, dtype=torch.float64) / (SPREAD * math.sqrt(dim))
    return {"score": score, "temperature": temperature}


def _scores(params: Params, at: Tags) -> Tensor:
    """q^T W v_i. (M, I, B)"""
    probe = at.query @ _form(params)  # (M, B, d)
    return (at.tags * probe.unsqueeze(1)).sum(-1)


def _form_gradient(at: Tags, grad: Tensor, into: Params) -> None:
    """d sum(grad * scores) / dW = sum_b q_b (sum_i grad_bi v_i)^T, handed on to score and temperature. (M, I, B)"""
    pulled = (at.tags * grad.unsqueeze(-1)).sum(1)  # (M, B, d)
    gradient = at.query.transpose(1, 2) @ pulled  # (M, d, d)
    torch.mul(gradient, SPREAD, out=into["score"])
    into["temperature"].copy_(SHARPNESS * gradient.diagonal(dim1=1, dim2=2).sum(1, keepdim=True))


class Softmax:
    """a_i = c_i exp(q^T W v_i) / sum_k c_k exp(q^T W v_k), c_i the share of the context's tokens."""

    def shapes(self, dim: int) -> Shapes:
        """One bilinear form W = Q^T K, in two parts."""
        return {"score": (dim, dim), "temperature": (1,)}

    def start(self, dim: int, model: RecallModel, random: torch.Generator) -> Params:
        """beta0 I or random."""
        return _form_start(dim, model, random)

    def forward(self, params: Params, at: Tags) -> tuple[Tensor, Tensor]:
        """Softmax of the scores; the weights themselves are kept."""
        weights = torch.softmax(_scores(params, at) + at.log_share, 1)
        return weights, weights

    def backward(self, params: Params, at: Tags, kept: Tensor, grad: Tensor, into: Params) -> None:
        """dLoss/dscore_i = a_i (grad_i - sum_k a_k grad_k)."""
        pulled = kept * grad
        pulled -= kept * pulled.sum(1, keepdim=True)
        _form_gradient(at, pulled, into)


class Linear:
    """a_i = c_i (b + q^T W v_i): affine attention without normalisation; weights may be negative."""

    def shapes(self, dim: int) -> Shapes:
        """A bilinear form and an offset."""
        return {"score": (dim, dim), "temperature": (1,), "offset": (1,)}

    def start(self, dim: int, model: RecallModel, random: torch.Generator) -> Params:
        """Starts at a_i = c_i (1 + beta0 q^T v_i)."""
        return {**_form_start(dim, model, random), "offset": torch.ones(1, dtype=torch.float64)}

    def forward(self, params: Params, at: Tags) -> tuple[Tensor, Tensor]:
        """Affine in the scores; the shares are kept."""
        share = at.log_share.exp()
        return share * (_scores(params, at) + params["offset"].unsqueeze(1)), share

    def backward(self, params: Params, at: Tags, kept: Tensor, grad: Tensor, into: Params) -> None:
        """dLoss/dscore_i = c_i grad_i."""
        pulled = kept * grad
        _form_gradient(at, pulled, into)
        into["offset"].copy_(pulled.sum((1, 2)).unsqueeze(-1))


class LinearElu:
    """a_i = c_i k_i / sum_k c_k k_k with k_i = f(Q q) . f(K v_i), f = elu + 1 (Katharopoulos et al., ICML 2020)."""

    FEATURES = 16  # width of the feature map; at least twice the tags' dimension in the studies

    def shapes(self, dim: int) -> Shapes:
        """Query and key maps into the features."""
        width = max(self.FEATURES, 2 * dim)
        return {"query_map": (dim, width), "key_map": (dim, width)}

    def start(self, dim: int, model: RecallModel, random: torch.Generator) -> Params:
        """Equal random maps, so that matching tags start with the largest kernel."""
        width = self.shapes(dim)["query_map"][1]
        start = torch.randn(dim, width, generator=random, dtype=torch.float64)
        start *= (model.beta0 / width**0.5) ** 0.5
        return {"query_map": start, "key_map": start.clone()}

    def forward(self, params: Params, at: Tags) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Normalised positive kernel."""
        members, count, batch, dim = at.tags.shape
        left = at.query @ params["query_map"]  # (M, B, F)
        right = at.tags.reshape(members, count * batch, dim) @ params["key_map"]
        right = right.view(members, count, batch, -1)
        phi, psi = _elu1(left), _elu1(right)
        kernel = (psi * phi.unsqueeze(1)).sum(-1)  # (M, I, B)
        share = at.log_share.exp()
        total = (share * kernel).sum(1, keepdim=True).clamp_min(torch.finfo(kernel.dtype).tiny)
        rate = share / total  # da_i/dk_i at fixed total; no division by a kernel that has vanished
        return rate * kernel, (left, right, phi, psi, kernel, rate)

    def backward(self, params: Params, at: Tags, kept: tuple[Tensor, ...], grad: Tensor, into: Params) -> None:
        """dLoss/dk_i = (c_i / sum_k c_k k_k) (grad_i - sum_k a_k grad_k), then through the two feature maps."""
        left, right, phi, psi, kernel, rate = kept
        members, count, batch, dim = at.tags.shape
        pulled = rate * (grad - (rate * kernel * grad).sum(1, keepdim=True))
        d_phi = (psi * pulled.unsqueeze(-1)).sum(1) * _elu1_slope(left)
        d_psi = phi.unsqueeze(1) * pulled.unsqueeze(-1) * _elu1_slope(right)
        into["query_map"].copy_(at.query.transpose(1, 2) @ d_phi)
        keys = at.tags.reshape(members, count * batch, dim)
        into["key_map"].copy_(keys.transpose(1, 2) @ d_psi.reshape(members, count * batch, -1))


def _elu1(x: Tensor) -> Tensor:
    return torch.nn.functional.elu(x) + 1


def _elu1_slope(x: Tensor) -> Tensor:
    return x.clamp(max=0).exp()


class FrozenRbf:
    """a_i = c_i k_i / sum_k c_k k_k with k_i = exp(-||q - v_i||^2 / (2 h^2)): nothing about it is trained."""

    def shapes(self, dim: int) -> Shapes:
        """No parameters."""
        return {}

    def start(self, dim: int, model: RecallModel, random: torch.Generator) -> Params:
        """No parameters."""
        return {}

    def forward(self, params: Params, at: Tags) -> tuple[Tensor, None]:
        """Softmax of -||q - v||^2 / (2 h^2)."""
        squares = (at.tags - at.query.unsqueeze(1)).square().sum(-1)
        return torch.softmax(at.log_share - squares / (2 * at.bandwidth.square()), 1), None

    def backward(self, params: Params, at: Tags, kept: None, grad: Tensor, into: Params) -> None:
        """Nothing to train."""


class Mean:
    """a_i = c_i: the mean of the mixture, without any recall; what a pooling without attention can know."""

    def shapes(self, dim: int) -> Shapes:
        """No parameters."""
        return {}

    def start(self, dim: int, model: RecallModel, random: torch.Generator) -> Params:
        """No parameters."""
        return {}

    def forward(self, params: Params, at: Tags) -> tuple[Tensor, None]:
        """The shares."""
        return at.log_share.exp(), None

    def backward(self, params: Params, at: Tags, kept: None, grad: Tensor, into: Params) -> None:
        """Nothing to train."""


class Oracle:
    """a = one-hot at the answering component: recall is given, only the regression is left."""

    def shapes(self, dim: int) -> Shapes:
        """No parameters."""
        return {}

    def start(self, dim: int, model: RecallModel, random: torch.Generator) -> Params:
        """No parameters."""
        return {}

    def forward(self, params: Params, at: Tags) -> tuple[Tensor, None]:
        """One-hot weights."""
        return torch.zeros_like(at.log_share).scatter_(1, at.answering.unsqueeze(1), 1.0), None

    def backward(self, params: Params, at: Tags, kept: None, grad: Tensor, into: Params) -> None:
        """Nothing to train."""


GATES: dict[str, Gate] = {
    "softmax": Softmax(),
    "linear": Linear(),
    "linear_elu": LinearElu(),
    "frozen_rbf": FrozenRbf(),
    "mean": Mean(),
    "oracle": Oracle(),
}
