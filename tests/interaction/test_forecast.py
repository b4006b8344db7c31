"""The forecast against the classical case that can be computed by hand, and against its own limits."""

import numpy as np
import pytest

from mtam.interaction import forecast as module
from mtam.interaction.forecast import forecast
from mtam.interaction.spec import InteractionData, InteractionModel, InteractionTrial


def trial(m: int, **data: object) -> InteractionTrial:
    defaults: dict[str, object] = {"d": 3, "rank": 1, "tokens": 3, "activation": "bspline"}
    settings = InteractionData.model_validate(defaults | data)
    return InteractionTrial(data=settings, model=InteractionModel(), n=m, seed=0)


def test_two_tokens_cost_one_unit_per_parameter() -> None:
    """For N = 2 features and pairs have the same law, so both traces count parameters: c0 = c1 = 1."""
    task = trial(4000, tokens=2)
    levels = module._levels(task.data, 0, 3)
    for level in levels:
        assert level.spline == pytest.approx(level.intervals + 3, rel=0.05)
        assert level.joint - level.spline == pytest.approx(task.parameters(), rel=0.1)


def test_the_variance_falls_like_one_over_m_once_bias_is_gone() -> None:
    few, many = forecast(trial(10**6)), forecast(trial(4 * 10**6))
    assert few.total / many.total == pytest.approx(4, rel=0.1)
    assert few.oracle < few.total


def test_in_one_dimension_nothing_is_paid_for_a() -> None:
    found = forecast(trial(4000, d=1))
    assert found.total == pytest.approx(found.oracle)


def test_a_rough_truth_wants_more_intervals_as_m_grows() -> None:
    chosen = [forecast(trial(m, activation="rate_hard")).intervals for m in (10**3, 10**5, 10**7)]
    assert chosen == sorted(chosen)
    assert chosen[0] < chosen[-1]


def test_the_rough_truth_falls_at_the_minimax_rate() -> None:
    """min over K of K^{-2 beta} + K/M falls as M^{-2 beta/(2 beta + 1)} = M^{-0.8} at beta = 2."""
    sizes = 10.0 ** np.arange(4, 8)
    risks = [forecast(trial(int(m), d=1, activation="rate_hard")).total for m in sizes]
    slope = np.polyfit(np.log(sizes), np.log(risks), 1)[0]
    assert slope == pytest.approx(-0.8, abs=0.06)
