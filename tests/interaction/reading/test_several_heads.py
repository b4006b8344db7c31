"""Tables of a sweep over heads."""

from typing import Any

import numpy as np
import pytest

from mtam.base.table import Cell, Estimate
from mtam.interaction.interaction_spec import InteractionTrial
from mtam.interaction.reading.interaction_cells import interaction_cells
from mtam.interaction.reading.several_heads import about_heads
from mtam.rates.intervals import Interval


def records(model: str = "heads_erm", lost: int = 0, power: float = 1.0) -> tuple[list[InteractionTrial], list[Any]]:
    """Four seeds of one to three heads whose error grows as H^power, twice the forecast."""
    trials, numbers = [], []
    for heads in (1, 2, 3) if model == "heads_erm" else (1,):
        for seed in range(4):
            data = {"d": 5, "rank": 1, "tokens": 3, "heads": heads}
            trials.append(InteractionTrial.model_validate(
                {"data": data, "model": {"name": model}, "n": 1000, "seed": seed}))  # fmt: skip
            spread = 1 + 0.01 * np.cos(seed)
            numbers.append({
                "error": 2e-3 * heads**power * spread, "forecast_error": 1e-3 * heads, "oracle_error": 1e-3,
                "counted_error": 1.5e-3 * heads, "counted_parameters": 10 * heads, "starts": 5, "a_cosine": 0.999,
                "search_ratio": 9.0 if seed < lost else 1.0, "head_error": 1e-3,
            })  # fmt: skip
    return trials, numbers


def tables(**settings: Any) -> dict[str, Any]:
    return {table.name: table for table in about_heads(interaction_cells(*records(**settings)))}


def slopes(table: Any) -> dict[Cell, Cell]:
    return dict(zip(table.column("of"), table.column("slope"), strict=True))


def test_the_error_stands_beside_its_law() -> None:
    found = tables(power=1.5)
    assert set(found) == {"heads", "heads_growth", "heads_found"}
    ratios = found["heads"].column("error / first order")
    assert [ratio.value for ratio in ratios] == pytest.approx([2, 2 * 2**0.5, 2 * 3**0.5], rel=0.02)
    assert found["heads"].column("parameters") == [10, 20, 30]
    growth = slopes(found["heads_growth"])
    assert isinstance(growth["error"], Interval)
    assert growth["error"].value == pytest.approx(1.5)
    assert isinstance(growth["error / first order"], Interval)
    assert growth["error / first order"].value == pytest.approx(0.5)


def test_what_the_search_loses_is_counted() -> None:
    shares = tables(lost=1)["heads_found"].column("found")
    assert [share.value for share in shares] == [0.75] * 3
    assert isinstance(tables()["heads_found"].column("starts")[0], Estimate)


def test_estimators_of_one_head_have_no_such_tables() -> None:
    assert tables(model="ips_erm") == {}
