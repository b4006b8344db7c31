"""The transformer of paper A for many members at once, forward and backward written out.

    a = gate(tags),   o = sum_i a_i int V d mu^(i),   answer = w . silu(W2^T silu(W1^T o + q x_q + b1) + b2) + b3.

V(x) are D Fourier features cos(w x + b) with random phases, centred on the uniform measure and scaled; a trained
value matrix would be the neighbour of W1 and is one matrix with it. With moments m_i (K,) and the features' moments
C (K, D), int V d mu^(i) = C^T m_i, so the first layer acts on u = sum_i a_i m_i through the small product C W1 (K, H):
nothing of size nodes x features, and nothing of size batch x features, is ever formed. The query's content x_q and a
one for the bias ride along as two more moments of the pooled measure: below, K and D count them. Of several heads the
attended moments lie side by side, and C in blocks; K and D then stand for all of them.
Parameters of all members lie in one buffer (M, P), of which layers are views: one optimiser call serves all.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mtam.recall.gates import Gate, Params, Shapes
from mtam.recall.transformer import network_kernels
from mtam.recall.transformer.batch import Batch


@dataclass(frozen=True)
class ForwardState:
    """What the backward pass needs of the forward one."""

    first: Tensor  # (M, K, H): C W1
    weights: Tensor  # (M, I, B)
    gate: Any
    pooled: Tensor  # (M, B, K)
    z1: Tensor  # (M, B, H): the first layer's sums
    h1: Tensor  # (M, B, H): silu of the sums
    z2: Tensor
    h2: Tensor


class Room:
    """Space for intermediate results that is used again at the next step: fresh pages cost a tenth of the time."""

    def __init__(self) -> None:
        self._spaces: dict[str, Tensor] = {}

    def space(self, name: str, like: Tensor, *shape: int) -> Tensor:
        """An uninitialised tensor (M, *shape) for ``name``, the same one as long as the shape is."""
        found = self._spaces.get(name)
        if found is None or found.shape[1:] != shape:
            found = self._spaces[name] = like.new_empty((len(like), *shape))
        return found


class Network:
    """Shapes, start, answers and gradients of one attention variant with a two-layer head."""

    def __init__(self, gate: Gate, dim: int, width: int, hidden: int) -> None:
        self.gate = gate
        self.dim = dim
        self.width = width
        self.hidden = hidden
        head: Shapes = {
            "value": (gate.heads * width + 2, hidden),  # W1, with the rows of x_q and of the bias b1 at its end
            "second": (hidden, hidden),
            "second_bias": (1, hidden),
            "out": (hidden, 1),
            "out_bias": (1, 1),
        }
        self.shapes: Shapes = {**gate.shapes(dim), **head}
        self.parameters = sum(math.prod(shape) for shape in self.shapes.values())
        self.attends = bool(gate.shapes(dim))  # whether the gate has anything to train

    def views(self, flat: Tensor) -> Params:
        """The layers as views of the buffer. (M, P) -> {name: (M, *shape)}"""
        layers, at = {}, 0
        for name, shape in self.shapes.items():
            size = math.prod(shape)
            layers[name] = flat[:, at : at + size].view(len(flat), *shape)
            at += size
        return layers

    def layers(self, buffer: Tensor, members: int) -> Params:
        """The layers as views of a training buffer, layer after layer. (M * P,) -> {name: (M, *shape)}

        Each layer of all members is contiguous here, which batched products need as outputs.
        """
        layers, at = {}, 0
        for name, shape in self.shapes.items():
            size = members * math.prod(shape)
            layers[name] = buffer[at : at + size].view(members, *shape)
            at += size
        return layers

    def pack(self, flat: Tensor) -> Tensor:
        """From member after member to layer after layer. (M, P) -> (M * P,)"""
        return torch.cat([layer.flatten() for layer in self.views(flat).values()])

    def unpack(self, buffer: Tensor, members: int) -> Tensor:
        """The way back. (M * P,) -> (M, P)"""
        return torch.cat([layer.flatten(1) for layer in self.layers(buffer, members).values()], 1)

    def flops(self, batch: int, moments: int, components: int) -> int:
        """Multiplications and additions of the matrix products of one member-step, forward and backward."""
        k, d, h = moments, self.gate.heads * self.width, self.hidden
        small = 2 * k * (d + 2) * h * 2  # C W1 and its gradient
        first = 2 * batch * k * h * 3  # answers, gradient of C W1, gradient of u
        second = 2 * batch * h * h * 3 + 2 * batch * h * 2
        return small + first + second + 2 * batch * components * k * 2  # and the weighted sum with its gradient

    def start_head(self, random: torch.Generator) -> Params:
        """One member's head: Gaussian entries of variance 1/fan-in, small output, biases spread over the inputs."""

        def normal(rows: int, columns: int) -> Tensor:
            return torch.randn(rows, columns, generator=random, dtype=torch.float64) / math.sqrt(rows)

        value = normal(self.gate.heads * self.width, self.hidden)
        content = torch.randn(2, self.hidden, generator=random, dtype=torch.float64)
        return {
            "value": torch.cat([value, content]),
            "second": normal(self.hidden, self.hidden),
            "second_bias": torch.zeros(1, self.hidden, dtype=torch.float64),
            "out": normal(self.hidden, 1),
            "out_bias": torch.zeros(1, 1, dtype=torch.float64),
        }

    def forward(
        self, params: Params, features: Tensor, batch: Batch, room: Room | None = None
    ) -> tuple[Tensor, ForwardState]:
        """Answers (M, B), given the features' moments C (M, K, D); in a ``room`` until the next call."""
        room = Room() if room is None else room
        weights, gate = self.gate.forward(params, batch.at)
        first = torch.bmm(features, params["value"], out=room.space("first", features, features.shape[1], self.hidden))
        pooled = self._attended(weights, batch, room)
        z1, h1, z2, h2 = (room.space(name, pooled, pooled.shape[1], self.hidden) for name in ("z1", "h1", "z2", "h2"))
        _silu(torch.bmm(pooled, first, out=z1), h1)
        _silu(torch.baddbmm(params["second_bias"], h1, params["second"], out=z2), h2)
        answers = torch.baddbmm(params["out_bias"], h2, params["out"]).squeeze(-1)
        return answers, ForwardState(first, weights, gate, pooled, z1, h1, z2, h2)

    def _attended(self, weights: Tensor, batch: Batch, room: Room) -> Tensor:
        """base + sum_i a_i m_i, the sums of the heads side by side. (M, heads * I, B) -> (M, B, K)"""
        pooled = room.space("pooled", batch.base, *batch.base.shape[1:])
        count, columns = batch.moments.shape[1], weights.unsqueeze(-1)
        for head, (side, start, moments) in enumerate(self._sides(pooled, batch)):
            for i in range(count):
                torch.addcmul(side if i else start, moments[:, i], columns[:, head * count + i], out=side)
        if self.gate.heads > 1:
            pooled[..., -2:] = batch.base[..., -2:]
        return pooled

    def _sides(self, pooled: Tensor, batch: Batch) -> list[tuple[Tensor, Tensor, Tensor]]:
        """For every head its columns of the attended moments and of the base, and the moments that go there."""
        if self.gate.heads == 1:
            return [(pooled, batch.base, batch.moments)]
        k = batch.moments.shape[-1] - 2
        own = [slice(head * k, (head + 1) * k) for head in range(self.gate.heads)]
        return [(pooled[..., at], batch.base[..., at], batch.moments[..., :-2]) for at in own]

    def loss_gradient(
        self, params: Params, features: Tensor, batch: Batch, into: Params, room: Room | None = None
    ) -> Tensor:
        """The mean squared error of every member (M,); writes its gradient into ``into``."""
        room = Room() if room is None else room
        if features.device.type != "cpu":
            return self.layerwise(params, features, batch, into, room)
        weights, kept = self.gate.forward(params, batch.at)
        d_weights = room.space("pulled", weights, *weights.shape[1:])
        losses = network_kernels.step(features, batch, weights, params, into, d_weights, self.attends)
        if self.attends:
            self.gate.backward(params, batch.at, kept, d_weights, into)
        return losses

    def layerwise(self, params: Params, features: Tensor, batch: Batch, into: Params, room: Room) -> Tensor:
        """The same layer by layer, all members at once: the readable one, and the one for other devices than a CPU."""
        answers, kept = self.forward(params, features, batch, room)
        residual = answers.sub_(batch.observed)  # (M, B)
        slope = (residual * (2 / residual.shape[1])).unsqueeze(-1)  # (M, B, 1)
        ones = room.space("ones", slope, 1, slope.shape[1]).fill_(1)  # sums over the batch are cheapest as products
        torch.bmm(kept.h2.transpose(1, 2), slope, out=into["out"])
        torch.bmm(ones, slope, out=into["out_bias"])
        d2 = torch.mul(slope, params["out"].transpose(1, 2), out=kept.h2)  # h2 has done its work
        _silu_pull(d2, kept.z2)
        torch.bmm(kept.h1.transpose(1, 2), d2, out=into["second"])
        torch.bmm(ones, d2, out=into["second_bias"])
        d1 = torch.bmm(d2, params["second"].transpose(1, 2), out=kept.z2)
        _silu_pull(d1, kept.z1)
        d_first = torch.bmm(
            kept.pooled.transpose(1, 2), d1, out=room.space("d_first", kept.first, *kept.first.shape[1:])
        )
        torch.bmm(features.transpose(1, 2), d_first, out=into["value"])
        if self.attends:
            d_pooled = torch.bmm(d1, kept.first.transpose(1, 2), out=kept.pooled)  # (M, B, K)
            self.gate.backward(params, batch.at, kept.gate, self._pulled(batch, d_pooled, room), into)
        return residual.square_().mean(1)

    def _pulled(self, batch: Batch, d_pooled: Tensor, room: Room) -> Tensor:
        """dLoss/da_i = m_i . dLoss/du, component by component so that the products stay in the cache."""
        count, rows = batch.moments.shape[1:3]
        found = room.space("pulled", d_pooled, self.gate.heads * count, rows)  # (M, heads * I, B)
        for head, (slope, _, moments) in enumerate(self._sides(d_pooled, batch)):
            product = room.space("product", d_pooled, *slope.shape[1:])
            for i in range(count):
                torch.sum(torch.mul(moments[:, i], slope, out=product), -1, out=found[:, head * count + i])
        return found

    def content_slopes(self, params: Params, features: Tensor, batch: Batch) -> Tensor:
        """d answer / d moments of a measure that all heads attend to. (M, B, moments)"""
        _, kept = self.forward(params, features, batch)
        d2 = _silu_pull(params["out"].transpose(1, 2).expand_as(kept.z2).contiguous(), kept.z2)
        d1 = _silu_pull(torch.bmm(d2, params["second"].transpose(1, 2)), kept.z1)
        slopes = torch.bmm(d1, kept.first.transpose(1, 2))[..., :-2].contiguous()
        return slopes.view(*slopes.shape[:2], self.gate.heads, -1).sum(-2)


def _silu(z: Tensor, out: Tensor) -> None:
    """z / (1 + exp(-z)), one pass."""
    torch.ops.aten.silu.out(z, out=out)


def _silu_pull(grad: Tensor, z: Tensor) -> Tensor:
    """grad times d silu / dz = s (1 + z (1 - s)), s = 1 / (1 + exp(-z)), in the place of grad, one pass."""
    torch.ops.aten.silu_backward.grad_input(grad, z, grad_input=grad)
    return grad
