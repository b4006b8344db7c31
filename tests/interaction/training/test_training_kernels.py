"""Compiled steps of SGD and Adam against plain numpy, and what fixing the norm of A does to a gradient."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from mtam.interaction.model import pair_kernels_reference as reference
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.training.training_kernels import overlap, train

Array = npt.NDArray[np.float64]

SPACE = SplineSpace(3, 5)
TOKENS, D, RANK = 4, 3, 2


def problem(seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    u, v = 0.5 * rng.standard_normal((2, D, RANK))
    return {
        "x": rng.standard_normal((20, TOKENS, D)), "y": rng.standard_normal((20, TOKENS)), "u": u, "v": v,
        "free": rng.standard_normal(SPACE.dimension),
        "basis": np.linalg.qr(rng.standard_normal((SPACE.dimension, SPACE.dimension)))[0],
    }  # fmt: skip


def loss(x: Array, y: Array, free: Array, u: Array, v: Array, basis: Array, norm: float) -> float:
    """The mean squared residual at A = norm u v^T / ||u v^T||."""
    scale = np.sqrt(norm / np.linalg.norm(u @ v.T))
    flat = x.reshape(-1, D)
    features = reference.features(flat @ u * scale, flat @ v * scale, TOKENS, SPACE)
    return float(np.mean((y.ravel() - features @ (basis @ free)) ** 2))


def gradient(p: dict[str, Any], rows: npt.NDArray[np.int64], norm: float) -> Array:
    """By central differences of the loss on a batch."""
    x, y = p["x"][rows], p["y"][rows]
    theta = np.concatenate([p["free"], p["u"].ravel(), p["v"].ravel()])
    m, size = len(p["free"]), p["u"].size

    def at(t: Array) -> float:
        u, v = t[m : m + size].reshape(D, RANK), t[m + size :].reshape(D, RANK)
        return loss(x, y, t[:m], u, v, p["basis"], norm)

    step = 1e-6 * np.eye(len(theta))
    return np.array([(at(theta + e) - at(theta - e)) / 2e-6 for e in step])


def by_numpy(p: dict[str, Any], rows: npt.NDArray[np.int64], rates: Array, adam: bool) -> None:
    """The same steps, slowly, in place."""
    norm = float(np.linalg.norm(p["u"] @ p["v"].T))
    m, size = len(p["free"]), p["u"].size
    mean, square = np.zeros((2, m + 2 * size))
    for step, (batch, rate) in enumerate(zip(rows, rates, strict=True)):
        g = gradient(p, batch, norm)
        if adam:
            mean, square = 0.9 * mean + 0.1 * g, 0.999 * square + 0.001 * g**2
            g = mean / (1 - 0.9 ** (step + 1)) / (np.sqrt(square / (1 - 0.999 ** (step + 1))) + 1e-8)
        p["free"] = p["free"] - rate * g[:m]
        u, v = p["u"] - rate * g[m : m + size].reshape(D, RANK), p["v"] - rate * g[m + size :].reshape(D, RANK)
        back = np.sqrt(norm / np.linalg.norm(u @ v.T))
        p["u"], p["v"] = back * u, back * v


@pytest.mark.parametrize("adam", [False, True])
def test_compiled_steps_are_those_of_plain_numpy(adam: bool) -> None:
    ours, theirs = problem(), problem()
    rng = np.random.default_rng(1)
    rows, rates = rng.integers(0, 20, (6, 5)), np.array([0.05, 0.05, 0.04, 0.03, 0.02, 0.01])
    target = rng.standard_normal((D, D))
    target /= np.linalg.norm(target)
    size = SPACE.dimension + 2 * D * RANK
    mean, square = np.zeros((2, size))
    for first in (slice(0, 4), slice(4, 6)):  # in two calls
        train(
            ours["x"], ours["y"], rows[first], rates[first], adam, first.start, ours["free"], ours["u"], ours["v"],
            mean, square, ours["basis"], SPACE.pieces, target, 2.0,
        )  # fmt: skip
    by_numpy(theirs, rows, rates, adam)
    for name in ("free", "u", "v"):
        np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-5, atol=1e-6)
        assert not np.allclose(ours[name], problem()[name], atol=1e-3)


def test_the_first_step_with_the_overlap_is_told() -> None:
    p = problem()
    rows = np.random.default_rng(1).integers(0, 20, (30, 5))
    target = np.random.default_rng(2).standard_normal((D, D))
    target /= np.linalg.norm(target)

    def steps(count: int, threshold: float) -> tuple[int, float]:
        q = problem()
        size = SPACE.dimension + 2 * D * RANK
        told = train(
            q["x"], q["y"], rows[:count], np.full(count, 0.1), False, 0, q["free"], q["u"], q["v"],
            np.zeros(size), np.zeros(size), q["basis"], SPACE.pieces, target, threshold,
        )  # fmt: skip
        return told, overlap(q["u"], q["v"], target)

    path = [steps(count, 2.0)[1] for count in range(1, 31)]
    threshold = float(np.median(path))
    assert steps(30, threshold)[0] == 1 + int(np.argmax(np.array(path) >= threshold))
    assert steps(30, 1.01)[0] == 0
    matrix = p["u"] @ p["v"].T
    assert overlap(p["u"], p["v"], target) == pytest.approx(abs(np.vdot(matrix, target)) / np.linalg.norm(matrix))
