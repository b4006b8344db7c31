"""The forecast by quadrature is the one by simulation, and says where there is none."""

from typing import Any

import pytest

from mtam.interaction.interaction_spec import InteractionData, InteractionTrial, interaction_model
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.theory.forecast import forecast
from mtam.interaction.theory.gaussian_forecast import applies, gaussian_forecast

GAUSSIAN: dict[str, Any] = {"tokens": 3, "degree": 3, "activation": "rate_hard", "token_law": "gaussian"}


def trial(samples: int, model: str = "one_step", **settings: Any) -> InteractionTrial:
    data = InteractionData.model_validate({"rank": 1, **GAUSSIAN, **settings})
    return InteractionTrial(data=data, model=interaction_model(model), n=samples)


@pytest.mark.parametrize(("d", "rank"), [(1, 1), (5, 1), (8, 2)])
def test_by_quadrature_as_by_simulation(d: int, rank: int) -> None:
    """Of first order both, up to the part of D_K, which is below 2% here, and to 64 simulated noises."""
    simulated = forecast(trial(100_000, "ips_erm", d=d, rank=rank))
    intervals = 40  # ceil(4 M^{1/5})
    exact = gaussian_forecast(trial(100_000, d=d, rank=rank), SplineSpace(3, intervals))
    assert exact.oracle == pytest.approx(simulated.oracle, rel=0.06)
    assert exact.price == pytest.approx(simulated.linear_price, rel=0.06, abs=1e-12)


def test_variance_and_price_fall_as_one_over_m_at_fixed_k() -> None:
    space = SplineSpace(3, 40)
    few, many = (gaussian_forecast(trial(n, d=30), space) for n in (10**6, 10**9))
    assert few.price == pytest.approx(1000 * many.price)
    assert few.sd == pytest.approx(1000 * many.sd)
    assert many.oracle < few.oracle < 1000 * many.oracle  # bias stays


@pytest.mark.parametrize(
    ("settings", "there"),
    [({}, True), ({"token_law": "cube"}, False), ({"activation": "tanh"}, False), ({"degree": 8}, True)],
)
def test_where_there_is_one(settings: dict[str, Any], there: bool) -> None:
    assert applies(trial(10**6, d=5, **settings)) == there
