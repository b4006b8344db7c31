"""One trial with several heads in, one JSON-safe dict out."""

import json
from typing import Any

import pytest

from mtam.interaction.heads.run_heads import run
from mtam.interaction.interaction_record_shape import InteractionShape
from mtam.interaction.interaction_spec import InteractionTrial

DATA = {"d": 3, "tokens": 4, "rank": 1, "heads": 2}


def once(model: dict[str, Any], n: int = 1500, **data: Any) -> dict[str, Any]:
    trial = InteractionTrial.model_validate({"data": DATA | data, "n": n, "model": {"name": "heads_erm", **model}})
    return run([trial], device="cpu", tick=lambda _: None)[0]


def test_two_heads_are_fitted_and_held_against_their_law() -> None:
    result = once({"intervals": 6})
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    InteractionShape.model_validate(result)
    assert result["counted_parameters"] == 2 * (9 - 1 + 4) + 1
    assert result["parameters"] == 8
    assert result["search_ratio"] == pytest.approx(1, abs=0.1)
    assert 0.4 < result["error"] / result["forecast_error"] < 2.5
    assert result["oracle_error"] < result["error"]
    assert result["a_cosine"] > 0.95
    assert result["head_error"] < 2 * result["error"]


@pytest.mark.slow
def test_one_head_on_the_data_of_two_keeps_an_error() -> None:
    """Negative control: nothing stands beside it, and it does not converge."""
    few, many = (once({"heads": 1, "max_starts": 5, "intervals": 6}, n) for n in (1000, 4000))
    assert min(few["error"], many["error"]) > 0.1
    assert many["error"] > 0.5 * few["error"]
    assert "forecast_error" not in many
    assert "search_ratio" not in many
    assert not many["converged"]


@pytest.mark.bits
def test_equal_trials_give_equal_numbers() -> None:
    timeless = [{k: v for k, v in once({"intervals": 6}, 600).items() if "seconds" not in k} for _ in range(2)]
    assert timeless[0] == timeless[1]
