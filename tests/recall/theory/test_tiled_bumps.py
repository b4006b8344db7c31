"""The bound of tiled bumps is a Bayes risk from below: simulated families lie above it, and so does Pinsker's risk."""

import numpy as np
import pytest

from mtam.recall.theory import minimax, pinsker, tiled_bumps, water_filling


def simulated_bayes(half: float, cells: int, theta: float, n: int, sigma: float, draws: int) -> tuple[float, float]:
    """The Bayes risk of signed bumps that tile one axis, on simulated samples; mean and standard error."""
    rng, width = np.random.default_rng(0), half / cells
    risks = []
    for _ in range(draws):
        signs, u = rng.choice([-1.0, 1.0], cells), rng.uniform(-half, half, n)
        cell = np.minimum(((u + half) / (2 * width)).astype(int), cells - 1)
        height = theta * (1 - np.abs(u - (2 * cell + 1) * width + half) / width)
        y = signs[cell] * height + sigma * rng.standard_normal(n)
        guess = np.tanh(np.bincount(cell, height * y, cells) / sigma**2)
        risks.append(((guess - signs) ** 2).sum() * theta**2 / 3 / cells)
    return float(np.mean(risks)), float(np.std(risks) / draws**0.5)


@pytest.mark.parametrize("n", [64, 1024])
def test_a_simulated_family_has_a_larger_bayes_risk_than_the_bound(n: int) -> None:
    half, sigma = 1.0, 0.3
    box = water_filling.Box(np.log([half]), 0.0)
    bound = float(np.exp(tiled_bumps.lower_bounds(box, np.log([float(n)]), sigma)[0]))
    risks = [simulated_bayes(half, cells, half / cells, n, sigma, 200) for cells in range(2, 30)]
    best, error = max(risks)
    assert bound <= best + 3 * error
    assert bound >= 0.8 * best  # and it is not much below the best of them


def test_the_bound_is_far_above_assouads_and_below_pinskers_risk() -> None:
    sizes = np.array([64.0, 1024.0, 8192.0])
    for alpha, factor in ((0.5, 20), (1.0, 5), (2.0, 4)):
        box = water_filling.whole_box(alpha, 1.0, "exponential", float(np.log(sizes[-1])))
        bound = np.exp(tiled_bumps.lower_bounds(box, np.log(sizes), 0.1))
        assert (bound > factor * minimax.lower_bound(alpha, 1.0, [64, 1024, 8192], 0.1)).all()
        above = pinsker.any_size(alpha, 1.0, "exponential", (0.01 + 4.0) ** 0.5, 20.0)
        assert (bound < np.exp(np.interp(np.log(sizes), above.log_size, above.log_risk))).all()


def test_bounds_fall_with_n_and_rise_with_noise() -> None:
    box = water_filling.whole_box(1.0, 1.0, "exponential", 200.0)
    sizes = np.linspace(5, 200, 30)
    quiet, loud = (tiled_bumps.lower_bounds(box, sizes, sigma) for sigma in (0.1, 0.5))
    assert (np.diff(quiet) < 0).all()
    assert (loud > quiet).all()
    with pytest.raises(ValueError, match="noise"):
        tiled_bumps.lower_bounds(box, sizes, 0.0)
