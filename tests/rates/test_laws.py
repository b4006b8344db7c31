"""Forms of a learning curve: each a straight line on its own axis."""

import numpy as np
import pytest

from mtam.rates.laws import EntropyBalance, Floats, Law, LogPower, PowerLaw, SubPolynomial, law

SIZES: Floats = np.asarray(2.0 ** np.arange(6, 14), dtype=np.float64)


REFERENCE = EntropyBalance((16, 100, 1000, 20000), (1.0, 0.4, 0.2, 0.15))


@pytest.mark.parametrize(
    ("form", "errors"),
    [
        (PowerLaw(), 3 * SIZES**-0.7),
        (SubPolynomial(0.5), 3 * np.exp(-0.7 * np.sqrt(np.log(SIZES)))),
        (LogPower(), 3 * np.log(SIZES) ** -0.7),
        (REFERENCE, 3 * np.exp(np.interp(np.log(SIZES), np.log(REFERENCE.sizes), np.log(REFERENCE.errors))) ** -0.7),
    ],
    ids=str,
)
def test_a_law_is_a_straight_line_on_its_axis(form: Law, errors: Floats) -> None:
    np.testing.assert_allclose(np.log(errors), np.log(3) - 0.7 * form.axis(SIZES), atol=1e-12)


def test_the_axis_rises_where_errors_fall_and_falls_with_a_reference() -> None:
    for form in (PowerLaw(), SubPolynomial(0.5), LogPower()):
        assert np.all(np.diff(form.axis(SIZES)) > 0)
    assert np.all(np.diff(REFERENCE.axis(SIZES)) < 0)


def test_theory_says_the_slope_where_it_knows_the_exponent() -> None:
    assert PowerLaw(0.8).theory_slope == LogPower(0.8).theory_slope == -0.8
    assert (PowerLaw().theory_slope, LogPower().theory_slope, SubPolynomial(0.5).theory_slope) == (None, None, None)
    assert REFERENCE.theory_slope == 1.0


def test_only_a_reference_has_a_held_slope_and_an_end() -> None:
    held = EntropyBalance(REFERENCE.sizes, REFERENCE.errors, 1.0)
    assert (held.held, held.largest, REFERENCE.held) == (1.0, 20000, None)
    for form in (PowerLaw(0.8), SubPolynomial(0.5), LogPower(1.0)):
        assert (form.held, form.largest) == (None, np.inf)


def test_a_reference_goes_through_its_points_and_straight_between_them() -> None:
    np.testing.assert_allclose(REFERENCE.axis(REFERENCE.sizes), np.log(REFERENCE.errors))
    middle = np.sqrt(REFERENCE.sizes[1] * REFERENCE.sizes[2])
    assert float(REFERENCE.axis(middle)) == pytest.approx(np.log(REFERENCE.errors[1] * REFERENCE.errors[2]) / 2)
    assert float(REFERENCE.axis(20000 * (1 + 1e-14))) == pytest.approx(np.log(0.15))  # rounding is no extrapolation


def test_names_for_tables() -> None:
    told = {str(form): form.axis_label for form in (PowerLaw(0.8), PowerLaw(), SubPolynomial(1 / 3), LogPower(3.0))}
    assert told == {
        "n^-0.8": "ln n", "n^-b": "ln n", "exp(-C (ln n)^0.333)": "(ln n)^0.333", "(ln n)^-3": "ln ln n"
    }  # fmt: skip
    assert str(EntropyBalance(REFERENCE.sizes, REFERENCE.errors, 1.0)) == "R_ref(n)^1"


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"name": "power_law", "exponent": 0.8}, PowerLaw(0.8)),
        ({"name": "power_law"}, PowerLaw()),
        ({"name": "sub_polynomial", "gamma": 0.5}, SubPolynomial(0.5)),
        ({"name": "log_power", "exponent": 3.0}, LogPower(3.0)),
        ({"name": "log_power"}, LogPower()),
        (
            {"name": "entropy_balance", "sizes": [16, 100, 1000, 20000], "errors": [1.0, 0.4, 0.2, 0.15]},
            REFERENCE,
        ),
    ],
)
def test_laws_by_name(form: dict[str, object], expected: Law) -> None:
    assert law(form) == expected


def test_an_unknown_law() -> None:
    with pytest.raises(ValueError, match="valid: power_law"):
        law({"name": "magic"})


def test_a_reference_is_not_extrapolated() -> None:
    with pytest.raises(ValueError, match="covers n = 16 to 20000"):
        REFERENCE.axis([8.0])


@pytest.mark.parametrize(
    ("sizes", "errors"),
    [((1, 2), (1.0,)), ((2, 1), (1.0, 0.5)), ((1,), (1.0,)), ((1, 2), (1.0, 0.0)), ((1, 2), (1.0, 1.0))],
)
def test_impossible_references(sizes: tuple[float, ...], errors: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="reference curve"):
        EntropyBalance(sizes, errors)
