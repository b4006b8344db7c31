"""Shares among clustered trials: the beta distribution, coverage where Clopper and Pearson's interval fails."""

import numpy as np
import pytest
from scipy import stats

from mtam.rates.clustered_shares import (
    beta_cdf,
    beta_quantile,
    clustered_share_interval,
    clustered_share_within,
    effective_trials,
)
from mtam.rates.sign_test import share_interval
from mtam.rates.verdict import Verdict


def test_the_beta_distribution_is_that_of_scipy() -> None:
    rng = np.random.default_rng(0)
    for _ in range(60):
        a, b = np.exp(rng.uniform(-2, 6, 2))
        x = rng.uniform() ** 3
        assert beta_cdf(x, a, b) == pytest.approx(stats.beta.cdf(x, a, b), abs=1e-11)
        assert beta_quantile(0.025, a, b) == pytest.approx(stats.beta.ppf(0.025, a, b), rel=1e-8, abs=1e-12)
    assert (beta_cdf(0.0, 2, 3), beta_cdf(1.0, 2, 3)) == (0.0, 1.0)


def test_trials_of_a_cluster_that_are_copies_count_once_and_independent_ones_each() -> None:
    rng = np.random.default_rng(1)
    sizes = np.full(400, 5.0)
    copies = rng.integers(0, 2, 400).astype(float)
    independent = rng.binomial(5, 0.5, 400) / 5
    assert effective_trials(copies, sizes) == pytest.approx(400, rel=0.02)
    assert effective_trials(independent, sizes) == pytest.approx(2000, rel=0.2)
    assert effective_trials(np.ones(20), np.full(20, 5.0)) == 20
    found = clustered_share_interval(np.ones(20), np.full(20, 5.0))
    assert found is not None
    assert [found.low, found.high] == pytest.approx([share_interval(20, 20).low, 1.0])
    assert clustered_share_interval(np.ones(1), np.ones(1)) is None


@pytest.mark.parametrize(("chance", "spread"), [(0.7, 0.5), (0.9, 2.0), (0.3, 100.0)])
def test_it_covers_where_trials_are_alike_within_clusters(chance: float, spread: float) -> None:
    """Twenty clusters of five with beta-distributed chances; Clopper and Pearson's interval over all falls short."""
    rng = np.random.default_rng(2)
    sets, sizes = 150, np.full(20, 5.0)
    each = rng.beta(chance * spread, (1 - chance) * spread, (sets, 20))
    shares = rng.binomial(5, each) / 5
    found = [clustered_share_interval(row, sizes) for row in shares]
    covered = np.mean([interval is not None and interval.holds(chance) for interval in found])
    assert covered > 0.95 - 3 * (0.05 * 0.95 / sets) ** 0.5
    if spread < 1:
        naive = np.mean([share_interval(round(5 * row.sum()), 100).holds(chance) for row in shares])
        assert naive < 0.85


def test_verdicts_on_shares() -> None:
    sizes = np.full(20, 5.0)
    assert clustered_share_within(np.ones(20), sizes, low=0.8).verdict == Verdict.SUPPORTED
    assert clustered_share_within(np.ones(10), sizes[:10], low=0.8).verdict == Verdict.UNDECIDED
    half = np.array([0.4, 0.6] * 10)
    assert clustered_share_within(half, sizes, low=0.8).verdict == Verdict.CONTRADICTED
    assert clustered_share_within(np.ones(1), sizes[:1], low=0.8).verdict == Verdict.UNDECIDED


@pytest.mark.parametrize(("share", "size"), [(1.2, 5.0), (-0.1, 5.0), (0.5, 0.0)])
def test_impossible_shares(share: float, size: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        clustered_share_interval(np.array([share, 0.5]), np.array([size, 5.0]))
