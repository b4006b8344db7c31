"""What arrays from outside must be before mathematics sees them."""

import re
from typing import Any

import numpy as np
import pytest

from mtam.interaction.files import validate_arrays
from mtam.interaction.files.validate_arrays import blocks, finite, numbers


@pytest.mark.parametrize("kind", ["f4", ">f8", "f2", "i8", "u1", "?"])
def test_real_numbers_of_every_type_become_float64(kind: str) -> None:
    given = np.array([[0, 1], [1, 0]]).astype(kind)
    found = numbers(np.asfortranarray(given), "X")
    assert found.dtype == np.float64
    assert found.flags.c_contiguous
    np.testing.assert_array_equal(found, given.astype(float))


def test_what_is_float64_already_is_not_copied() -> None:
    given = np.ones((3, 2))
    assert numbers(given, "X") is given


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (np.ones(2, complex), "X holds complex numbers (complex128); valid: real numbers"),
        (np.array(["1"]), "X holds entries of type <U1; valid: real numbers"),
        (np.array([None]), "type object"),
        (np.array(["2020-01-01"], "M8[D]"), "type datetime64[D]"),
        ([[1], [1, 2]], "X is not an array of numbers"),
    ],
)
def test_everything_else_is_one_sentence(value: Any, says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)) as told:
        numbers(value, "X")
    assert "\n" not in str(told.value)


def test_numbers_beyond_float64_are_infinite_and_told_as_such() -> None:
    large = numbers(np.array([np.longdouble("1e400"), 1.0]), "X")
    with pytest.raises(ValueError, match=r"X has 1 infinite entries, the first at index \(0,\)"):
        finite(large, "X")


def test_blocks_are_the_array_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validate_arrays, "BLOCK", 7)
    array = np.arange(33.0).reshape(11, 3)
    parts = list(blocks(array))
    assert [len(part) for part in parts] == [2] * 5 + [1]
    np.testing.assert_array_equal(np.concatenate(parts), array)
    assert all(part.base is not None for part in parts)  # views: what is memory-mapped stays on disk


@pytest.mark.parametrize("block", [1, 2**20])
def test_the_first_bad_entry_is_named_and_all_are_counted(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validate_arrays, "BLOCK", block)
    array = np.zeros((5, 2, 3))
    finite(array, "X")
    array[2, 1, 0] = np.inf
    array[4] = np.nan
    array[3, 0, 0] = -np.inf
    with pytest.raises(ValueError, match=r"X has 6 NaN and 2 infinite entries, the first at index \(2, 1, 0\); valid"):
        finite(array, "X")


def test_an_empty_array_is_finite() -> None:
    finite(np.empty((0, 3)), "X")
