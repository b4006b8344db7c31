"""Held-out comparisons of a fit with a constant and with a linear regression."""

import numpy as np
import numpy.typing as npt
import pytest
import scipy.stats

from mtam.interaction import heldout

Array = npt.NDArray[np.float64]


def test_the_p_value_is_that_of_a_paired_t_test() -> None:
    rng = np.random.default_rng(0)
    rival, fit = rng.exponential(size=(2, 30))
    expected = scipy.stats.ttest_rel(rival, fit, alternative="greater").pvalue
    assert heldout.p_value(rival, fit) == pytest.approx(expected)


def test_losses_that_differ_by_a_constant_are_decided_by_its_sign() -> None:
    losses = np.arange(4.0)
    assert [heldout.p_value(losses + gap, losses) for gap in (1.0, 0.0, -1.0)] == [0.0, 1.0, 1.0]


def test_the_linear_regression_is_least_squares_on_the_token_and_the_mean_of_the_others() -> None:
    rng = np.random.default_rng(1)
    x, y = 1e3 + rng.standard_normal((60, 4, 2)), rng.standard_normal((60, 4))
    means = (x.sum(axis=1, keepdims=True) - x) / 3
    design = np.concatenate([np.ones((60, 4, 1)), x - 1e3, means - 1e3], axis=2)
    train, test = design[:40].reshape(-1, 5), design[40:]
    weights = np.linalg.lstsq(train, y[:40].ravel(), rcond=None)[0]
    expected = np.mean((y[40:] - test @ weights) ** 2, axis=1)
    np.testing.assert_allclose(heldout.linear(x[:40], y[:40], x[40:], y[40:]), expected, rtol=1e-8)


def test_blocks_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    x, y = rng.standard_normal((30, 3, 2)), rng.standard_normal((30, 3))
    whole = heldout.linear(x[:20], y[:20], x[20:], y[20:])
    monkeypatch.setattr(heldout, "BLOCK", 20)
    np.testing.assert_allclose(heldout.linear(x[:20], y[:20], x[20:], y[20:]), whole)


def test_the_constant_is_the_mean_of_the_samples_that_were_fitted() -> None:
    y, y_test = np.array([[0.0, 2.0]]), np.array([[1.0, 4.0]])
    assert heldout.constant(y, y_test) == pytest.approx([4.5])


def test_a_fit_to_noise_beats_no_interaction_in_less_than_the_level() -> None:
    """Least squares on 5 functions of 100 rows, tested on 25 more: below 5% of 2000, for it has learned noise."""
    rng = np.random.default_rng(3)
    said = 0
    for _ in range(2000):
        design, y = rng.standard_normal((125, 5)), rng.standard_normal(125)
        weights = np.linalg.lstsq(design[:100], y[:100], rcond=None)[0]
        losses = (y[100:] - design[100:] @ weights) ** 2
        said += heldout.p_value((y[100:] - y[:100].mean()) ** 2, losses) < heldout.LEVEL
    assert 0 < said < 0.05 * 2000
