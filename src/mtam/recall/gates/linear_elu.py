"""Linear attention with positive features."""

# ruff: noqa: ARG002  (one interface for gates with and without parameters)

from typing import Any

import torch
from torch import Tensor

from mtam.recall.gates.interface import Params, Shapes, Tags


class LinearElu:
    """a_i = c_i k_i / sum_k c_k k_k with k_i = f(Q q) . f(K v_i), f = elu + 1 (Katharopoulos et al., ICML 2020)."""

    heads = 1
    FEATURES = 16  # width of the feature map; at least twice the tags' dimension in the studies

    def shapes(self, dim: int) -> Shapes:
        """Query and key maps into the features."""
        width = max(self.FEATURES, 2 * dim)
        return {"query_map": (dim, width), "key_map": (dim, width)}

    def start(self, dim: int, model: Any, random: torch.Generator) -> Params:
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
