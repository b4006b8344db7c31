"""The predicted Bayes risk is the exact posterior variance of the same kernel on simulated contexts."""

import numpy as np
import pytest
from numpy.typing import NDArray

from mtam.recall.theory import bayes_curve
from mtam.recall.theory.water_filling import log_half_axes

Array = NDArray[np.float64]
AXES, LENGTH = 40, 5.0


def reflected(left: Array, right: Array, half: Array) -> Array:
    """k = int e^-t prod_j g_t(left_j, right_j) dt with reflecting walls at +-half, every g_t of mean trace one."""
    log_t = np.linspace(-12, 4.0, 130)
    step, total = log_t[1] - log_t[0], np.zeros((len(left), len(right)))
    for t in np.exp(log_t):
        product, trace = np.ones_like(total), 1.0
        for j, wide in enumerate(half):
            rate = (np.pi / (2 * wide)) ** 2 * t / 2
            k = np.arange(1, int(np.sqrt(40 / rate)) + 2)
            weights = np.exp(-rate * k**2)
            trace *= 1 + weights.sum()
            if weights[0] < 1e-17:
                continue
            a, b = (np.cos(np.pi * k * (z[:, [j]] + wide) / (2 * wide)) for z in (left, right))
            product *= 1 + 2 * (a * weights) @ b.T
        total += product / trace * np.exp(-t) * t * step
    return total


@pytest.mark.parametrize(("alpha", "sizes", "within"), [(1.0, (32, 128), 0.06), (2.0, (32, 128), 0.12)])
def test_the_curve_is_the_posterior_variance(alpha: float, sizes: tuple[int, ...], within: float) -> None:
    found = bayes_curve.eigenvalues(alpha, 1.0, "exponential", LENGTH, 14.0)
    assert found.trace == pytest.approx(1.0, abs=1e-4)
    scale = LENGTH * np.exp(bayes_curve._log_rms(alpha, 1.0, "exponential"))
    half = np.exp(log_half_axes(alpha, 1.0, "exponential", AXES)) / scale
    half = half[half > 1e-4]
    ratios = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        train, test = (rng.uniform(-half, half, (count, len(half))) for count in (max(sizes), 60))
        gram, cross = reflected(train, train, half), reflected(train, test, half)
        prior = np.diag(reflected(test, test, half))
        for n in sizes:
            solved = np.linalg.solve(gram[:n, :n] + 0.01 * np.eye(n), cross[:n])
            variance = float((prior - (cross[:n] * solved).sum(axis=0)).mean())
            predicted = float(np.exp(bayes_curve.learning_curve(found, 0.1, np.log([float(n)]))[0]))
            ratios.append(variance / predicted)
    assert np.mean(ratios) == pytest.approx(1.0, abs=within)


def test_sizes_beyond_the_levels_are_refused() -> None:
    found = bayes_curve.eigenvalues(1.0, 1.0, "exponential", LENGTH, 5.0)
    with pytest.raises(ValueError, match="ln n must lie"):
        bayes_curve.learning_curve(found, 0.1, np.array([500.0]))
