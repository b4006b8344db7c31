"""Contexts are nested in n, share their uniforms across spectra, and their moments integrate what they claim."""

import dataclasses

import numpy as np
import pytest

from mtam.recall.recall_spec import RecallData
from mtam.recall.simulate.contexts import problem, token_counts


@pytest.mark.bits
@pytest.mark.parametrize("length", [None, 200])
@pytest.mark.parametrize("tags", ["cross_polytope", "iid", "nuisance"])
def test_smaller_samples_are_the_first_rows(length: int | None, tags: str) -> None:
    """Bit for bit; 33 rows leave one over in every width of a vector register, 257 one in a block of answers."""
    data = RecallData(length=length, tags=tags, query_noise=0.3)
    setting = problem(data, 7)
    large = setting.sample("train", 300)
    for n in (1, 33, 100, 257):
        small = setting.sample("train", n)
        for field in dataclasses.fields(small):
            np.testing.assert_array_equal(getattr(small, field.name), getattr(large.head(n), field.name))
        assert len(large.head(n)) == len(small.head(300)) == n


def test_spectra_share_their_uniforms() -> None:
    a, b = (problem(RecallData(alpha=alpha), 7) for alpha in (0.5, 1.0))
    xi = [(p.sample("train", 20).coefficients / np.sqrt(3 * p.law.eigenvalues))[..., :30] for p in (a, b)]
    np.testing.assert_allclose(xi[0], xi[1], atol=1e-5)
    np.testing.assert_array_equal(a.sample("train", 20).tags, b.sample("train", 20).tags)


def test_splits_and_seeds_are_different_contexts() -> None:
    p = problem(RecallData(), 7)
    train, test = p.sample("train", 50), p.sample("test", 50)
    other = problem(RecallData(), 8).sample("train", 50)
    for sample in (test, other):
        assert np.abs(sample.coefficients - train.coefficients).min(axis=(1, 2)).max() < 0.5  # same law
        assert abs(np.corrcoef(sample.coefficients[..., 0].ravel(), train.coefficients[..., 0].ravel())[0, 1]) < 0.3


def test_the_query_points_at_the_answering_component_and_every_index_occurs() -> None:
    s = problem(RecallData(components=4), 1).sample("train", 400)
    np.testing.assert_array_equal(s.query_tag, s.tags[np.arange(400), s.answering])
    assert np.bincount(s.answering, minlength=4).min() > 60


@pytest.mark.parametrize("length", [None, 500])
def test_moments_integrate_any_function_like_the_sum_over_nodes(length: int | None) -> None:
    """int V d mu = int V dx + s m . (D V), against the plain sum over density weights or over tokens."""
    p = problem(RecallData(length=length, basis="legendre"), 2)
    s = p.sample("train", 12)
    values = np.random.default_rng(0).standard_normal((128, 5))
    base = p.law.grid.weights @ values
    closed = base + p.law.amplitude * (s.moments.astype(np.float64) @ (p.dictionary() @ values))
    if length is None:
        plain = p.law.probabilities(s.coefficients) @ values
    else:
        sizes = np.round(np.exp(s.log_share.astype(np.float64)) * length).astype(np.int64)
        counts = token_counts(p.law, s.coefficients, sizes, 2, "train")
        tokens = [[np.repeat(np.arange(128), row) for row in context] for context in counts]  # token by token
        plain = np.array([[values[t].mean(0) for t in context] for context in tokens])
        assert (counts.sum(-1).sum(-1) == length).all()
    np.testing.assert_allclose(closed, plain, atol=2e-5)


def test_long_contexts_approach_the_exact_measure() -> None:
    exact = problem(RecallData(), 2).sample("train", 20)
    p = problem(RecallData(length=2_000_000), 2)
    long = p.sample("train", 20)
    u = long.moments @ p.law.grid.values.T  # project the counts on the basis
    assert np.abs(u - exact.coefficients).max() < 0.05
    np.testing.assert_allclose(long.log_share, exact.log_share, atol=0.02)


def test_a_component_without_tokens_gets_no_attention() -> None:
    s = problem(RecallData(length=2), 0).sample("train", 50)
    empty = np.isneginf(s.log_share)
    assert empty.any()
    assert (s.moments[empty] == 0).all()
    assert np.isfinite(s.moments).all()
