"""The kernel on the box: by cosines, by its trace, and by the spectrum that theory has of it."""

import numpy as np
import pytest

from mtam.recall.evaluation.reflected_kernel import reflected_kernel
from mtam.recall.theory import bayes_curve
from mtam.recall.theory.box_prior import varying_share

HALF = np.array([0.35, 0.12, 0.04])


def by_cosines(left: np.ndarray, right: np.ndarray, half: np.ndarray) -> np.ndarray:
    """sum over eigenfunctions, axis by axis, and a finer integral over t."""
    log_t = np.linspace(np.log(1e-5), np.log(40.0), 300)
    total, weight = np.zeros((len(left), len(right))), 0.0
    for t in np.exp(log_t):
        product, trace = np.ones_like(total), 1.0
        for j, wide in enumerate(half):
            rate = (np.pi / (2 * wide)) ** 2 * t / 2
            k = np.arange(1, int(np.sqrt(40 / rate)) + 2)
            weights = np.exp(-rate * k**2)
            trace *= 1 + weights.sum()
            a, b = (np.cos(np.pi * k * (z[:, [j]] + wide) / (2 * wide)) for z in (left, right))
            product *= 1 + 2 * (a * weights) @ b.T
        total += product / trace * np.exp(-t) * t
        weight += np.exp(-t) * t
    return np.asarray(total / weight)


def test_the_kernel_is_its_sum_of_cosines() -> None:
    rng = np.random.default_rng(0)
    left, right = (rng.uniform(-HALF, HALF, (count, 3)) for count in (12, 9))
    np.testing.assert_allclose(reflected_kernel(HALF).matrix(left, right), by_cosines(left, right, HALF), atol=2e-5)


def test_the_kernel_has_trace_one_and_a_spectrum_that_theory_knows() -> None:
    """E k(z, z) = 1, and E k(z, z')^2 = sum_k mu_k^2 for independent z, z' of the box."""
    rng = np.random.default_rng(1)
    half = bayes_curve.half_widths(1.0, 1.0, "exponential", 5.0, 12)
    prior = reflected_kernel(half)
    z, other = (rng.uniform(-half, half, (600, 12)) for _ in range(2))
    own = np.array([prior.matrix(one, one)[0, 0] for one in z[:, None, :]])
    assert own.mean() == pytest.approx(1.0, abs=4 * own.std() / 600**0.5 + 1e-3)
    found = bayes_curve.eigenvalues(1.0, 1.0, "exponential", 5.0, 14.0)
    squares = float(np.exp(2 * found.log_single).sum())
    products = prior.matrix(z, other)
    scatter = float((products**2).mean(1).std()) / 600**0.5
    assert (products**2).mean() == pytest.approx(squares, abs=6 * scatter)
    assert 1 - varying_share(half) == pytest.approx(float(np.exp(found.log_single[0])), rel=1e-3)
    wider = reflected_kernel(1.5 * half)
    assert abs((wider.matrix(1.5 * z, 1.5 * other) ** 2).mean() - squares) > 20 * scatter
