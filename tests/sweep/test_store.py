"""Records are whole or not there; a damaged one is moved aside, never read."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mtam.base.spec import SCHEMA
from mtam.sweep import store

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
BODIES = st.dictionaries(
    st.text(min_size=1).filter(lambda name: name not in ("schema", "key", "checksum")),
    st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)),
    max_size=5,
)
SAME_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@SAME_FOLDER
@given(BODIES)
def test_what_is_written_is_read(tmp_path: Path, body: dict[str, Any]) -> None:
    store.write(tmp_path, "k", {"numbers": {}, **body})
    record = store.read(tmp_path, "k")
    assert record is not None
    assert {name: record[name] for name in body} == json.loads(json.dumps(body))


@SAME_FOLDER
@given(cut=st.integers(0, 200), junk=st.binary(max_size=8))
def test_any_damage_is_noticed(tmp_path: Path, cut: int, junk: bytes) -> None:
    store.write(tmp_path, "k", {"numbers": {"error": 0.125}})
    path = store.path_of(tmp_path, "k")
    whole = path.read_bytes()
    damaged = whole[:cut] + junk + whole[cut + len(junk) :]
    path.write_bytes(damaged)
    if json_equal(whole, damaged):
        assert store.read(tmp_path, "k") is not None
    else:
        with pytest.warns(UserWarning, match="damaged"):
            assert store.read(tmp_path, "k") is None
        assert not path.exists()


def json_equal(one: bytes, two: bytes) -> bool:
    try:
        return bool(json.loads(one) == json.loads(two))
    except ValueError:
        return False


@pytest.mark.parametrize("damage", ["empty", "half", "garbled", "swapped", "old schema", "changed number", "list"])
def test_damaged_records_are_moved_aside(tmp_path: Path, damage: str) -> None:
    for key, error in (("one", 1.0), ("two", 2.0)):
        store.write(tmp_path, key, {"numbers": {"error": error}})
    path = store.path_of(tmp_path, "one")
    text = path.read_text()
    path.write_bytes(
        {
            "empty": b"",
            "half": text[: len(text) // 2].encode(),
            "garbled": b"\xff\x00" + text.encode()[2:],
            "swapped": store.path_of(tmp_path, "two").read_bytes(),
            "old schema": text.replace(f'"schema": {SCHEMA}', '"schema": 0').encode(),
            "changed number": text.replace("1.0", "9.0").encode(),
            "list": b"[]",
        }[damage]
    )
    with pytest.warns(UserWarning, match="damaged"):
        assert store.read(tmp_path, "one") is None
    assert list(path.parent.glob("one.*.corrupt"))
    assert store.read(tmp_path, "two") is not None


def test_not_a_number_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        store.write(tmp_path, "k", {"numbers": {"error": float("nan")}})
    assert store.read(tmp_path, "k") is None
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_record_is_written_where_folders_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "O_DIRECTORY")
    store.write(tmp_path, "a", {"numbers": {"error": 0.5}})
    assert list(store.read_all(tmp_path, ["a"])) == ["a"]
