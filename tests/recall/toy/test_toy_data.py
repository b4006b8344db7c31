"""The toy's contexts, and what its derived facts say of them."""

from typing import Any

import numpy as np
import pytest

from mtam.recall.simulate.bases import cosine
from mtam.recall.toy import toy_data
from tests.recall.toy.helpers import trial


@pytest.mark.parametrize("law", ["normal", "uniform_sqrt3", "uniform_1"])
def test_closed_forms_of_the_shuffled_error_and_of_the_baseline(law: Any) -> None:
    """Simulated: perfect recall and the sign-only predictor under shuffled queries have the same error."""
    t = trial(law=law)
    rng = np.random.default_rng(0)
    z = rng.standard_normal((200_000, 2, 16)) if law == "normal" else rng.uniform(-1, 1, (200_000, 2, 16))
    s = ((z * (np.sqrt(3) if law == "uniform_sqrt3" else 1.0)) ** 2) @ toy_data.spectrum(1.0, 16)
    v, other = rng.choice([-1, 1], (2, 200_000))
    truth = v * s[:, 0]
    recalled = np.where(other == v, truth, other * s[:, 1])
    mean = toy_data.answer_moments(t)[0]
    for answer in (recalled, other * mean):
        assert ((answer - truth) ** 2).mean() == pytest.approx(toy_data.shuffled(t), rel=0.02)
    assert ((v * mean - truth) ** 2).mean() == pytest.approx(toy_data.sign_only(t), rel=0.02)


@pytest.mark.parametrize(("law", "alpha"), [("normal", 1.25), ("uniform_sqrt3", 1.0), ("uniform_1", 0.44)])
def test_the_published_shuffled_error_fixes_law_and_alpha_only_together(law: Any, alpha: float) -> None:
    assert toy_data.shuffled(trial(law=law, alpha=alpha)) == pytest.approx(0.775, rel=0.05)


@pytest.mark.parametrize("length", [None, 5000, 40])
def test_shares_are_a_distribution_with_half_of_it_on_each_tag(length: int | None) -> None:
    d = toy_data.draw(trial(length=length), "train", 30)
    np.testing.assert_allclose(d.counts.sum(-1), 0.5, atol=1e-5)
    assert d.counts.min() >= 0
    if length is not None:
        np.testing.assert_allclose(d.counts * length, np.round(d.counts * length), atol=1e-3)


def test_the_exchange_swaps_the_measures_and_keeps_the_tags() -> None:
    d = toy_data.draw(trial(length=None), "train", 30)
    np.testing.assert_allclose(d.swapped, d.counts[:, ::-1], atol=1e-7)
    assert np.abs(d.swapped - d.counts).max() > 1e-3
    np.testing.assert_array_equal(np.sign(d.other), np.sign(d.clean))


@pytest.mark.bits
def test_samples_are_nested_and_long_contexts_approach_the_measure() -> None:
    large = toy_data.draw(trial(), "train", 40)
    for n in (1, 10, 33):
        small = toy_data.draw(trial(), "train", n)
        np.testing.assert_array_equal(small.counts, large.counts[:n])
        np.testing.assert_array_equal(small.observed, large.observed[:n])
    exact = toy_data.draw(trial(length=None), "train", 40)
    assert np.abs(large.counts - exact.counts).max() < 0.005
    np.testing.assert_array_equal(exact.sign, large.sign)


@pytest.mark.parametrize(("alpha", "share"), [(1.0, 0.16), (2.0, 0.40)])
def test_without_the_added_constant_many_densities_have_no_mass(alpha: float, share: float) -> None:
    d = toy_data.draw(trial(alpha=alpha, system="constant_first", constant=False), "train", 1500)
    assert d.refused / (3000 + d.refused) == pytest.approx(share, abs=0.03)
    assert toy_data.draw(trial(alpha=alpha), "train", 300).refused == 0


def test_answers_are_the_tag_times_the_weighted_squares() -> None:
    """Against the densities themselves: where none is clipped, int p e_j = sqrt(lambda_j) Z_j."""
    t = trial(alpha=2.0, length=None, law="uniform_1")
    d = toy_data.draw(t, "train", 40)
    value = 2 * d.sign - 1
    own = 2 * d.counts[np.arange(40), d.sign].astype(float)
    squares = ((own @ toy_data.system(t).T) ** 2).sum(1)
    np.testing.assert_allclose(value * d.clean, squares, rtol=0.02, atol=1e-4)
    assert np.std(d.observed - d.clean) == pytest.approx(0.01, rel=0.4)


def test_the_constant_comes_first_where_it_is_asked_for() -> None:
    plain, first = (toy_data.system(trial(system=name)) for name in ("cosines", "constant_first"))
    nodes = (np.arange(128) + 0.5) / 128
    np.testing.assert_allclose(plain, cosine(16, nodes))
    np.testing.assert_array_equal(first[0], 1)
    np.testing.assert_array_equal(first[1:], plain[:-1])


def test_densities_without_mass_are_drawn_again() -> None:
    rng, lam = np.random.default_rng(0), toy_data.spectrum(1.0, 2)
    functions = np.stack([np.ones(8), np.zeros(8)])  # positive where Z_1 is
    drawn = [toy_data._with_mass(rng, "normal", lam, functions, False) for _ in range(400)]
    assert all(z[0] > 0 for z, _ in drawn)
    assert np.mean([again for _, again in drawn]) == pytest.approx(1, abs=0.3)  # geometric, of chance a half
