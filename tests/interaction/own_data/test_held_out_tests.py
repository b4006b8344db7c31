"""Held-out comparisons of a fit with a constant and with a linear regression."""

import numpy as np
import numpy.typing as npt
import pytest
import scipy.stats

from mtam.interaction.model.row_layout import RowLayout
from mtam.interaction.own_data import held_out_tests

Array = npt.NDArray[np.float64]


def test_the_p_value_is_that_of_a_paired_t_test() -> None:
    rng = np.random.default_rng(0)
    rival, fit = rng.exponential(size=(2, 30))
    expected = scipy.stats.ttest_rel(rival, fit, alternative="greater").pvalue
    assert held_out_tests.p_value(rival - fit) == pytest.approx(expected)


def test_losses_that_differ_by_a_constant_are_decided_by_its_sign() -> None:
    assert [held_out_tests.p_value(np.full(4, gap)) for gap in (1.0, 0.0, -1.0)] == [0.0, 1.0, 1.0]


def test_the_linear_regression_is_least_squares_on_the_token_and_the_mean_of_the_others() -> None:
    rng = np.random.default_rng(1)
    x, y = 1e3 + rng.standard_normal((60, 4, 2)), rng.standard_normal((60, 4))
    means = (x.sum(axis=1, keepdims=True) - x) / 3
    design = np.concatenate([np.ones((60, 4, 1)), x - 1e3, means - 1e3], axis=2)
    train, test = design[:40].reshape(-1, 5), design[40:]
    weights = np.linalg.lstsq(train, y[:40].ravel(), rcond=None)[0]
    expected = np.mean((y[40:] - test @ weights) ** 2, axis=1)
    np.testing.assert_allclose(held_out_tests.linear(x[:40], y[:40], x[40:], y[40:]), expected, rtol=1e-8)


def test_blocks_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    x, y = rng.standard_normal((30, 3, 2)), rng.standard_normal((30, 3))
    whole = held_out_tests.linear(x[:20], y[:20], x[20:], y[20:])
    monkeypatch.setattr(held_out_tests, "BLOCK", 20)
    np.testing.assert_allclose(held_out_tests.linear(x[:20], y[:20], x[20:], y[20:]), whole)


def test_the_constant_is_the_mean_of_the_samples_that_were_fitted() -> None:
    y, y_test = np.array([[0.0, 2.0]]), np.array([[1.0, 4.0]])
    assert held_out_tests.constant(y, y_test) == pytest.approx([4.5])


def learned(rng: np.random.Generator, signal: float) -> tuple[float, float]:
    """p-values of products and of losses: least squares on 5 functions of 80 samples of 3 rows, 20 samples held out."""
    design = rng.standard_normal((100, 3, 5))
    noise = rng.standard_normal((100, 1)) + rng.standard_normal((100, 3)) * rng.exponential(size=(100, 1))
    y = signal * design[..., 0] + noise
    weights = np.linalg.lstsq(design[:80].reshape(-1, 5), y[:80].ravel(), rcond=None)[0]
    told = design[80:] @ weights
    losses = np.mean((y[80:] - told) ** 2, axis=1)
    return (
        held_out_tests.p_value(held_out_tests.products(y[80:], told)),
        held_out_tests.p_value(held_out_tests.constant(y[:80], y[80:]) - losses),
    )


def test_without_an_interaction_both_tests_keep_their_level() -> None:
    """Of 2000 fits to noise, dependent within samples: 5% within 3.3 standard errors, and less for the losses."""
    rng = np.random.default_rng(3)
    said = np.array([learned(rng, 0.0) for _ in range(2000)]) < held_out_tests.LEVEL
    products, losses = said.mean(axis=0)
    assert abs(products - 0.05) < 3.3 * np.sqrt(0.05 * 0.95 / 2000)
    assert 0 < losses < products


def test_products_see_an_interaction_that_is_too_weak_to_predict_with() -> None:
    rng = np.random.default_rng(4)
    said = np.array([learned(rng, 0.4) for _ in range(300)]) < held_out_tests.LEVEL
    products, losses = said.mean(axis=0)
    assert products > losses + 0.1


def test_groups_of_one_and_equal_weights_change_nothing() -> None:
    rng = np.random.default_rng(5)
    x, y, told = rng.standard_normal((30, 3, 2)), rng.standard_normal((30, 3)), rng.standard_normal((30, 3))
    layout = RowLayout.of(np.ones((30, 3), dtype=bool), np.ones((30, 3)), np.arange(30))
    fit, held = layout[:20], layout[20:]
    np.testing.assert_allclose(held_out_tests.losses(y, told, layout), held_out_tests.losses(y, told))
    np.testing.assert_allclose(held_out_tests.products(y, told, layout), held_out_tests.products(y, told))
    parts = x[:20], y[:20], x[20:], y[20:]
    np.testing.assert_allclose(held_out_tests.linear(*parts, fit, held), held_out_tests.linear(*parts))
    np.testing.assert_allclose(
        held_out_tests.constant(y[:20], y[20:], fit, held), held_out_tests.constant(y[:20], y[20:])
    )


def test_losses_of_groups_have_the_standard_error_of_a_ratio() -> None:
    """Mean and spread over 2000 draws of groups of unequal size, whose losses are common to a group."""
    rng = np.random.default_rng(6)
    means, errors = [], []
    for _ in range(2000):
        sizes = rng.integers(1, 6, 40)
        groups = np.repeat(np.arange(40), sizes)
        y = (rng.exponential(size=40)[groups])[:, None] ** 0.5 * np.ones((1, 2))
        layout = RowLayout.of(np.ones(y.shape, dtype=bool), np.ones(y.shape), groups)
        values = held_out_tests.losses(y, np.zeros_like(y), layout)
        assert len(values) == 40
        means.append(values.mean())
        errors.append(values.std(ddof=1) / np.sqrt(40))
    assert np.mean(means) == pytest.approx(1, abs=4 * np.std(means) / np.sqrt(2000) + 0.005)
    assert np.mean(errors) == pytest.approx(np.std(means), rel=0.08)


def test_samples_of_a_group_are_one_witness() -> None:
    """Noise and predictions common to a group: the test keeps its level by groups, and not by samples."""
    rng = np.random.default_rng(7)
    groups, said = np.repeat(np.arange(15), 8), []
    for _ in range(800):
        y, told = (rng.standard_normal((15, 1))[groups] + 0.3 * rng.standard_normal((120, 3)) for _ in range(2))
        layout = RowLayout.of(np.ones(y.shape, dtype=bool), np.ones(y.shape), groups)
        said.append([held_out_tests.p_value(held_out_tests.products(y, told, one)) for one in (layout, None)])
    by_group, by_sample = (np.array(said) < 0.05).mean(axis=0)
    assert by_group < 0.05 + 3.3 * np.sqrt(0.05 * 0.95 / 800)
    assert by_sample > 0.15
