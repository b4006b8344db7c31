"""Readings of prices, coercivity and rates that come out either way, by numbers made for it."""

import numpy as np
import pytest

from mtam.checks.sink.sink_measure import SinkFits
from mtam.checks.sink.sink_verdicts import (
    coercive,
    control_hyperplane,
    control_single,
    efficient_verdict,
    no_best,
    rate_verdict,
    read_best,
)
from mtam.rates.verdict import Verdict

RNG = np.random.default_rng(0)
CONDITIONS = [("growing", 1.0), ("growing", 4.0), ("ordinary", 4.0)]


def prices(scatter: float = 0.02, **levels: list[float]) -> dict[str, np.ndarray]:
    """A row per condition, 12 truths."""
    return {
        name: np.array(level)[:, None] * np.exp(scatter * RNG.standard_normal((len(level), 12)))
        for name, level in levels.items()
    }


@pytest.mark.parametrize(
    ("levels", "scatter", "verdict"),
    [
        ({"a": [1.0, 1.0, 3.0], "b": [3.0, 1.0, 1.0]}, 0.02, Verdict.SUPPORTED),  # each is beaten somewhere
        ({"a": [1.0, 1.0, 1.0], "b": [3.0, 1.0, 2.0]}, 0.02, Verdict.CONTRADICTED),  # a is best
        ({"a": [1.0, 1.0, 1.0], "b": [1.0, 1.0, 1.0]}, 0.02, Verdict.CONTRADICTED),  # both are, within the margin
        ({"a": [1.0, 1.0, 1.3], "b": [1.3, 1.0, 1.0]}, 1.0, Verdict.UNDECIDED),  # the truths differ too much
        ({"a": [1.0, 1.0, 1.05], "b": [1.3, 1.0, 1.0]}, 0.002, Verdict.CONTRADICTED),  # beaten by less than 10%
        ({"a": [1.0, 2.0, 2.0], "b": [2.0, 1.0, 2.0], "c": [2.0, 2.0, 1.0]}, 0.02, Verdict.SUPPORTED),
    ],
)
def test_whether_an_activation_is_best(levels: dict[str, list[float]], scatter: float, verdict: Verdict) -> None:
    said, _ = read_best(prices(scatter, **levels), 0.1)
    assert said == verdict


def test_the_least_beaten_activation_is_told_with_where_it_is_beaten() -> None:
    found = prices(a=[1.0, 1.0, 2.0], b=[4.0, 1.0, 1.0])
    statement = no_best("no_best", "", found, CONDITIONS, 0.1)
    assert statement.said == Verdict.SUPPORTED
    assert statement.low is not None
    assert statement.high is not None
    assert statement.low < 2.0 < statement.high
    assert "a, the least often beaten" in statement.because
    assert "strength 4 and ordinary value" in statement.because


def test_one_condition_alone_has_a_best_activation() -> None:
    found = prices(a=[1.0, 1.0, 3.0], b=[3.0, 1.0, 1.0])
    assert control_single(found, 0.1).said == Verdict.SUPPORTED
    assert control_single(prices(1.0, a=[1.0], b=[1.3]), 0.1).said == Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("levels", "verdict"),
    [([0.2, 0.05], Verdict.SUPPORTED), ([0.2, 0.001], Verdict.CONTRADICTED), ([0.2, 0.0], Verdict.CONTRADICTED)],
)
def test_coercivity_is_at_least_what_is_asked_for(levels: list[float], verdict: Verdict) -> None:
    conditions = [level * np.exp(0.1 * RNG.standard_normal(12)) for level in levels]
    assert coercive("softmax", conditions, 0.01)[0] == verdict
    wide = [np.array([0.001, 0.5, 0.005, 0.2])]
    assert coercive("softmax", wide, 0.01)[0] == Verdict.UNDECIDED


def test_the_control_of_coercivity_fails_where_the_column_is_known() -> None:
    known, unknown = 0.1 * np.exp(0.1 * RNG.standard_normal(12)), np.zeros(12)
    assert control_hyperplane(unknown, known, 0.01).said == Verdict.SUPPORTED
    assert control_hyperplane(known, known, 0.01).said == Verdict.CONTRADICTED


def fits(exponent: float, level: float = 1.0, scatter: float = 0.3) -> list[SinkFits]:
    out = []
    for strength in (1.0, 10.0):
        for size in (250, 1000, 4000, 16000):
            expected = np.full(24, 3.0 / size)
            error = level * 3.0 * float(size) ** exponent * np.exp(scatter * RNG.standard_normal(24) - scatter**2 / 2)
            out.append(SinkFits("softmax", strength, size, error, expected, np.ones(24, dtype=bool)))
    return out


def test_the_rate_is_read_off() -> None:
    assert rate_verdict(fits(-1.0), 0.1).said == Verdict.SUPPORTED
    assert rate_verdict(fits(-0.8), 0.1).said == Verdict.CONTRADICTED
    assert rate_verdict(fits(-1.0, scatter=1.5), 0.1).said == Verdict.UNDECIDED


def test_the_constant_is_read_off() -> None:
    assert efficient_verdict(fits(-1.0), 0.15).said == Verdict.SUPPORTED
    assert efficient_verdict(fits(-1.0, level=1.4), 0.15).said == Verdict.CONTRADICTED
    assert efficient_verdict(fits(-1.0, scatter=1.5), 0.15).said == Verdict.UNDECIDED
