"""The prior's variance over the contexts, against pairs of contexts, and where it has a closed form."""

import numpy as np
import pytest

from mtam.recall.evaluation.matern import matern1
from mtam.recall.recall_spec import RecallData
from mtam.recall.simulate.contexts import problem
from mtam.recall.simulate.targets import half_widths
from mtam.recall.theory.matern_prior import population_variance


@pytest.mark.parametrize("half", [np.array([0.3]), np.array([2.0, 0.5, 0.0]), np.array([30.0, 30.0])])
def test_it_is_one_minus_the_mean_of_the_kernel_over_pairs(half: np.ndarray) -> None:
    rng = np.random.default_rng(2)
    apart = (rng.random((400_000, len(half))) - rng.random((400_000, len(half)))) * 2 * half
    left = 1 - matern1(np.linalg.norm(apart, axis=1))
    assert population_variance(half) == pytest.approx(left.mean(), abs=4 * left.std() / len(left) ** 0.5)


def test_a_narrow_box_has_the_variance_of_its_increments() -> None:
    """For distances d << 1, 1 - k = -d^2 (ln(d / sqrt2) + gamma_E - 1/2); no digits are lost to 1 - (1 - x)."""
    half = 1e-4
    d = (np.arange(200_000) + 0.5) / 200_000 * 2 * half  # of density 2 (1 - d / 2b) / 2b
    density = (1 - d / (2 * half)) / (100_000 / 1)
    expected = (density * -(d**2) * (np.log(d / np.sqrt(2)) + np.euler_gamma - 0.5)).sum()
    assert population_variance(np.array([half])) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("alpha", [0.5, 2.0])
def test_contexts_fill_the_box(alpha: float) -> None:
    data = RecallData(alpha=alpha, test=16)
    p = problem(data, 1)
    sample = p.sample("train", 4000)
    z, half = p.answer.inputs(sample.recalled(), sample.query), half_widths(data, p.law)
    seen = half > 0
    assert (np.abs(z) <= half * (1 + 1e-6)).all()
    np.testing.assert_allclose(z[:, seen].var(0) / half[seen] ** 2, 1 / 3, rtol=0.1)
