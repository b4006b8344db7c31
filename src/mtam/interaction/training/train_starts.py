"""Training of (phi, A) from several starts on the data of one trial, in the spline space of the minimiser.

The learning rate is constant over the first half of the steps and falls along a cosine over the second: the plateau is
met at one rate, and what noise of batches adds to the risk dies out.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mtam.base.streams import generator
from mtam.interaction.interaction_models import GradientModel
from mtam.interaction.model.low_rank import Factors, balance, truncate
from mtam.interaction.model.splines import Spline
from mtam.interaction.search.moment_starts import moments, quadratic
from mtam.interaction.simulate.truth import SCALE
from mtam.interaction.solver.row_sums import double
from mtam.interaction.solver.varpro import Profile
from mtam.interaction.training.training_kernels import overlap, train

Array = npt.NDArray[np.float64]

ESCAPED, REACHED = 0.5, 0.9  # overlaps: out of the plateau (weak recovery), and in the basin, as ``multistart.ALIKE``
LEAST_RATE = 1e-3  # of the learning rate, at the end
PART = 2**12  # steps between two reports, at most


@dataclass(frozen=True)
class TrainedStart:
    """Where a start has ended, as an interaction of tokens in their own coordinates."""

    matrix: Array  # (d, d)
    phi: Spline
    loss: float  # mean squared residual over all data
    overlap: float  # with the A of the minimiser, at the end
    escape: int  # the first step with an overlap of ESCAPED, counted from 1; 0 for none

    @property
    def reached(self) -> bool:
        """Whether it is in the basin of the minimiser."""
        return self.overlap >= REACHED

    def g(self, x: Array, y: Array) -> Array:
        """g(x, y)  # (n, d), (n, d) -> (n,)."""
        return self.phi(np.einsum("nd,nd->n", x @ self.matrix, y))


def rates(steps: int, first: int, count: int) -> Array:
    """The learning rate over its initial value at the steps first, first + 1, ...  # (count,)."""
    late = np.maximum(2 * (first + np.arange(count)) / steps - 1, 0.0)
    return np.asarray(0.5 * (1 + np.cos(np.pi * late)) * (1 - LEAST_RATE) + LEAST_RATE)


def train_starts(
    profile: Profile, rank: int, target: Array, model: GradientModel, seed: int, tick: Callable[[float], None]
) -> list[TrainedStart]:
    """Every start of ``model`` on the data of ``profile``; ``target`` is the minimiser's A (d, d).

    Start k has streams of its own, under ``seed`` and k: for A and phi, and for the order of the samples, of which
    every epoch is a permutation.
    """
    back = np.linalg.pinv(profile.white)
    goal = back @ target @ back.T
    goal /= np.linalg.norm(goal)
    x = np.ascontiguousarray(double(profile.x) @ profile.white)
    y = np.ascontiguousarray(profile.y, dtype=np.float64)
    return [
        _train(profile, x, y, goal, rank, model, (seed, k), lambda part, k=k: tick((k + part) / model.starts))  # type: ignore[misc]
        for k in range(model.starts)
    ]


def first_factors(profile: Profile, rank: int, start: str, rng: np.random.Generator) -> Factors:
    """Where A begins  # (d, r), (d, r).

    random: factors of independent normal entries. moment: the linear or the quadratic moment (``moment_starts``), the
    one at which the best phi leaves the smaller residual; the first is blind to even phi, the second to odd.
    """
    shape = (int(profile.x.shape[2]), rank)
    chance = balance(rng.standard_normal(shape), rng.standard_normal(shape), SCALE)
    if start == "random":
        return chance
    found = moments(profile, profile.y)
    both = truncate(found.linear, rank, SCALE), quadratic(profile, found, chance, SCALE)
    return min(both, key=lambda factors: profile.fit(*factors).loss)


def _train(
    profile: Profile, x: Array, y: Array, goal: Array, rank: int, model: GradientModel, place: tuple[int, int],
    tick: Callable[[float], None],
) -> TrainedStart:  # fmt: skip
    seed, k = place
    begin, order = (generator(seed, "interaction", "training", name, k) for name in ("start", "order"))
    u, v = (np.ascontiguousarray(factor) for factor in first_factors(profile, rank, model.start, begin))
    size = profile.basis.shape[1]
    free = begin.standard_normal(size) / np.sqrt(size)  # phi of mean square 1 under the law of the basis
    mean, square = np.zeros((2, size + u.size + v.size))
    samples, batch = len(x), min(model.batch, len(x))
    epoch, done, escape = samples // batch, 0, 0
    part = np.empty((0, batch), np.int64)
    while done < model.steps:
        tick(done / model.steps)
        epochs = -(-min(PART, model.steps - done) // epoch)
        part = np.concatenate(
            [order.permutation(samples)[: epoch * batch].reshape(epoch, batch) for _ in range(epochs)]
        )
        part = part[: model.steps - done]
        rate = model.rate(x.shape[2]) * rates(model.steps, done, len(part))
        found = train(
            x, y, part, rate, model.optimiser == "adam", done, free, u, v, mean, square,
            profile.basis, profile.space.pieces, goal, ESCAPED,
        )  # fmt: skip
        escape, done = escape or found, done + len(part)
    left, right = profile.white @ u, profile.white @ v
    coefficients = profile.basis @ free
    residuals = profile.passes.residuals(left, right, profile.space, coefficients)
    phi = Spline(profile.space, coefficients)
    return TrainedStart(left @ right.T, phi, float(np.mean(residuals**2)), float(overlap(u, v, goal)), int(escape))
