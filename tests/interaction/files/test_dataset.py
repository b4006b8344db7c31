"""Files from users: three forms, and one sentence for everything that can be wrong with them."""

import io
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtam.interaction.files import dataset
from mtam.interaction.files.dataset import digest, read, validate
from tests.interaction.files.helpers import long_table, sample
from tests.interaction.pickle_bomb import Bomb

Array = npt.NDArray[np.float64]


def saved(folder: Path, **arrays: Any) -> Path:
    path = folder / "data.npz"
    np.savez(path, **arrays)
    return path


def test_an_archive_is_read(tmp_path: Path) -> None:
    x, y = sample()
    found = read(saved(tmp_path, X=x, Y=y, other=np.ones(3)))
    np.testing.assert_array_equal(found[0], x)
    np.testing.assert_array_equal(found[1], y)


@given(st.sampled_from(["<f4", ">f8", "<f2", "<i8", "u1", "?"]), st.booleans())
def test_every_type_of_real_numbers_becomes_float64(
    tmp_path_factory: pytest.TempPathFactory, kind: str, fortran: bool
) -> None:
    x, y = sample()
    x = np.asarray((40 * np.abs(x)).astype(np.uint8) % 2 if kind == "?" else 40 * np.abs(x))
    stored = np.asarray(x.astype(kind), order="F" if fortran else "C")
    found, _ = read(saved(tmp_path_factory.mktemp("types"), X=stored, Y=y))
    assert found.dtype == np.float64
    assert found.flags.c_contiguous
    np.testing.assert_array_equal(found, stored.astype(np.float64))


def test_a_pair_of_arrays_is_memory_mapped(tmp_path: Path) -> None:
    x, y = sample()
    np.save(tmp_path / "run_X.npy", x)
    np.save(tmp_path / "run_Y.npy", y)
    found, responses = read(tmp_path / "run_X.npy")
    np.testing.assert_array_equal(found, x)
    np.testing.assert_array_equal(responses, y)
    assert isinstance(found.base, np.memmap)
    assert not found.flags.writeable


def test_a_long_table_is_read_and_checked_as_arrays_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether or not a parquet engine is installed."""
    x, y = sample()
    path = tmp_path / "data.parquet"
    path.write_bytes(b"PAR1")
    monkeypatch.setattr(pd, "read_parquet", lambda _: long_table(x, y))
    found, responses = read(path)
    np.testing.assert_array_equal(found, x)
    np.testing.assert_array_equal(responses, y)
    monkeypatch.setattr(pd, "read_parquet", lambda _: long_table(x, y).assign(y=np.nan))
    with pytest.raises(ValueError, match=r"Y .* 120 NaN"):
        read(path)


def test_a_parquet_file_of_a_real_engine_is_read(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="no parquet engine: install mtam[parquet] to test reading real files")
    x, y = sample(samples=20, d=3)
    path = tmp_path / "data.parquet"
    long_table(x, y).astype({"x1": "float32", "sample": "int32"}).sample(frac=1, random_state=0).to_parquet(path)
    found, responses = read(path)
    np.testing.assert_array_equal(found, x.astype(np.float32) * [0, 1, 0] + x * [1, 0, 1])
    np.testing.assert_array_equal(responses, y)
    assert digest(path) != digest(saved(tmp_path, X=x, Y=y))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ValueError, match="not a readable parquet table"):
        read(path)


def place(array: npt.NDArray[Any], index: Any, value: Any) -> npt.NDArray[Any]:
    changed = array.copy()
    changed[index] = value
    return changed


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda x, y: (place(x, (7, 1, 0), np.nan), y), r"X in .* has 1 NaN entries, the first at index \(7, 1, 0\)"),
        (lambda x, y: (place(x, (7, 1, 0), -np.inf), y), "X in .* 1 infinite"),
        (lambda x, y: (x, place(y, (3, 2), np.inf)), r"Y in .* 1 infinite entries, the first at index \(3, 2\)"),
        (lambda x, y: (x[0], y), r"X in .* shape \(3, 2\); valid: \(M, N, d\)"),
        (lambda x, y: (x, y[:-1]), r"Y in .* shape \(39, 3\); valid .* \(40, 3\)"),
        (lambda x, y: (x, y.ravel()), r"Y in .* shape \(120,\)"),
        (lambda x, y: (x.astype(complex), y), "X in .* complex"),
        (lambda x, y: (x.astype(str), y), "X in .* type <U32"),
        (lambda x, y: (x, y.astype("datetime64[s]")), "Y in .* type datetime64"),
        (lambda x, y: (x[:, :1], y[:, :1]), "N = 1 tokens"),
        (lambda x, y: (x[:, :, :0], y), "d = 0 coordinates"),
        (lambda x, y: (x[:9], y[:9]), "too few samples: 9 of 3 tokens.*at least 10"),
        (lambda x, y: (np.repeat(x, 20, axis=2), y), "too few samples: 40 .* 78 parameters.*at least 52"),
        (lambda x, y: (place(x, (slice(None), slice(None), 1), 4.0), y), "coordinate 1 of the tokens is constant"),
        (lambda x, y: (np.ones_like(x), y), "all tokens are equal"),
        (lambda x, y: (np.concatenate([x, x.sum(axis=2, keepdims=True)], axis=2), y), "depend linearly"),
        (lambda x, y: (x * 1e150, y), "magnitudes"),
        (lambda x, y: (x, np.full_like(y, 2.5)), r"Y in .* constant \(2\.5\)"),
        (lambda x, y: (x, y * 1e-200), "rescale"),
        (lambda x, y: (x, y * 1e90), "range of .*e.90; valid: 1e-60 to 1e60"),
        (lambda x, y: (x, np.sign(y) * 1.7e308), "range of inf"),
        (lambda x, y: (x, y + 1e12), "too few of its digits vary"),
        (lambda x, y: (x + 1e5, y), "coordinate [01] of the tokens lies 1e.05 standard deviations from zero"),
        (lambda x, y: (np.repeat(x[:1], 40, axis=0), np.repeat(y[:1], 40, axis=0)), "only 1 distinct one, "),
        (lambda x, y: (np.tile(x[:4], (10, 1, 1)), np.tile(y[:4], (10, 1))), "only 4 distinct ones.*at least 10"),
        (lambda x, y: (place(x, (slice(None), slice(1, None)), 0.0), y), "no sample in which more than one token"),
        (lambda x, y: (x.astype(object), y), "X in .*(objects|type object)"),
        (lambda x, y: (x * np.array([1e-200, 1.0]), y), "magnitudes"),
        (lambda _, y: (np.float64(3.0), y), r"X in .* shape \(\)"),
    ],
)
def test_data_that_cannot_be_learned_from_get_one_sentence(
    tmp_path: Path, change: Callable[[Any, Any], tuple[Any, Any]], says: str
) -> None:
    x, y = change(*sample())
    path = saved(tmp_path, X=x, Y=y)
    with pytest.raises(ValueError, match=says) as told:
        read(path)
    assert "\n" not in str(told.value)
    with pytest.raises(ValueError, match=says):
        validate(x, y, "data.npz")


def members(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, content in parts.items():
            file.writestr(name.replace("_", "."), content)
    return buffer.getvalue()


def stored(array: npt.NDArray[Any], *, pickled: bool = False) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=pickled)
    return buffer.getvalue()


BOMBS = np.array([[Bomb()]], dtype=object)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not a readable npz"),
        (b"PK\x03\x04 and no more", "not a readable npz"),
        (pickle.dumps(Bomb()), "not a readable npz"),
        (stored(np.ones((4, 3, 2))), "a single array"),
        (members(x_npy=stored(np.ones(3)), Z_npy=stored(np.ones(3))), "no array X and no array Y; found: Z, x"),
        (members(), "found: nothing"),
        (members(X_npy=stored(BOMBS, pickled=True), Y_npy=stored(np.ones(3))), "X in .* Python objects"),
        (members(X_npy=pickle.dumps(Bomb()), Y_npy=stored(np.ones(3))), "X in .*npz is not stored as an array"),
        (members(X_npy=stored(np.ones(9))[:-8], Y_npy=stored(np.ones(3))), "X in .*cannot be read"),
        (members(X=b"abc", Y_npy=stored(np.ones(3))), "not stored as an array"),
    ],
)
def test_broken_and_malicious_archives(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "data.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=says) as told:
        read(path)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "cannot be read"),
        (pickle.dumps(Bomb()), "Python objects"),
        (stored(BOMBS, pickled=True), "Python objects"),
        (stored(np.ones((40, 3, 2)))[:-16], "cannot be read"),
        (stored(np.ones(3)).replace(b"(3,)", b"(3, "), "cannot be read"),
        (members(X_npy=stored(np.ones(3))), "archive under the name of an array"),
    ],
)
def test_broken_and_malicious_arrays(tmp_path: Path, content: bytes, says: str) -> None:
    x, y = sample()
    for bad, good, array in (("X", "Y", y), ("Y", "X", x)):
        (tmp_path / f"a_{bad}.npy").write_bytes(content)
        np.save(tmp_path / f"a_{good}.npy", array)
        with pytest.raises(ValueError, match=rf"a_{bad}\.npy.*{says}"):
            read(tmp_path / "a_X.npy")


@given(st.sampled_from(["a.npz", "a_X.npy"]), st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=4))
def test_damage_is_a_sentence_or_data(
    tmp_path_factory: pytest.TempPathFactory, name: str, damage: list[tuple[int, int]]
) -> None:
    x, y = sample()
    folder = tmp_path_factory.mktemp("damaged")
    np.savez(folder / "a.npz", X=x, Y=y)
    np.save(folder / "a_X.npy", x)
    np.save(folder / "a_Y.npy", y)
    content = bytearray((folder / name).read_bytes())
    for place, value in damage:
        content[place] = value
    (folder / name).write_bytes(content)
    sentence = ""
    try:
        x, _ = read(folder / name)
    except ValueError as error:
        sentence = str(error)
    assert "\n" not in sentence
    assert np.isfinite(x).all()


@pytest.mark.parametrize("call", [read, digest])
def test_paths_that_lead_nowhere(tmp_path: Path, call: Callable[[Path], object]) -> None:
    np.save(tmp_path / "a_X.npy", np.ones(3))
    for name, says in (
        ("none.npz", "no such file"),
        ("data.csv", "no known ending"),
        ("data", "no known ending"),
        ("a.npy", r"not named FILE_X\.npy"),
        ("a_Y.npy", r"not named FILE_X\.npy"),
        ("a_X.npy", r"a_Y\.npy: there is no such file"),
        ("", "is a folder"),
    ):
        with pytest.raises(ValueError, match=says):
            call(tmp_path / name)


def test_digest_follows_the_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = sample()
    one, moved = saved(tmp_path, X=x, Y=y), tmp_path / "moved.npz"
    moved.write_bytes(one.read_bytes())
    whole = digest(one)
    monkeypatch.setattr(dataset, "CHUNK", 7)
    assert digest(moved) == whole
    assert digest(saved(tmp_path, X=x, Y=-y)) != whole
    np.save(tmp_path / "a_X.npy", x)
    np.save(tmp_path / "a_Y.npy", y)
    pair = digest(tmp_path / "a_X.npy")
    np.save(tmp_path / "a_Y.npy", -y)
    assert digest(tmp_path / "a_X.npy") != pair
