"""The numerical route of paper B: phi a multilayer perceptron, A = U V^T, both trained by back-propagation with Adam.

The risk is that of the ERM; only the function class of phi and the optimiser differ. It answers whether gradient
training reaches the risk that the empirical risk minimiser reaches.
"""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from mtam.base.compile_time import Stopwatch
from mtam.interaction.simulate.truth import SCALE
from mtam.interaction.solver.row_sums import Data
from mtam.interaction.solver.varpro import whitener

Array = npt.NDArray[np.float64]

BLOCK = 500  # samples per evaluation of the loss
WARMUP = 0.05  # share of the steps over which the learning rate rises; then it falls along a cosine


class PhiNetwork(nn.Module):
    """x, y -> phi(x^T U V^T y) in whitened coordinates, phi of two hidden layers of tanh units."""

    def __init__(self, d: int, rank: int, width: int, generator: torch.Generator) -> None:
        super().__init__()
        spread = math.sqrt(SCALE / d) / rank**0.25  # then ||U V^T||_F is about 1/3
        self.u = nn.Parameter(spread * torch.randn(d, rank, generator=generator))
        self.v = nn.Parameter(spread * torch.randn(d, rank, generator=generator))
        sizes = [1, width, width, 1]
        self.layers = nn.ModuleList([nn.Linear(a, b) for a, b in itertools.pairwise(sizes)])
        for layer, fan in zip(self.layers, sizes, strict=False):
            assert isinstance(layer, nn.Linear)
            nn.init.normal_(layer.weight, std=(3.0 if fan == 1 else 1.0) / math.sqrt(fan), generator=generator)
            nn.init.uniform_(layer.bias, -1.0, 1.0, generator=generator)

    def phi(self, u: Tensor) -> Tensor:
        """The activation  # any shape."""
        h = u[..., None]
        for layer in self.layers[:-1]:
            h = torch.tanh(layer(h))
        return torch.as_tensor(self.layers[-1](h)).squeeze(-1)

    def forward(self, x: Tensor) -> Tensor:
        """(N-1)^{-1} sum_{j != i} phi(x_i^T A x_j)  # (B, N, d) -> (B, N)."""
        tokens = x.shape[1]
        values = self.phi((x @ self.u) @ (x @ self.v).transpose(1, 2))
        diagonal = torch.diagonal(values, dim1=1, dim2=2)
        return (values.sum(dim=2) - diagonal) / (tokens - 1)


@dataclass(frozen=True)
class Mlp:
    """The trained network, as an interaction of tokens in their own coordinates."""

    network: PhiNetwork
    matrix: Array  # (d, d)
    loss: float  # of the last evaluation on all data
    steps: int
    seconds: float

    def phi(self, u: Array) -> Array:
        """The trained activation  # any shape."""
        with torch.no_grad():
            return np.asarray(self.network.phi(torch.as_tensor(u, dtype=torch.float32)).double())

    def g(self, x: Array, y: Array) -> Array:
        """g(x, y)  # (n, d), (n, d) -> (n,)."""
        return self.phi(np.einsum("nd,nd->n", x @ self.matrix, y))


@dataclass(frozen=True)
class MlpOptions:
    """The network's width and how it is trained."""

    width: int
    steps: int
    batch: int
    learning_rate: float
    device: str = "cpu"


def fit(
    x: Data,
    y: Array,
    rank: int,
    seed: int,
    options: MlpOptions,
    tick: Callable[[], None] = lambda: None,
) -> Mlp:
    """Train by Adam on minibatches of samples  # x (M, N, d), y (M, N). float32, as networks are trained."""
    watch = Stopwatch()
    generator = torch.Generator().manual_seed(seed)
    white = whitener(x)
    network = PhiNetwork(x.shape[2], rank, options.width, generator).to(options.device)
    tokens = torch.as_tensor(x @ white, dtype=torch.float32, device=options.device)
    targets = torch.as_tensor(y, dtype=torch.float32, device=options.device)
    adam = torch.optim.Adam(network.parameters(), lr=options.learning_rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(adam, lambda step: _rate(step, options.steps))
    for _ in range(options.steps):
        tick()
        index = torch.randint(len(x), (options.batch,), generator=generator).to(options.device)
        adam.zero_grad()
        loss = torch.mean((network(tokens[index]) - targets[index]) ** 2)
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step()
        schedule.step()
    with torch.no_grad():
        blocks = [slice(start, start + BLOCK) for start in range(0, len(x), BLOCK)]
        total = sum(float(((network(tokens[block]) - targets[block]) ** 2).sum()) for block in blocks)
    network = network.cpu()
    u, v = (white @ factor.detach().double().numpy() for factor in (network.u, network.v))
    return Mlp(network, u @ v.T, total / y.size, options.steps, watch.cpu)


def _rate(step: int, steps: int) -> float:
    progress = (step + 1) / steps
    return min(progress / WARMUP, 0.5 * (1 + math.cos(math.pi * progress)) + 1e-3)
