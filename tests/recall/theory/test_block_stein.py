"""Blocks drawn by their sums alone lose what blocks drawn coefficient by coefficient lose."""

import numpy as np
import pytest

from mtam.recall.theory import block_stein
from mtam.recall.theory.block_stein import SteinBlocks


def test_losses_of_sums_are_those_of_coefficients() -> None:
    sizes, variances = np.array([1.0, 3.0, 40.0]), np.array([4.0, 1.0, 0.2])
    blocks = SteinBlocks(sizes, sizes * variances, sizes)
    drawn = block_stein.losses(blocks, 40_000, np.random.default_rng(0))
    rng, direct = np.random.default_rng(1), np.zeros(40_000)
    for size, variance in zip(sizes.astype(int), variances, strict=True):
        theta = variance**0.5 * rng.standard_normal((len(direct), size))
        y = theta + rng.standard_normal(theta.shape)
        shrink = np.maximum(0, 1 - size / (y**2).sum(1))
        direct += ((shrink[:, None] * y - theta) ** 2).sum(1)
    error = np.hypot(drawn.std(), direct.std()) / len(direct) ** 0.5
    assert drawn.mean() == pytest.approx(direct.mean(), abs=4 * error)
    assert drawn.std() == pytest.approx(direct.std(), rel=0.05)


def test_a_block_of_any_size_keeps_its_fluctuations() -> None:
    """At 10^30 coefficients without signal the excess of S over T is sqrt(2 T), which T itself would swallow."""
    blocks = SteinBlocks(np.array([1e30]), np.array([0.0]), np.array([0.0]))
    found = block_stein.losses(blocks, 4000, np.random.default_rng(0))
    assert (found >= 0).all()
    assert found.mean() == pytest.approx(1.0, abs=0.15)  # E max(0, sqrt(2) z)^2


def test_blocks_grow_by_the_factor_asked_for_and_end_beyond_the_cut() -> None:
    ends = block_stein._ends(np.log(1e6), 0.1)
    assert ends[0] == 1
    assert ends[-1] >= 1e6
    large = ends[ends > 1000]
    assert (np.diff(large) / large[:-1] <= 0.1).all()
    assert (np.diff(large) / large[:-1] > 0.09).all()
