"""Random tags for gates, and what the weights of a gate are differentiated against."""

from typing import Any

import torch
from torch import Tensor

from mtam.recall.gates.interface import Gate, Params, Tags


def tags(members: int = 2, count: int = 3, batch: int = 5, dim: int = 4) -> Tags:
    """Gaussian tags and queries, uneven shares, of which a context may lack one."""
    random = torch.Generator().manual_seed(0)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=random, dtype=torch.float64)

    share = torch.softmax(normal(members, count, batch), 1)
    share[0, 1, 2] = 0.0
    share = share / share.sum(1, keepdim=True)
    answering = torch.randint(count, (members, batch), generator=random)
    width = torch.tensor([0.5, 2.0], dtype=torch.float64)[:members].view(-1, 1, 1)
    return Tags(normal(members, batch, dim), normal(members, count, batch, dim), share.log(), answering, width)


def parameters(gate: Gate, model: Any, at: Tags) -> Params:
    """The initial parameters of every member, a little moved."""
    members, _, _, dim = at.tags.shape
    rows = [gate.start(dim, model, torch.Generator().manual_seed(m)) for m in range(members)]
    random = torch.Generator().manual_seed(9)
    found = {name: torch.stack([row[name] for row in rows]) for name in gate.shapes(dim)}
    return {
        name: value + 0.1 * torch.randn(value.shape, generator=random, dtype=torch.float64)
        for name, value in found.items()
    }


def check_gradients(gate: Gate, params: Params, at: Tags) -> None:
    """The written backward pass against automatic differentiation of the forward one."""
    weights, kept = gate.forward(params, at)
    grad = torch.randn(weights.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    into = {name: torch.full_like(value, torch.nan) for name, value in params.items()}
    gate.backward(params, at, kept, grad.clone(), into)
    leaves = {name: value.clone().requires_grad_(True) for name, value in params.items()}
    again, _ = gate.forward(leaves, at)
    torch.testing.assert_close(again.detach(), weights)
    expected = torch.autograd.grad((again * grad).sum(), list(leaves.values()))
    for name, wanted in zip(leaves, expected, strict=True):
        torch.testing.assert_close(into[name], wanted, rtol=1e-9, atol=1e-11)
        assert wanted.abs().max() > 1e-3
