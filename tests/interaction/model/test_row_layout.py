"""Partners, counts and weights against loops over pairs."""

import itertools

import numpy as np
import numpy.typing as npt
import pytest

from mtam.interaction.model import pair_kernels_reference
from mtam.interaction.model.row_layout import RowLayout, by_group, mean_of_partners, pairs_of, part_of

Array = npt.NDArray[np.float64]
FLAGS = list(itertools.product((False, True), repeat=2))


def example(causal: bool, itself: bool) -> RowLayout:
    rng = np.random.default_rng(0)
    return RowLayout.of(rng.random((9, 5)) < 0.7, rng.random((9, 5)), np.arange(9) % 4, causal, itself)


@pytest.mark.parametrize(("causal", "itself"), FLAGS)
def test_partners_are_those_of_the_definition(causal: bool, itself: bool) -> None:
    layout, values = example(causal, itself), np.random.default_rng(1).standard_normal((9, 5, 2))
    pairs = pair_kernels_reference.factors(9, 5, RowLayout(layout.there, np.ones((9, 5)), None, causal, itself)) > 0
    np.testing.assert_array_equal(layout.pairs(), pairs)
    there = layout.there
    np.testing.assert_array_equal(layout.count[there], pairs.sum(axis=2)[there])
    sums = np.einsum("mij,mjk->mik", pairs, values)
    np.testing.assert_allclose(layout.over_partners(values)[there], sums[there], atol=1e-12)
    means = sums / np.maximum(pairs.sum(axis=2), 1)[..., None]
    np.testing.assert_allclose(mean_of_partners(values, layout)[there], means[there], atol=1e-12)
    askers = values * there[..., None]
    np.testing.assert_allclose(layout.over_askers(askers), np.einsum("mij,mik->mjk", pairs, askers), atol=1e-12)


@pytest.mark.parametrize(("causal", "itself"), FLAGS)
def test_what_has_no_partner_is_no_response_and_weights_have_mean_one(causal: bool, itself: bool) -> None:
    layout = example(causal, itself)
    alone = layout.pairs().sum(axis=2) == 0
    assert np.all(layout.weights[alone] == 0)
    assert np.all(layout.weights[~alone] > 0)
    assert layout.rows == np.count_nonzero(~alone)
    assert layout.weights[~alone].mean() == pytest.approx(1)
    if causal and not itself:
        assert np.all(layout.weights[:, 0] == 0)


def test_a_part_of_the_samples_has_their_rows() -> None:
    layout = example(True, True)
    some = layout[np.array([2, 5])]
    np.testing.assert_array_equal(some.count, layout.count[[2, 5]])
    np.testing.assert_array_equal(some.weights, layout.weights[[2, 5]])
    assert some.groups is not None
    assert some.groups.tolist() == [2, 1]
    assert part_of(None, slice(2)) is None


def test_sums_over_groups() -> None:
    layout, values = example(False, False), np.arange(18.0).reshape(9, 2)
    expected = [values[k::4].sum(axis=0) for k in range(4)]
    np.testing.assert_array_equal(by_group(values, layout), expected)
    assert by_group(values, None) is values


def test_without_a_layout_partners_are_all_the_others() -> None:
    values = np.random.default_rng(2).standard_normal((3, 4, 2))
    whole = RowLayout.of(np.ones((3, 4), dtype=bool), np.ones((3, 4)))
    np.testing.assert_allclose(mean_of_partners(values, None), mean_of_partners(values, whole), atol=1e-14)
    np.testing.assert_array_equal(pairs_of(None, 3, 4), whole.pairs())


def test_weighted_moments() -> None:
    layout, values = example(False, False), np.random.default_rng(3).standard_normal((9, 5))
    mean = np.average(values, weights=layout.weights)
    assert layout.mean(values) == pytest.approx(mean)
    assert layout.variance(values) == pytest.approx(np.average((values - mean) ** 2, weights=layout.weights))
