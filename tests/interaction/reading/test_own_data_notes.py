"""Hints about tokens, and what is told of the residuals."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from mtam.interaction.reading.own_data_notes import GROUPS, hints, looks, notes
from mtam.report.tables.cell_text import cell_text

Array = npt.NDArray[np.float64]


def numbers(x: Array, **more: Any) -> dict[str, Any]:
    return {"d": x.shape[2], "converged": True, **looks(x), **more}


@pytest.mark.parametrize(("first", "turn"), [(0, 2 * np.pi), (-np.pi, 2 * np.pi), (0, 360), (-180, 360)])
def test_angles_are_recognised_in_radians_and_degrees(first: float, turn: float) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((50, 6, 2))
    x[..., 1] = first + turn * rng.random((50, 6))
    assert looks(x)["angles"] == [1]
    (hint,) = hints(numbers(x))
    assert "in coordinate 1 " in hint
    assert "cos and sin" in hint


@pytest.mark.parametrize("seed", range(20))
def test_other_tokens_are_no_angles(seed: int) -> None:
    """Gaussian coordinates of 2000 tokens often range from just above -pi to just below pi."""
    rng = np.random.default_rng(seed)
    gaussian, cube = rng.standard_normal((400, 5, 3)), np.sqrt(12) * (rng.random((400, 5, 3)) - 0.5)
    for x in (gaussian, cube, np.cos(4 * cube), 100 * gaussian):
        assert looks(x) == {"angles": [], "zero_tokens": 0.0}
        assert hints(numbers(x)) == []


def test_rows_of_zeros_are_counted_and_told() -> None:
    x = np.random.default_rng(0).standard_normal((20, 5, 2))
    x[:8, 3:] = 0
    x[:, 0, 1] = 0  # a zero in one coordinate is no row of zeros
    assert looks(x)["zero_tokens"] == pytest.approx(0.16)
    (hint,) = hints(numbers(x))
    assert hint.startswith("0.16 of the tokens are zero in every coordinate")


def test_one_coordinate_is_told_where_the_fit_did_not_converge() -> None:
    x = np.random.default_rng(0).standard_normal((20, 5, 1))
    assert hints(numbers(x)) == []
    (hint,) = hints(numbers(x, converged=False))
    assert "cos(x/L) and sin(x/L)" in hint


def test_an_older_record_has_nothing_to_tell() -> None:
    assert hints({"d": 3, "converged": True}) == []
    assert notes({"d": 3, "converged": True}) == []


def test_groups_with_structure_are_told_the_loudest_first() -> None:
    p = [1.0] * len(GROUPS)
    p[GROUPS.index("position")], p[GROUPS.index("tokens")], p[GROUPS.index("order")] = 1e-4, 1e-9, 0.01
    shares = [0.25] * len(GROUPS)
    record = {"d": 3, "converged": False, "structure_p_values": p, "structure_shares": shares}
    (table,) = notes(record)
    assert "level 0.01" in table.title
    assert table.rows == [["tokens", 1e-9, 0.25], ["position", 1e-4, 0.25]]
    forms = [table.formats.get(heading, "") for heading in table.headings]
    drawn = [[cell_text(cell, form) for cell, form in zip(row, forms, strict=True)] for row in table.rows]
    assert drawn == [["tokens", "1e-09", "0.250"], ["position", "0.0001", "0.250"]]
    assert notes(record | {"structure_p_values": [1.0] * len(GROUPS)}) == []


def test_hypotheses_on_the_model_are_a_table() -> None:
    numbers = {"d": 3, "converged": True, "rank": 2, "linear_phi_p": 0.5, "next_rank_p": 0.01}
    (table,) = notes(numbers)
    assert table.rows == [["phi is linear", 0.5], ["A has rank 2, not 3", 0.01]]
    (table,) = notes(numbers | {"next_rank_p": None})
    assert table.rows == [["phi is linear", 0.5]]
