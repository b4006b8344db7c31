"""Records are whole or not there; a damaged one is moved aside, never read."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mtam.base.spec import SCHEMA
from mtam.config import plan_sweep
from mtam.sweep import store
from mtam.sweep.schemas import Record

NAMED = {"schema", *Record.model_fields}  # whose values have a type
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
BODIES = st.dictionaries(
    st.text(min_size=1).filter(lambda name: name not in NAMED),
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


@given(BODIES)
def test_a_record_is_laid_out_as_its_checksum_reads_it(body: dict[str, Any]) -> None:
    content = store.laid_out({"key": "k", **body})
    record = json.loads(content)
    assert store.intact(content)
    assert record["checksum"] == store.checksum(record)
    assert not store.intact(content.replace(b'"k"', b'"l"', 1))
    assert not store.intact(content.rstrip())


def earlier(path: Path) -> None:
    """The same record as earlier versions have laid it out."""
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, "checksum": record.pop("checksum")}, indent=1) + "\n")


def test_records_of_earlier_layouts_are_as_good(tmp_path: Path) -> None:
    store.write(tmp_path, "k", {"numbers": {"error": 0.125}, "pack_seconds": 3.0})
    before = store.read(tmp_path, "k"), store.glance(tmp_path, "k")
    earlier(store.path_of(tmp_path, "k"))
    assert not store.intact(store.path_of(tmp_path, "k").read_bytes())
    assert (store.read(tmp_path, "k"), store.glance(tmp_path, "k")) == before
    assert before[1] is not None
    assert before[1].pack_seconds == 3.0


@SAME_FOLDER
@given(cut=st.integers(0, 900), junk=st.binary(max_size=8), old=st.booleans())
def test_a_glance_sees_the_damage_that_a_reader_sees(tmp_path: Path, cut: int, junk: bytes, old: bool) -> None:
    body = {"numbers": {"error": 0.125}, "pack_seconds": 3.0, "ended": 5.0, "spec": {"a": [1, 2], "b": ", \n"}}
    store.write(tmp_path, "k", body)
    path = store.path_of(tmp_path, "k")
    if old:
        earlier(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:cut] + junk + whole[cut + len(junk) :])
    assert (store.glance(tmp_path, "k") is None) == (store.read(tmp_path, "k", mend=False) is None)


def test_a_glance_takes_no_record_of_another_key_and_no_odd_shape(tmp_path: Path) -> None:
    store.write(tmp_path, "one", {"numbers": {"error": 1.0}})
    store.path_of(tmp_path, "two").write_bytes(store.path_of(tmp_path, "one").read_bytes())
    assert store.glance(tmp_path, "one") is not None
    assert store.glance(tmp_path, "two") is None
    store.write(tmp_path, "odd", {"numbers": {"error": 1.0}, "pack_seconds": "long"})
    assert store.glance(tmp_path, "odd") is None
    (trial,) = plan_sweep("alpha", ["data.alpha=1", "sweep.sizes=[16]", "sweep.seeds=1"]).trials.values()
    for error, whole in ((1.0, True), ("none", False)):
        store.write(tmp_path, "few", {"numbers": {"error": error}})
        assert (store.glance(tmp_path, "few", trial) is not None) is whole
        earlier(store.path_of(tmp_path, "few"))
        assert (store.glance(tmp_path, "few", trial) is not None) is whole
    assert store.glance(tmp_path, "nowhere") is None


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked of the disk, in its order."""
    made: list[str] = []
    fsync, replace = os.fsync, os.replace

    def synced(handle: int) -> None:
        made.append("folder" if os.path.isdir(f"/proc/self/fd/{handle}") else "file")
        fsync(handle)

    def named(source: str, target: Path) -> None:
        made.append("name")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", named)
    return made


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="tells folders from files through /proc")
def test_a_pack_is_on_the_disk_before_any_of_it_has_a_name(tmp_path: Path, calls: list[str]) -> None:
    store.write_all(tmp_path, {name: {"numbers": {"error": 1.0}} for name in "abc"})
    assert calls == ["file"] * 3 + ["name"] * 3 + ["folder"]
    assert all(store.read(tmp_path, name) for name in "abc")
    assert store.path_of(tmp_path, "a").stat().st_mode & 0o777 == 0o666 & ~store._umask()


@pytest.mark.parametrize("fatal", ["fsync", "replace"])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_what_cannot_be_written_leaves_no_draft(
    fatal: str, at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At any file: the records that were there are whole, and none is torn."""
    store.write_all(tmp_path, {name: {"numbers": {"error": 1.0}} for name in "abc"})
    real, left = getattr(os, fatal), [at]

    def fails(*args: Any) -> None:
        left[0] -= 1
        if not left[0]:
            raise OSError(28, "No space left on device")
        real(*args)

    with monkeypatch.context() as patch:
        patch.setattr(os, fatal, fails)
        with pytest.raises(OSError, match="No space left"):
            store.write_all(tmp_path, {name: {"numbers": {"error": 2.0}} for name in "abc"})
    assert sorted(path.name for path in (tmp_path / store.FOLDER).iterdir()) == ["a.json", "b.json", "c.json"]
    errors = [record["numbers"]["error"] for record in store.read_all(tmp_path, "abc").values()]
    assert errors == ([1.0] * 3 if fatal == "fsync" else [2.0] * (at - 1) + [1.0] * (4 - at))


def test_a_record_is_written_where_folders_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "O_DIRECTORY")
    store.write(tmp_path, "a", {"numbers": {"error": 0.5}})
    assert list(store.read_all(tmp_path, ["a"])) == ["a"]
