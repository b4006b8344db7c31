"""Weights, groups and missing tokens: what is read, what is refused, in one sentence."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from mtam.interaction.files import dataset, own_samples
from mtam.interaction.files.own_samples import arrange
from tests.interaction.files.helpers import sample

Array = npt.NDArray[np.float64]


def test_what_says_nothing_is_no_layout() -> None:
    x, y = sample()
    for extras in ({}, {"weights": np.full(40, 3.0)}, {"mask": np.ones((40, 3))}, {"weights": None}):
        found = arrange(x, y, extras)
        assert found.layout is None
        np.testing.assert_array_equal(found.x, x)
        np.testing.assert_array_equal(found.y, y)


def test_tokens_are_missing_by_a_mask_or_by_nan() -> None:
    x, y = sample()
    there = np.random.default_rng(1).random((40, 3)) < 0.8
    there[:, :2] |= there.sum(axis=1, keepdims=True) < 2
    marked = np.where(there[..., None], x, np.nan)
    by_nan, by_mask = arrange(marked, np.where(there, y, np.nan), {}), arrange(x, y, {"mask": there})
    for found in (by_nan, by_mask):
        assert found.layout is not None
        np.testing.assert_array_equal(found.layout.there, there)
        assert found.rows == there.sum()
        assert len(found.tokens_there) == there.sum()
    np.testing.assert_array_equal(by_nan.x, by_mask.x)
    np.testing.assert_array_equal(by_nan.y, by_mask.y)


def test_samples_without_a_response_are_left_out() -> None:
    x, y = sample()
    weights = np.ones((40, 3))
    weights[5], weights[7, 1] = 0, 0
    y[5], y[7, 1] = np.nan, np.inf
    found = arrange(x, y, {"weights": weights, "groups": [f"g{m // 2}" for m in range(40)]})
    assert found.x.shape == (39, 3, 2)
    assert found.rows == 39 * 3 - 1
    assert found.layout is not None
    assert found.layout.groups is not None
    assert len(set(found.layout.groups.tolist())) == 20
    assert arrange(*sample(), {}, "earlier").rows == 80  # the first token has no token before it


@pytest.mark.parametrize(
    ("extras", "says"),
    [
        ({"weights": np.ones(7)}, r"weights in the data have shape \(7,\); valid: \(40,\) or \(40, 3\)"),
        ({"weights": np.r_[-1.0, np.ones(39)]}, r"weights in the data are negative, the first at index \(0,\)"),
        ({"weights": np.r_[np.nan, np.ones(39)]}, "weights in the data has 1 NaN"),
        ({"weights": np.zeros(40)}, "all zero"),
        ({"weights": np.r_[np.ones(9), np.zeros(31)]}, "9 samples with 27 responses that count"),
        ({"weights": np.array(["a"] * 40)}, "type <U1"),
        ({"groups": np.ones(7)}, r"groups in the data have shape \(7,\); valid: \(40,\)"),
        ({"groups": np.arange(40) % 4}, "groups in the data have 4 different labels; valid: at least 10"),
        ({"groups": np.r_[np.nan, np.ones(39)]}, "NaN or infinite"),
        ({"groups": np.ones(40, dtype=complex)}, "type complex128"),
        ({"mask": np.ones((40, 2))}, r"the mask of X in the data has shape \(40, 2\)"),
        ({"mask": np.full((40, 3), 0.5)}, "other numbers than 0 and 1"),
        ({"mask": np.zeros((40, 3))}, "every token of X in the data is missing"),
        ({"mask": np.eye(3)[np.arange(40) % 3]}, "0 samples with 0 responses"),
    ],
)
def test_refusals(extras: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says) as told:
        arrange(*sample(), extras)
    assert "\n" not in str(told.value)


def test_what_is_not_missing_has_to_be_finite() -> None:
    x, y = sample()
    x[3, 1, 0] = np.nan
    x[4, 1] = np.nan
    with pytest.raises(ValueError, match=r"X in the data has 1 NaN entries, the first at index \(3, 1, 0\)"):
        arrange(x, y, {})
    y[0, 0] = np.nan
    x[3, 1, 0] = 0
    with pytest.raises(ValueError, match=r"Y in the data has 1 NaN entries, the first at index \(0, 0\)"):
        arrange(x, y, {})


def test_an_archive_may_have_them(tmp_path: Path) -> None:
    x, y = sample()
    weights, groups = np.arange(40.0) + 1, np.arange(40) // 2
    np.savez(tmp_path / "a.npz", X=x, Y=y, weights=weights, groups=groups, other=1)
    found, names = own_samples.read(tmp_path / "a.npz")
    assert names == ["groups", "weights"]
    assert found.layout is not None
    np.testing.assert_allclose(found.layout.weights[:, 0], weights / weights.mean())
    again, none = own_samples.read(_plain(tmp_path, x, y))
    assert (again.layout, none) == (None, [])
    np.testing.assert_array_equal(dataset.read(tmp_path / "a.npz")[0], x)  # whoever asks for X and Y alone gets them


def _plain(folder: Path, x: Array, y: Array) -> Path:
    np.savez(folder / "b.npz", X=x, Y=y)
    return folder / "b.npz"
