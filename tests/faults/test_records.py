"""Records damaged on disk are moved aside and computed again; none of their numbers reaches a table."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mtam.sweep import plan as planning
from mtam.sweep import store
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


@pytest.mark.parametrize("damage", [truncated, emptied, garbled, swapped, old, linked_to_nothing])
def test_damage_is_mended(damage: Callable[[Path, Path], None], mtam: Mtam, here: Path) -> None:
    assert mtam(*RUN, "-q").code == 0
    whole = tables(here / "run")
    packs = planning.read(here / "run").packs
    one, two = (store.path_of(here / "run", pack[0]) for pack in packs[:2])
    damage(one, two)
    said = mtam("status", "run", "--json")
    hurt = 2 if damage is swapped else 1
    assert sum(cell["missing"] for cell in json.loads(said.out)["cells"]) == hurt
    assert not list(here.rglob("*.corrupt")), "status has written"
    said = mtam(*RUN, "--json")
    assert said.code == 0
    assert said.err.count("is damaged") == (0 if damage is linked_to_nothing else hurt)
    assert json.loads(said.out)["computed"] == sum(map(len, packs[:hurt]))
    assert tables(here / "run") == whole
    assert len(list(here.rglob("*.corrupt"))) == (0 if damage is linked_to_nothing else hurt)
