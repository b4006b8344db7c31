"""A draw of the prior on the box: its waves, its covariance, and that its levels have the shares of the spectrum."""

import numpy as np
import pytest

from mtam.recall.evaluation.reflected_kernel import reflected_kernel
from mtam.recall.simulate import targets
from mtam.recall.simulate.spectral_target import SpectralTarget, _moving_levels, spectral
from mtam.recall.theory import bayes_curve, box_prior

HALF = np.array([0.35, 0.12, 0.04])


def drawn(seed: int, half: np.ndarray = HALF) -> SpectralTarget:
    found = targets.draw("spectral", len(half), seed, half)
    assert isinstance(found, SpectralTarget)
    return found


def test_it_is_the_sum_of_its_product_cosines() -> None:
    """The readable form, wave by wave."""
    f, z = drawn(0), np.random.default_rng(0).uniform(-HALF, HALF, (7, 3))
    total, start = np.full(7, f.constant), 0
    for amplitude, end in zip(f.amplitudes, f.ends, strict=True):
        axes, levels = f.axes[start:end], f.levels[start:end]
        total += amplitude * np.cos(np.pi * levels * (z[:, axes] + HALF[axes]) / (2 * HALF[axes])).prod(1)
        start = end
    np.testing.assert_allclose(f(z), total, rtol=1e-9, atol=1e-9)


def test_over_draws_it_has_the_covariance_of_the_prior() -> None:
    rng = np.random.default_rng(3)
    z = rng.uniform(-HALF, HALF, (6, 3))
    values = np.array([drawn(seed)(z) for seed in range(250)])
    wanted = reflected_kernel(HALF).gram(z)
    found = values.T @ values / len(values)
    scatter = np.sqrt((wanted**2 + np.outer(np.diag(wanted), np.diag(wanted))) / len(values))
    assert (np.abs(found - wanted) < 4 * scatter).all()
    without = values - np.array([drawn(seed).constant for seed in range(250)])[:, None]
    assert np.abs(without.T @ without / len(values) - wanted).max() > 5 * scatter.max()  # the constant is most of it


def test_every_scale_has_its_share_of_every_draw() -> None:
    """The variance above an energy, against the eigenvalues of theory: within a few percent in a single draw."""
    half = bayes_curve.half_widths(1.0, 1.0, "exponential", 5.0, 30)
    f = drawn(1, half)
    starts = np.concatenate([[0], f.ends[:-1]])
    energies = np.add.reduceat((np.pi * f.levels / (2 * half[f.axes])) ** 2, starts)
    shares = f.amplitudes**2 / 2.0 ** np.diff(np.concatenate([[0], f.ends]))
    found = bayes_curve.eigenvalues(1.0, 1.0, "exponential", 5.0, 14.0)
    levels = bayes_curve._lowest_levels((np.pi / (2 * half)) ** 2, 20_000)[: len(found.log_single)]
    for at in (5, 50, 1000):
        above = 1 - float(np.exp(found.log_single[: at + 1]).sum())
        assert shares[energies > levels[at] * (1 + 1e-9)].sum() == pytest.approx(above, rel=0.1)


def test_levels_have_the_shares_of_the_heat_kernel() -> None:
    for x in (0.02, 0.9, 1.3):
        found = _moving_levels(np.full(40_000, x), np.random.default_rng(0))
        k = np.arange(1, 60)
        shares = np.exp(-x * k**2) / np.exp(-x * k**2).sum()
        counts = np.bincount(found, minlength=60)[1:60]
        np.testing.assert_allclose(counts / 40_000, shares, atol=4 * np.sqrt(shares.max() / 40_000))


def test_an_axis_without_width_and_a_box_that_is_not_told() -> None:
    f = spectral(2, np.random.default_rng(0), np.array([0.3, 0.0]))
    assert set(f.axes) == {0}
    assert f(np.zeros((1, 2)))[0] == f(np.array([[0.0, 0.5]]))[0]
    assert (spectral(2, np.random.default_rng(0)).half_widths == 1).all()
    assert f.constant**2 < 25
    assert box_prior.varying_share(f.half_widths) > 0
