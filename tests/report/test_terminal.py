"""Numbers as a person reads them."""

import pytest

from mtam.report import terminal
from mtam.report.format import number


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5, "0.5"), (0.00123456, "0.00123"), (0.000123456, "1.23e-04"), (123456.0, "1.23e+05"), (0.0, "0")],
)
def test_three_digits(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_no_number_is_a_dash(value: float | None) -> None:
    assert number(value) == "-"


@pytest.mark.parametrize(("rank", "told"), [(2, True), (3, False)])
def test_an_angle_is_told_where_singular_vectors_have_a_space_to_leave(rank: int, told: bool) -> None:
    fit = {"d": 3, "tokens": 4, "samples": 100, "rank": rank, "seed": 0, "angle_se": 0.02, "converged": True}
    rows = [row[0] for row in terminal.fit_table(fit).rows]
    assert ("angle of A" in rows) == told
