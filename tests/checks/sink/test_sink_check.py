"""A small run of the check: what few truths decide, equal numbers for equal seeds, what cannot be asked."""

from typing import Any

import numpy as np
import pytest

from mtam.base.finding import Finding
from mtam.checks.sink import sink_measure
from mtam.checks.sink.sink_check import Settings, check
from mtam.checks.sink.sink_measure import SinkCase, fits, measure
from mtam.rates.verdict import Verdict

SMALL: dict[str, Any] = {
    "seed": 3, "d": 3, "tokens": 6, "truths": 6, "samples": 400, "strengths": [1.0, 10.0], "sizes": [100, 400],
    "fitted": 100,
}  # fmt: skip
CASE = SinkCase(d=2, tokens=4, score_sd=1.0, noise=0.3, samples=200, truths=3, seed=5)


@pytest.fixture(scope="module")
def finding() -> Finding:
    return check(Settings(**SMALL), lambda _: None)


def test_both_controls_come_out_and_everything_is_told(finding: Finding) -> None:
    verdicts = {verdict.key: verdict for verdict in finding.verdicts}
    assert set(verdicts) == {
        "no_best", "no_best_growing", "no_best_ordinary", "control_one_strength", "coercive_softmax",
        "coercive_sigmoid", "coercive_relu", "control_hyperplane", "rate_softmax", "efficient_softmax",
    }  # fmt: skip
    assert verdicts["control_hyperplane"].said == Verdict.SUPPORTED
    assert verdicts["coercive_softmax"].said == Verdict.SUPPORTED
    assert len(finding.tables[0].rows) == 2 * 3 * 2
    assert len(finding.tables[1].rows) == 2 * 2
    assert len(finding.panels) == 4


def test_without_a_sink_the_values_of_both_kinds_are_the_same(finding: Finding) -> None:
    rows = finding.tables[0].rows
    plain = [[row[1], row[3], row[4]] for row in rows if row[2] == 1.0]
    assert plain[:3] == plain[3:]


def test_truths_are_shared_and_streams_have_names() -> None:
    alike = [measure(CASE, "softmax", 4.0, "ordinary") for _ in range(2)]
    np.testing.assert_array_equal(alike[0].price, alike[1].price)
    fewer = measure(SinkCase(2, 4, 1.0, 0.3, 200, 2, 5), "softmax", 4.0, "ordinary")
    np.testing.assert_array_equal(fewer.price, alike[0].price[:2])
    first, again = (fits(CASE, alike[0], 50) for _ in range(2))
    np.testing.assert_array_equal(first.error, again.error)
    assert not np.array_equal(first.error, fits(CASE, alike[0], 51).error)


def test_the_forecast_is_the_noise_over_the_rows() -> None:
    cell = measure(CASE, "relu", 1.0, "growing")
    np.testing.assert_allclose(fits(CASE, cell, 80).expected, cell.price * 0.09 / (80 * 4))


def test_on_a_hyperplane_softmax_knows_less() -> None:
    assert sink_measure.on_a_hyperplane(CASE, "softmax").max() < 1e-12
    assert sink_measure.on_a_hyperplane(CASE, "relu").min() > 1e-3


def test_softmax_is_fitted_even_where_it_is_not_compared() -> None:
    told = check(Settings(**{**SMALL, "truths": 2, "activations": ["relu", "sigmoid"]}), lambda _: None)
    assert "rate_softmax" in {verdict.key for verdict in told.verdicts}


@pytest.mark.slow
def test_on_fresh_truths_no_activation_is_best_unless_the_value_grows() -> None:
    told = check(Settings(seed=2000, truths=16, samples=1000, sizes=[250, 1000], fitted=250), lambda _: None)
    verdicts = {verdict.key: verdict.said for verdict in told.verdicts}
    assert verdicts["no_best"] == verdicts["no_best_ordinary"] == Verdict.SUPPORTED
    assert verdicts["control_one_strength"] == verdicts["control_hyperplane"] == Verdict.SUPPORTED


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"strengths": [4.0, 1.0]}, "must rise"),
        ({"strengths": [1.0, 1.0]}, "must be distinct"),
        ({"strengths": [0.5, 1.0]}, "greater than or equal to 1"),
        ({"activations": ["softmax", "softmax"]}, "must be distinct"),
        ({"activations": ["softmax", "gelu"]}, "Input should be"),
        ({"sizes": [5, 1000]}, "four rows"),
        ({"d": 20, "fitted": 100}, "four rows|at least 160"),
        ({"tokens": 2}, "greater than or equal to 3"),
    ],
)
def test_what_cannot_be_asked(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Settings(**settings)
