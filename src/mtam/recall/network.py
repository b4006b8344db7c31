"""The transformer of paper A for many members at once, forward and backward written out.

    a = gate(tags),   o = sum_i a_i int V d mu^(i),   answer = w . silu(W2^T silu(W1^T o + q x_q + b1) + b2) + b3.

V(x) are D Fourier features cos(w x + b) with random phases, centred on the uniform measure and scaled; a trained
value matrix would be the neighbour of W1 and is one matrix with it. With moments m_i (K,) and the features' moments
C (K, D), int V d mu^(i) = C^T m_i, so the first layer acts on u = sum_i a_i m_i through the small product C W1 (K, H):
nothing of size nodes x features, and nothing of size batch x features, is ever formed.
Parameters of all members lie in one buffer (M, P), of which layers are views: one optimiser call serves all.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import silu

from mtam.recall.gates import Gate, Params, Shapes, Tags


@dataclass(frozen=True)
class Batch:
    """Contexts of M members, B each."""

    moments: Tensor  # (M, I, B, K)
    at: Tags
    content: Tensor  # (M, B, 2): the query's content x_q and a one
    observed: Tensor  # (M, B)


@dataclass(frozen=True)
class Kept:
    """What the backward pass needs of the forward one."""

    first: Tensor  # (M, K + 2, H): C W1 with the rows of x_q and of the bias below it
    weights: Tensor  # (M, I, B)
    gate: Any
    pooled: Tensor  # (M, B, K + 2)
    z1: Tensor  # (M, B, H)
    h1: Tensor
    z2: Tensor
    h2: Tensor


class Network:
    """Shapes, start, answers and gradients of one attention variant with a two-layer head."""

    def __init__(self, gate: Gate, dim: int, width: int, hidden: int) -> None:
        self.gate = gate
        self.dim = dim
        self.width = width
        self.hidden = hidden
        head: Shapes = {
            "value": (width, hidden),  # W1
            "content": (2, hidden),  # the rows of x_q and of the bias b1
            "second": (hidden, hidden),
            "second_bias": (1, hidden),
            "out": (hidden, 1),
            "out_bias": (1, 1),
        }
        self.shapes: Shapes = {**gate.shapes(dim), **head}
        self.parameters = sum(math.prod(shape) for shape in self.shapes.values())
        self._gate_names = list(gate.shapes(dim))

    def views(self, flat: Tensor) -> Params:
        """The layers as views of the buffer. (M, P) -> {name: (M, *shape)}"""
        layers, at = {}, 0
        for name, shape in self.shapes.items():
            size = math.prod(shape)
            layers[name] = flat[:, at : at + size].view(len(flat), *shape)
            at += size
        return layers

    def start_head(self, random: torch.Generator) -> Params:
        """One member's head: Gaussian entries of variance 1/fan-in, small output, biases spread over the inputs."""

        def normal(rows: int, columns: int) -> Tensor:
            return torch.randn(rows, columns, generator=random, dtype=torch.float64) / math.sqrt(rows)

        return {
            "value": normal(self.width, self.hidden),
            "content": torch.randn(2, self.hidden, generator=random, dtype=torch.float64),
            "second": normal(self.hidden, self.hidden),
            "second_bias": torch.zeros(1, self.hidden, dtype=torch.float64),
            "out": normal(self.hidden, 1),
            "out_bias": torch.zeros(1, 1, dtype=torch.float64),
        }

    def forward(self, params: Params, features: Tensor, batch: Batch) -> tuple[Tensor, Kept]:
        """Answers (M, B), given the features' moments C (M, K, D)."""
        weights, gate = self.gate.forward(params, batch.at)
        first = torch.cat([features @ params["value"], params["content"]], 1)
        moments = batch.moments
        size = moments.shape[-1]
        pooled = moments.new_empty(moments.shape[0], moments.shape[2], size + 2)
        pooled[..., size:] = batch.content
        u = pooled[..., :size]
        torch.mul(moments[:, 0], weights[:, 0].unsqueeze(-1), out=u)
        for i in range(1, moments.shape[1]):
            u.addcmul_(moments[:, i], weights[:, i].unsqueeze(-1))
        z1 = pooled @ first
        h1 = silu(z1)
        z2 = torch.baddbmm(params["second_bias"], h1, params["second"])
        h2 = silu(z2)
        answers = torch.baddbmm(params["out_bias"], h2, params["out"]).squeeze(-1)
        return answers, Kept(first, weights, gate, pooled, z1, h1, z2, h2)

    def loss_gradient(self, params: Params, features: Tensor, batch: Batch, into: Params) -> Tensor:
        """The mean squared error of every member (M,); writes its gradient into ``into``."""
        answers, kept = self.forward(params, features, batch)
        residual = answers - batch.observed  # (M, B)
        slope = (residual * (2 / residual.shape[1])).unsqueeze(-1)  # (M, B, 1)
        torch.bmm(kept.h2.transpose(1, 2), slope, out=into["out"])
        torch.sum(slope, 1, keepdim=True, out=into["out_bias"])
        d2 = silu_backward(slope * params["out"].transpose(1, 2), kept.z2)  # (M, B, H)
        torch.bmm(kept.h1.transpose(1, 2), d2, out=into["second"])
        torch.sum(d2, 1, keepdim=True, out=into["second_bias"])
        d1 = silu_backward(torch.bmm(d2, params["second"].transpose(1, 2)), kept.z1)
        d_first = torch.bmm(kept.pooled.transpose(1, 2), d1)  # (M, K + 2, H)
        size = batch.moments.shape[-1]
        into["content"].copy_(d_first[:, size:])
        torch.bmm(features.transpose(1, 2), d_first[:, :size], out=into["value"])
        if self._gate_names:
            d_pooled = torch.bmm(d1, kept.first[:, :size].transpose(1, 2))  # (M, B, K)
            d_weights = (batch.moments * d_pooled.unsqueeze(1)).sum(-1)  # (M, I, B)
            self.gate.backward(params, batch.at, kept.gate, d_weights, into)
        return residual.square().mean(1)


def silu_backward(grad: Tensor, z: Tensor) -> Tensor:
    """grad * d(z sigmoid(z))/dz, fused."""
    found: Tensor = torch.ops.aten.silu_backward(grad, z)
    return found
