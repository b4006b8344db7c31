"""A fitted interaction: what it computes, what it refuses, and that it survives the disk."""

import io
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mtam.interaction.model.pair_kernels_reference import off_diagonal_mean
from mtam.interaction.own_data.fitted_interaction import Band, FittedInteraction, from_record, load_interaction
from tests.interaction.pickle_bomb import Bomb

Array = npt.NDArray[np.float64]

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


def example(d: int = 3, degree: int = 3, intervals: int = 5, *, band: bool = True) -> FittedInteraction:
    rng = np.random.default_rng(d)
    grid = np.linspace(-1, 1, 9)
    edge = Band(grid, grid - 0.1, grid + 0.1) if band else None
    matrix, coefficients = rng.standard_normal((d, d)), rng.standard_normal(intervals + degree)
    return FittedInteraction(matrix, coefficients, degree, intervals, edge)


def same(one: FittedInteraction, two: FittedInteraction) -> None:
    np.testing.assert_array_equal(one.matrix, two.matrix)
    np.testing.assert_array_equal(one.coefficients, two.coefficients)
    assert (one.degree, one.intervals, one.band is None) == (two.degree, two.intervals, two.band is None)
    if one.band is not None and two.band is not None:
        for name in ("grid", "low", "high"):
            np.testing.assert_array_equal(getattr(one.band, name), getattr(two.band, name))


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_predict_is_the_mean_over_the_other_tokens(kind: type) -> None:
    fitted = example()
    x = np.random.default_rng(0).standard_normal((1500, 4, 3)).astype(kind) / 2  # more rows than one block
    wide = x.astype(np.float64)
    u = wide @ fitted.matrix @ wide.transpose(0, 2, 1)
    expected = off_diagonal_mean(fitted.phi(u)).reshape(1500, 4)
    np.testing.assert_allclose(fitted.predict(x), expected, atol=1e-12)
    pairs = fitted.g(x[:, 0], x[:, 1])
    np.testing.assert_allclose(pairs, fitted.phi(u[:, 0, 1]), atol=1e-12)


def test_a_constant_activation_predicts_that_constant() -> None:
    """B-splines sum to one."""
    fitted = FittedInteraction(np.eye(2), np.full(8, 1.5), 3, 5)
    np.testing.assert_allclose(fitted.predict(np.random.default_rng(0).standard_normal((7, 3, 2))), 1.5)


def test_no_samples_no_predictions() -> None:
    assert example().predict(np.empty((0, 4, 3))).shape == (0, 4)


@pytest.mark.bits
def test_read_only_and_strided_tokens_are_predicted() -> None:
    x = np.random.default_rng(0).standard_normal((10, 4, 3))
    frozen = x.copy()
    frozen.flags.writeable = False
    np.testing.assert_array_equal(example().predict(frozen), example().predict(x))
    np.testing.assert_allclose(example().predict(x[::2]), example().predict(x)[::2], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda f: f.predict(np.ones((5, 3))), r"X has shape \(5, 3\); valid: \(M, N, 3\)"),
        (lambda f: f.predict(np.ones((5, 4, 2))), r"valid: \(M, N, 3\)"),
        (lambda f: f.predict(np.ones((5, 1, 3))), "N >= 2"),
        (lambda f: f.predict(np.full((5, 4, 3), np.nan)), "every token of X is missing"),
        (lambda f: f.predict([[[1, np.nan, 1], [1, 1, 1]]]), r"1 NaN entries, the first at index \(0, 0, 1\)"),
        (lambda f: f.predict(np.ones((5, 4, 3)), np.ones((5, 3))), r"the mask of X has shape \(5, 3\)"),
        (lambda f: f.predict(np.ones((5, 4, 3)), np.full((5, 4), 2)), "other numbers than 0 and 1"),
        (lambda f: f.predict(np.ones((5, 4, 3), dtype=complex)), "complex"),
        (lambda f: f.predict(np.full((5, 4, 3), "a")), "type <U1"),
        (lambda f: f.predict([[1, 2], [3]]), "not an array of numbers"),
        (lambda f: f.g(np.ones((5, 3)), np.ones((4, 3))), "y has shape"),
        (lambda f: f.g(np.ones(3), np.ones(3)), r"valid: \(pairs, 3\)"),
        (lambda f: f.phi([0.0, np.inf]), "infinite"),
        (lambda f: f.phi(np.array([None])), "type object"),
    ],
)
def test_wrong_input_is_one_sentence(call: Callable[[FittedInteraction], Any], says: str) -> None:
    with pytest.raises(ValueError, match=says) as told:
        call(example())
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"matrix": np.ones((2, 3))}, r"\(d, d\)"),
        ({"coefficients": np.ones(4)}, r"\(8,\)"),
        ({"coefficients": np.full(8, np.nan)}, "NaN"),
        ({"degree": 0}, "degree >= 1"),
        ({"band": Band(np.ones(3), np.ones(2), np.ones(3))}, "band"),
    ],
)
def test_parts_have_to_fit_together(change: dict[str, Any], says: str) -> None:
    parts: dict[str, Any] = {"matrix": np.eye(3), "coefficients": np.ones(8), "degree": 3, "intervals": 5, **change}
    with pytest.raises(ValueError, match=says):
        FittedInteraction(**parts)


@given(st.data(), st.integers(1, 5), st.integers(1, 9), st.integers(1, 7), st.booleans())
def test_saved_and_loaded_is_the_same(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, d: int, degree: int, intervals: int, banded: bool
) -> None:
    path = tmp_path_factory.mktemp("saved") / "model.npz"
    matrix = data.draw(hnp.arrays(np.float64, (d, d), elements=NUMBERS))
    coefficients = data.draw(hnp.arrays(np.float64, intervals + degree, elements=NUMBERS))
    edges = data.draw(hnp.arrays(np.float64, (3, 4), elements=NUMBERS))
    fitted = FittedInteraction(matrix, coefficients, degree, intervals, Band(*edges) if banded else None)
    fitted.save(path)
    same(load_interaction(path), fitted)
    first = path.read_bytes()
    load_interaction(path).save(path)
    assert path.read_bytes() == first
    assert [one.name for one in path.parent.iterdir()] == ["model.npz"]


def test_a_record_gives_the_interaction_back() -> None:
    fitted = example()
    assert fitted.band is not None
    found = {
        "d": 3, "spline_degree": 3, "intervals": 5, "matrix": fitted.matrix.ravel().tolist(),
        "coefficients": fitted.coefficients.tolist(), "phi_grid": fitted.band.grid.tolist(),
        "band_low": fitted.band.low.tolist(), "band_high": fitted.band.high.tolist(),
    }  # fmt: skip
    same(from_record(found), fitted)


def archive(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def members(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, content in parts.items():
            file.writestr(f"{name}.npy", content)
    return buffer.getvalue()


GOOD: dict[str, Any] = {"format": "mtam interaction 1", "matrix": np.eye(3), "degree": 3, "intervals": 5}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a zip",
        pickle.dumps(Bomb()),
        members(format=pickle.dumps(Bomb())),
        archive(format=np.array([Bomb()], dtype=object)),
        archive(X=np.ones(3)),
        archive(format="another", **{k: v for k, v in GOOD.items() if k != "format"}),
        archive(**GOOD),
        archive(**GOOD, coefficients=np.ones(4)),
        archive(**GOOD, coefficients=np.full(8, np.inf)),
        archive(**GOOD, coefficients=np.full(8, "a")),
        archive(**GOOD, coefficients=np.array([Bomb()] * 8, dtype=object)),
        archive(**{**GOOD, "degree": [1, 2]}, coefficients=np.ones(8)),
        archive(**GOOD, coefficients=np.ones(8), band_grid=np.ones(3)),
        archive(**GOOD, coefficients=np.ones(8))[:-40],
    ],
)
def test_files_of_others_are_refused_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"model\.npz is (not an|a damaged) interaction") as told:
        load_interaction(path)
    assert "\n" not in str(told.value)


def test_a_lone_array_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", np.ones(3))
    with pytest.raises(ValueError, match="not an interaction"):
        load_interaction(tmp_path / "one.npy")
    with pytest.raises(ValueError, match="no such file"):
        load_interaction(tmp_path / "none.npz")
    with pytest.raises(ValueError, match="no such file"):
        load_interaction(tmp_path)
