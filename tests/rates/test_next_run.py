"""The run that tells most under a budget, of two resources."""

import numpy as np
import pytest

from mtam.rates.fitting.two_resources import Runs, fit_two_resources, predicted
from mtam.rates.next_run import gains, next_run
from tests.rates.fitting.test_two_resources import TRUTH, drawn

PRODUCT = 1e20


def test_gains_are_those_of_refitting() -> None:
    rng = np.random.default_rng(0)
    design, rows, c = rng.normal(size=(12, 4)), rng.normal(size=(3, 4)), rng.normal(size=4)
    found = gains(np.asarray(np.linalg.inv(design.T @ design), dtype=np.float64), rows, c)
    before = c @ np.linalg.inv(design.T @ design) @ c
    for gain, row in zip(found, rows, strict=True):
        more = np.vstack([design, row])
        assert gain == pytest.approx(before - c @ np.linalg.inv(more.T @ more) @ c)


def test_it_costs_the_budget_and_lowers_the_error_most() -> None:
    fit = fit_two_resources(drawn(5))
    best = next_run(fit, PRODUCT)
    assert best.first * best.second == pytest.approx(PRODUCT)
    assert best.after < best.before
    assert best.optimal == fit.optimal(PRODUCT)
    assert best.target == fit.optimal(10 * PRODUCT)

    def spread(first: float) -> float:
        """Of ln L at the target, with a run at ``first`` added."""
        runs = fit.runs.plus(first, PRODUCT / first)
        tangent = predicted(fit.theta, runs.first, runs.second)[1]
        c = predicted(fit.theta, np.array(best.target[:1]), np.array(best.target[1:]))[1][0]
        return float(fit.deviation * np.sqrt(c @ np.linalg.inv(tangent.T @ tangent) @ c))

    assert spread(best.first) == pytest.approx(best.after, rel=1e-3)
    assert all(
        spread(first) >= 0.999 * best.after for first in (best.optimal[0] / 3, best.optimal[0], 3 * best.optimal[0])
    )


@pytest.mark.slow
def test_the_standard_error_told_is_that_of_repeated_draws() -> None:
    target, values, told = (1e10, 2e11), [], []
    for key in range(60):
        fit = fit_two_resources(drawn(100 + key))
        one = next_run(fit, PRODUCT, target)
        rng = np.random.default_rng(1000 + key)
        runs = fit.runs.plus(one.first, one.second)
        middle = float(predicted(TRUTH, np.array([one.first]), np.array([one.second]))[0][0])
        errors = np.append(fit.runs.errors, np.exp(middle + 0.01 * rng.normal()))
        values.append(
            float(fit_two_resources(Runs(runs.first, runs.second, errors)).at(*map(np.atleast_1d, target))[0])
        )
        told.append(one.after)
    assert np.mean(told) == pytest.approx(np.std(values, ddof=1), rel=0.3)  # 60 draws know it to 9%: three of these


def test_a_budget_beyond_reach_is_refused() -> None:
    fit = fit_two_resources(drawn(5))
    with pytest.raises(ValueError, match="ten times the resources"):
        next_run(fit, 1e30)
