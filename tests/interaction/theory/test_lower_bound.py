"""The lower bound's numbers against independent routes: brute force, simulation of whole data sets, closed forms."""

import math

import numpy as np
import pytest

from mtam.base.streams import generator
from mtam.interaction.simulate.hypotheses import hypothesis
from mtam.interaction.simulate.tokens import TokenStream
from mtam.interaction.theory.lower_bound import BumpMoments, HypothesisFamily, decode, fano, mean_of, moments
from tests.interaction.theory.helpers import FACTORS, LAW, NOISE, aggregated, bumps


def test_the_words_keep_the_verified_distance() -> None:
    members = bumps(cells=40)
    assert len(members.words) == 2**5
    apart = (members.words[:, None] != members.words[None]).sum(axis=2)
    assert apart[~np.eye(32, dtype=bool)].min() == members.distance >= 5
    assert set(np.unique(members.words)) == {-1.0, 1.0}


def test_separation_and_forms_by_brute_force() -> None:
    members = bumps()
    about = moments(members, FACTORS, LAW, 4, 40000, seed=1)
    x = TokenStream(LAW, 5, "other").take(10000, 4)
    values = np.stack([aggregated(members, word, x) for word in members.words])
    forms = np.einsum("wl,lk,wk->w", members.words, about.whole, members.words)
    np.testing.assert_allclose(forms, (values**2).mean(axis=(1, 2)), rtol=0.06)
    u = np.einsum("md,de,me->m", x[:, 0], FACTORS[0] @ FACTORS[1].T, x[:, 1])
    reach = members.cells * members.width / 2
    curves = np.stack([hypothesis(u, word, 2, members.holder, reach=reach) for word in members.words])
    gaps = ((curves[:, None] - curves[None]) ** 2).mean(axis=2)
    assert about.separation(members.words) == pytest.approx(gaps[~np.eye(len(gaps), dtype=bool)].min(), rel=0.06)


def test_the_divergence_by_simulation() -> None:
    """The mean log likelihood ratio of whole data sets drawn under one hypothesis."""
    members, samples, sets, tokens = bumps(holder=150.0), 50, 400, 4
    one = members.words[1]
    about = moments(members, FACTORS, LAW, tokens, 80000, seed=2)
    x = TokenStream(LAW, 7, "data").take(samples * sets, tokens)
    rng = generator(0, "noise")
    mean = aggregated(members, one, x)
    y = mean + NOISE * rng.standard_normal(mean.shape)
    ratio = ((y**2 - (y - mean) ** 2) / (2 * NOISE**2)).reshape(sets, -1).sum(axis=1)  # log dP_w/dP_0
    said = float(about.divergences(members.words, samples, NOISE)[1])
    assert said == pytest.approx(ratio.mean(), abs=4 * ratio.std() / math.sqrt(sets) + 0.03 * said)
    assert said > 0.5  # the comparison is of something


def test_decoding_by_simulating_whole_data_sets() -> None:
    members, samples, sets, tokens = bumps(holder=60.0), 1000, 150, 3
    about = moments(members, FACTORS, LAW, tokens, 80000, seed=3)
    quick = decode(members, about, samples, NOISE, 4000, generator(0, "decode"))
    rng = generator(0, "truths")
    stream, wrong = TokenStream(LAW, 9, "data"), 0
    for _ in range(sets):
        x = stream.take(samples, tokens)
        means = np.stack([aggregated(members, word, x) for word in members.words])
        truth = int(rng.integers(len(means)))
        y = means[truth] + NOISE * rng.standard_normal(means[truth].shape)
        wrong += int(((y - means) ** 2).sum(axis=(1, 2)).argmin()) != truth
    se = math.sqrt(quick.error * (1 - quick.error) / sets)
    assert 0.1 < quick.error < 0.6
    assert abs(wrong / sets - quick.error) < 4 * se


def test_decoding_of_two_words_is_the_normal_tail() -> None:
    words = np.array([[1.0, 1.0], [1.0, -1.0]])
    about = BumpMoments(np.array([1.0, 1.0]), np.diag([0.5, 0.5]), tokens=3)
    scale = 20 * 3 / NOISE**2
    distance = math.sqrt(scale * 0.5) * 2
    members = HypothesisFamily(1, 0.1, 1.0, words, 1)
    noise = NOISE * distance / 2  # so that the error is P(Z > 1)
    found = decode(members, about, 20, noise, 20000, generator(0, "two"))
    assert found.error == pytest.approx(0.1587, abs=4 * found.error_se)
    assert found.risk == pytest.approx(4 * found.error)


@pytest.mark.parametrize("count", [2, 5, 4096])
def test_fano(count: int) -> None:
    assert fano(0.0, count) == pytest.approx(1 - 1 / count, abs=1e-6)  # nothing known: guessing
    assert fano(math.log(count), count) == 0.0
    p = fano(0.4 * math.log(count), count)
    entropy = -p * math.log(p) - (1 - p) * math.log(1 - p)
    assert entropy + p * math.log(count - 1) == pytest.approx(0.6 * math.log(count))
    assert p >= 1 - (0.4 * math.log(count) + math.log(2)) / math.log(count) - 1e-12  # the usual, weaker form


def test_jensen_and_the_identity_bound_the_information() -> None:
    members = bumps()
    about = moments(members, FACTORS, LAW, 4, 60000, seed=4)
    assert about.share() <= 1.0
    smallest = np.linalg.eigvalsh(about.whole - np.diag(about.single) / 3)[0]
    assert smallest > -0.05 * about.single.min()  # coercivity: G >= B/(N-1)
    assert about.jensen(10, NOISE) > about.divergences(members.words, 10, NOISE).max()


def test_mean_of_parts() -> None:
    members = bumps()
    parts = [moments(members, FACTORS, LAW, 3, 6000, seed) for seed in (0, 1)]
    np.testing.assert_allclose(mean_of(parts).whole, (parts[0].whole + parts[1].whole) / 2)
