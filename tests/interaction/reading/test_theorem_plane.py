"""The map of where the price of A dominates."""

import numpy as np
import pytest

from mtam.interaction.interaction_spec import InteractionData, InteractionTrial
from mtam.interaction.reading.theorem_plane import plane

SIZES, DIMENSIONS = (1000, 4000), (2, 4, 8, 16)


def trials(dimensions: tuple[int, ...] = DIMENSIONS, **data: object) -> list[InteractionTrial]:
    return [
        InteractionTrial(data=InteractionData.model_validate({"d": d, "rank": 1, **data}), n=n, seed=seed)
        for d in dimensions
        for n in SIZES
        for seed in (0, 1)
    ]


def test_shares_are_ratios_of_means_over_seeds() -> None:
    records = [{"error": 1.0 + t.seed, "parametric_error": t.data.d / 16 * (1 - 0.5 * t.seed)} for t in trials()]
    found = plane(trials(), records)
    assert found is not None
    assert found["ys"] == [2, 4, 8, 16]
    assert found["xs"] == [1000, 4000]
    np.testing.assert_allclose(found["values"], np.array([[2, 2], [4, 4], [8, 8], [16, 16]]) / 16 * 0.75 / 1.5)


@pytest.mark.parametrize("degree", [3, 8])
def test_the_border_is_the_theorems_condition(degree: int) -> None:
    found = plane(trials(degree=degree), [{"error": 1.0, "parametric_error": 0.5}] * 16)
    assert found is not None
    for n, border in zip(found["border_xs"], found["border_ys"], strict=True):
        inside = InteractionTrial(data=InteractionData(d=1, rank=1, degree=degree), n=round(n))
        assert inside.inside_theorem() == (border >= 1)
        d = round(border) + 1
        outside = InteractionTrial(data=InteractionData(d=d, rank=1, degree=degree), n=round(n))
        assert not outside.inside_theorem()


def test_no_plane_without_enough_of_it() -> None:
    few = trials((2, 4, 8))
    assert plane(few, [{"error": 1.0, "parametric_error": 0.5}] * len(few)) is None
    assert plane(trials(), [{"error": 1.0}] * 16) is None
    mixed = [*trials(), *trials(noise=0.1)]
    assert plane(mixed, [{"error": 1.0, "parametric_error": 0.5}] * len(mixed)) is None
