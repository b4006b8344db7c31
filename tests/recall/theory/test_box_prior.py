"""Partition functions of the box: by brute summation, and what of the prior is constant."""

import numpy as np
import pytest

from mtam.recall.theory import bayes_curve, box_prior


def test_theta_is_its_sum_on_both_sides_of_one() -> None:
    x = np.array([1e-4, 0.03, 0.5, 0.999, 1.0, 1.5, 8.0, 40.0])
    k = np.arange(2000.0)
    np.testing.assert_allclose(box_prior.theta(x), np.exp(-np.outer(x, k**2)).sum(1), rtol=1e-12)


@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0])
def test_what_varies_is_all_but_the_lowest_level(alpha: float) -> None:
    """Against the spectrum of theory, whose integral over t is another one."""
    half = bayes_curve.half_widths(alpha, 1.0, "exponential", 5.0, 60)
    lowest = float(np.exp(bayes_curve.eigenvalues(alpha, 1.0, "exponential", 5.0, 8.0).log_single[0]))
    assert box_prior.varying_share(half) == pytest.approx(1 - lowest, rel=2e-3)
    assert box_prior.varying_share(np.append(half, 0.0)) == box_prior.varying_share(half)  # an axis of no width
    assert box_prior.varying_share(2 * half) > 1.5 * box_prior.varying_share(half)
