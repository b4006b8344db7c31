"""Whatever lies under the name of own data: numbers or one sentence, in time and without a trace."""

import contextlib
import io
import os
import pickle
import struct
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtam.interaction.files import dataset, long_table
from mtam.interaction.files.dataset import digest, read
from tests.conftest import Mtam
from tests.interaction.pickle_bomb import Bomb

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((20, 3, 2)), RNG.standard_normal((20, 3))


def npy(array: npt.NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def packed(members: dict[str, bytes], how: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", how) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def promising(shape: tuple[int, ...], content: bytes = b"\0" * 64) -> bytes:
    """An array whose header promises more than there is."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "<f8", "fortran_order": False, "shape": shape})
    return buffer.getvalue() + content


GOOD = {
    "stored.npz": packed({"X.npy": npy(X), "Y.npy": npy(Y)}),
    "deflated.npz": packed({"X.npy": npy(X), "Y.npy": npy(Y)}, zipfile.ZIP_DEFLATED),
    "a_X.npy": npy(X),
}


def one_sentence(text: str) -> str:
    assert text
    assert "\n" not in text
    return text


def says(folder: Path, name: str, content: bytes) -> str:
    """The sentence about the file, or nothing where it holds numbers; anything but a ValueError passes through."""
    (folder / "a_Y.npy").write_bytes(npy(Y))
    (folder / name).write_bytes(content)
    try:
        x, y = read(folder / name)
    except ValueError as error:
        return one_sentence(str(error))
    assert x.shape[:2] == y.shape
    assert np.isfinite(x).all()
    assert np.isfinite(y).all()
    return ""


@st.composite
def damage(draw: st.DrawFn) -> tuple[str, bytes]:
    """A valid file, then cut, overwritten, lengthened or patched together with itself."""
    name = draw(st.sampled_from(sorted(GOOD)))
    content = bytearray(GOOD[name])
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.one_of(st.integers(0, 140), st.integers(0, len(content))))
        kind = draw(st.sampled_from(["cut", "byte", "insert", "number", "repeat"]))
        if kind == "cut":
            content = content[:place]
        elif kind == "byte":
            content[place : place + 1] = draw(st.binary(min_size=1, max_size=1))
        elif kind == "insert":
            content[place:place] = draw(st.binary(max_size=8))
        elif kind == "number":  # sizes and offsets of an archive are such
            content[place : place + 4] = struct.pack("<I", draw(st.sampled_from([0, 1, 2**31 - 1, 2**31, 2**32 - 1])))
        else:
            content += content[place:]
    return name, bytes(content)


@given(damage())
def test_damaged_files_are_numbers_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, found: tuple[str, bytes]
) -> None:
    says(tmp_path_factory.mktemp("damaged"), *found)


SHAPES = st.lists(st.integers(0, 12), max_size=4).map(tuple)
TYPES = st.sampled_from(["f8", "f4", "f2", ">f8", "g", "i1", "u8", "?", "c16", "U3", "S2", "M8[s]", "m8[s]", "O", "V4"])


@given(SHAPES, TYPES, SHAPES, TYPES, st.booleans(), st.sampled_from(["XY", "X", "Y", "xy", "XYZ", ""]))
def test_any_shapes_types_and_names_are_numbers_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, one: Any, of: str, other: Any, what: str, fortran: bool, names: str
) -> None:
    arrays = []
    for shape, kind in ((one, of), (other, what)):
        numbers = np.random.default_rng(1).integers(0, 90, shape)
        with np.errstate(all="ignore"):
            array = numbers.astype("i8").astype(kind) if kind != "V4" else np.zeros(shape, "V4")
        arrays.append(np.asfortranarray(array) if fortran else array)
    buffer = io.BytesIO()
    found: Any = dict(zip(names, [*arrays, arrays[0]], strict=False))
    np.savez(buffer, **found)
    told = says(tmp_path_factory.mktemp("any"), "a.npz", buffer.getvalue())
    assert told or (of in "f8 f4 f2 >f8 g i1 u8 ?" and "X" in names and "Y" in names)


@given(st.data())
def test_long_tables_with_damaged_columns_are_numbers_or_a_sentence(data: st.DataObject) -> None:
    """What a parquet engine may hand over, whatever the engine."""
    samples, tokens = 12, 2
    frame = pd.DataFrame(
        {"sample": np.repeat(range(samples), tokens), "token": np.tile(range(tokens), samples)}
        | {name: np.random.default_rng(2).standard_normal(24) for name in ("x0", "x1", "y")}
    )
    for _ in range(data.draw(st.integers(1, 3))):
        name = data.draw(st.sampled_from([str(column) for column in frame.columns]))
        kind = data.draw(st.sampled_from(["drop", "rename", "text", "object", "missing", "rows", "label", "twice"]))
        if kind == "drop" and len(frame.columns) > 1:
            frame = frame.drop(columns=name)
        elif kind == "rename":
            frame = frame.rename(columns={name: data.draw(st.sampled_from(["x2", "x", "Y", "x01", "x²", ""]))})
        elif kind in ("text", "object"):
            frame[name] = "a" if kind == "text" else [[1]] * len(frame)  # also of a column that is there twice
        elif kind == "missing":
            frame[name] = [None if row == 5 else "b" if row == 6 else row for row in range(len(frame))]
        elif kind == "rows":
            frame = frame.iloc[: data.draw(st.integers(0, 23))]
        elif kind == "label":
            frame[name] = data.draw(st.sampled_from([0, -1, 2**62, np.nan]))
        else:
            frame = pd.concat([frame, frame[[name]]], axis=1)
    told = ""
    try:
        x, y = dataset.validate(*long_table.wide(frame, Path("a.parquet")), "a.parquet")
    except ValueError as error:
        told = str(error)
    assert "\n" not in told
    assert "a.parquet" in told if told else x.shape[:2] == y.shape


HOSTILE: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "pickle": ("a.npz", lambda: pickle.dumps(Bomb()), "not a readable npz"),
    "zip in zip": ("a.npz", lambda: packed({"X.npy": GOOD["stored.npz"], "Y.npy": npy(Y)}), "not stored as an array"),
    "zip in array": ("a_X.npy", lambda: GOOD["stored.npz"], "archive under the name of an array"),
    "zip bomb": (
        "a.npz",
        lambda: packed({"X.npy": promising((3000, 4000), bytes(96 * 10**6)), "Y.npy": npy(Y)}, zipfile.ZIP_DEFLATED),
        "X in .* unpacks to 0.1 GiB from",
    ),
    "promise in zip": ("a.npz", lambda: packed({"X.npy": promising((10**9, 10, 10)), "Y.npy": npy(Y)}), "cannot be"),
    "promise": ("a_X.npy", lambda: promising((10**9, 10, 10)), "cannot be read"),
    "endless promise": ("a_X.npy", lambda: promising((2**62, 2**62, 2**62)), "cannot be read"),
    "negative promise": ("a_X.npy", lambda: promising((-1, 3, 2)), "cannot be read"),
    "parquet": ("a.parquet", lambda: b"PAR1 and no more PAR1", "parquet"),
    "table": ("a.csv", lambda: b"sample,token,x0,y\n0,0,1,2\n", "no known ending"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_files_cost_a_sentence_and_no_time(kind: str, mtam: Mtam, here: Path) -> None:
    name, content, expected = HOSTILE[kind]
    (here / "a_Y.npy").write_bytes(npy(Y))
    (here / name).write_bytes(content())
    before = sorted(here.iterdir())
    clock = time.perf_counter()
    said = mtam("fit-ips", "--data", name)
    assert time.perf_counter() - clock < 20
    assert said.code == 2
    assert len(said.err.strip().splitlines()) == 1
    with pytest.raises(ValueError, match=expected):
        read(here / name)
    assert sorted(here.iterdir()) == before


@contextlib.contextmanager
def unreadable(path: Path) -> Iterator[None]:
    path.chmod(0)
    try:
        yield
    finally:
        path.chmod(0o700)


def test_what_is_no_file_is_refused_without_waiting(mtam: Mtam, here: Path) -> None:
    os.mkfifo(here / "pipe.npz")
    os.mkfifo(here / "pipe_X.npy")
    (here / "pipe_Y.npy").write_bytes(npy(Y))
    (here / "folder.npz").mkdir()
    (here / "zero.npz").symlink_to("/dev/zero")
    (here / "loop.npz").symlink_to("loop.npz")
    (here / "gone.npz").symlink_to("nowhere.npz")
    before = sorted(here.iterdir())
    for name, expected in (
        ("pipe.npz", "no regular file"),
        ("pipe_X.npy", "no regular file"),
        ("zero.npz", "no regular file"),
        ("folder.npz", "is a folder"),
        ("loop.npz", "cannot be looked up"),
        ("gone.npz", "no such file"),
        (f"{'n' * 300}.npz", "too long"),
        ("a.npz/b.npz", "no such file"),
        ("~nobody_here/b.npz", "there is no user"),
        ("", "names no folder and no file"),
    ):
        said = mtam("fit-ips", "--data", name)
        assert (said.code, expected in said.err) == (2, True), said.err
        assert len(said.err.strip().splitlines()) == 1
    assert sorted(here.iterdir()) == before
    for call in (read, digest):
        with pytest.raises(ValueError, match="no name of a file"):
            call("a\0b.npz")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_a_sentence(mtam: Mtam, here: Path) -> None:
    folder = here / "closed"
    folder.mkdir()
    (folder / "a.npz").write_bytes(GOOD["stored.npz"])
    with unreadable(folder):
        said = mtam("fit-ips", "--data", "closed/a.npz")
    assert (said.code, "cannot be read" in said.err) == (2, True)
