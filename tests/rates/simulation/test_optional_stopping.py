"""Whoever stops when it suits errs no more often than promised; without paying for the looks, far more often."""

import pytest

from mtam.rates.simulation.optional_stopping import LAWS, draw, errors, share_errors

LIMIT = 0.05 + 3 * (0.05 * 0.95 / 4000) ** 0.5  # of 4000 replications


@pytest.mark.parametrize("first", [5, 10])
@pytest.mark.parametrize("law", ["normal", "heavy tails"])
def test_adversarial_stopping_misses_no_more_often_than_promised(law: str, first: int) -> None:
    found = errors(law, first)
    assert found.misses < LIMIT
    assert found.equivalences < LIMIT
    assert found.naive > 0.12  # the same looks at 95% each: what the promise is there for


@pytest.mark.slow
@pytest.mark.parametrize("chance", [0.5, 0.9])
def test_shares_are_covered_at_all_looks(chance: float) -> None:
    assert share_errors(chance, 6, replications=2000) < 0.05


def test_draws_have_mean_zero_and_deviation_one() -> None:
    import numpy as np

    for law in LAWS:
        values = draw(law, (400, 500), np.random.default_rng(3))
        assert abs(values.mean()) < 0.01
        assert abs(values.std() - 1) < 0.02
    with pytest.raises(ValueError, match="unknown law"):
        draw("cauchy", (1, 1), np.random.default_rng(0))
    with pytest.raises(ValueError, match="two or more"):
        errors("normal", 1)
