"""Numbers as a person reads them."""

import pytest

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
