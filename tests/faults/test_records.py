"""Records damaged on disk are moved aside and computed again; none of their numbers reaches a table."""

import json
import shutil
from pathlib import Path

import pytest

from mtam.sweep import planning, store
from tests.conftest import TINY, Mtam
from tests.faults.helpers import tables

RUN = ("sweep", "alpha", *TINY, "--launcher", "inline", "--out", "run")


def truncated(one: Path, _two: Path) -> None:
    one.write_bytes(one.read_bytes()[:-40])


def emptied(one: Path, _two: Path) -> None:
    one.write_bytes(b"")


def garbled(one: Path, _two: Path) -> None:
    text = bytearray(one.read_bytes())
    at = text.index(b'"error": ') + 9
    text[at] = text[at] ^ 1  # one bit of one digit
    one.write_bytes(text)


def swapped(one: Path, two: Path) -> None:
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)


def old(one: Path, _two: Path) -> None:
    """Of an earlier schema, and whole."""
    record = json.loads(one.read_text()) | {"schema": 0}
    record["checksum"] = store.checksum(record)
    one.write_text(json.dumps(record))


def linked_to_nothing(one: Path, _two: Path) -> None:
    one.unlink()
    one.symlink_to("nowhere")


@pytest.mark.filterwarnings("always:.*is damaged")
def test_damage_is_mended(whole_run: Path, mtam: Mtam, here: Path) -> None:
    """Five kinds of damage in one pack of four and one of four; the sound records of these packs count for nothing."""
    shutil.copytree(whole_run, here / "run")
    paths = [store.path_of(here / "run", key) for pack in planning.read(here / "run").packs for key in pack]
    for damage, one in zip((truncated, emptied, garbled, old, linked_to_nothing), paths, strict=False):
        damage(one, one)
    swapped(*paths[5:7])
    said = mtam("status", "run", "--json")
    assert sum(cell["missing"] for cell in json.loads(said.out)["cells"]) == 7
    assert not list(here.rglob("*.corrupt")), "status has written"
    said = mtam(*RUN, "--json")
    assert said.code == 0
    assert said.err.count("is damaged") == 6
    assert json.loads(said.out)["computed"] == 8
    assert tables(here / "run") == tables(whole_run)
    assert len(list(here.rglob("*.corrupt"))) == 6
