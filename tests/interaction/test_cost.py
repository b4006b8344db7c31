"""The forecast of seconds against processor seconds that were measured, and in the directions in which trials grow."""

from typing import Any

import pytest

from mtam.interaction.interaction_spec import InteractionData, InteractionTrial, interaction_model


def trial(samples: int, model: dict[str, Any], **data: Any) -> InteractionTrial:
    kind = InteractionData.model_validate({"rank": 1, **data})
    return InteractionTrial(data=kind, model=interaction_model(**model), n=samples)


@pytest.mark.parametrize(
    ("one", "measured"),
    [
        (trial(2000, {"k_rule": "cp"}, d=1, tokens=3), 0.34),
        (trial(64000, {"k_rule": "cp"}, d=1, tokens=10), 3.72),
        (trial(16000, {"k_rule": "cp"}, d=5, tokens=3), 1.06),
        (trial(64000, {"k_rule": "cp"}, d=30, tokens=3), 3.08),
        (trial(64000, {"k_rule": "cp"}, d=30, tokens=10), 7.23),
        (trial(16000, {}, d=5, tokens=3), 0.31),
    ],
)
def test_seconds_of_single_trials(one: InteractionTrial, measured: float) -> None:
    assert measured / 1.6 < one.cost() < 1.6 * measured


@pytest.mark.parametrize("name", ["ips_erm", "oracle_a", "als", "mlp", "one_step", "gradient"])
def test_more_work_costs_more(name: str) -> None:
    base = trial(4000, {"name": name}, d=5, tokens=5).cost()
    assert trial(8000, {"name": name}, d=5, tokens=5).cost() > base
    assert trial(4000, {"name": name}, d=5, tokens=10).cost() > base
    assert trial(4000, {"name": name}, d=10, tokens=5).cost() > base
    if name == "ips_erm":
        assert trial(4000, {"k_rule": "cp"}, d=5, tokens=5).cost() > base
        assert trial(4000, {}, d=5, rank=3, tokens=5).cost() > base
