"""Damage to the files of a folder, drawn by hypothesis: what no program of ours writes, where it had written."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from mtam.sweep import store

Draw = Callable[[st.SearchStrategy[Any]], Any]
Place = tuple[str | int, ...]

HUGE = 10**400
DEEP = "deep"  # stands for lists in lists, which Python's encoder would not write
ALIENS: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**31, 2**63, HUGE, -HUGE, 0.5, -0.5, 1e-320, 1e99, 1e101, 1e308, -1e308, 253402300799,
    float("inf"), float("nan"), "", "a", "α\x00", "../../x", [], [None], ["a"], [[1.0]], [0.0], [1e308, -1e308], {},
    {"a": 1}, {"name": 5}, DEEP,
)  # fmt: skip
WHOLE = ("cut", "emptied", "garbage", "utf-16", "list", "null", "deep", "folder", "pipe", "ring", "nowhere", "endless")


def places(tree: Any, here: Place = ()) -> Iterator[Place]:
    """Where every part of a JSON tree stands; of long lists the first two entries and the last."""
    yield here
    if isinstance(tree, dict):
        for key, part in tree.items():
            yield from places(part, (*here, key))
    elif isinstance(tree, list):
        for at in sorted({0, 1, len(tree) - 1} & set(range(len(tree)))):
            yield from places(tree[at], (*here, at))


def changed(tree: Any, place: Place, change: Callable[[Any, str | int], None]) -> Any:
    """A copy in which ``change(parent, key)`` was done at a place."""
    copy = json.loads(json.dumps(tree))
    parent = copy
    for step in place[:-1]:
        parent = parent[step]
    change(parent, place[-1])
    return copy


def damage_inside(draw: Draw, path: Path) -> str:
    """Another type or value somewhere inside, or a part less; a record or a summary keeps a true checksum."""
    tree = json.loads(path.read_text())
    found = [place for place in places(tree) if place and place != ("checksum",)]
    branches = sorted({place[:2] for place in found}, key=str)
    branch = draw(st.sampled_from(branches))
    place = draw(st.sampled_from([place for place in found if place[:2] == branch]))
    alien = draw(st.sampled_from(["gone", "twice", *ALIENS]))

    def change(parent: Any, key: str | int) -> None:
        if alien == "gone":
            del parent[key]
        elif alien == "twice" and isinstance(parent[key], list):
            parent[key] = parent[key] * 2
        else:
            parent[key] = alien

    tree = changed(tree, place, change)
    if "checksum" in tree:
        with suppress(ValueError):  # no number of JSON
            tree["checksum"] = store.checksum(tree)
    path.write_text(json.dumps(tree).replace(f'"{DEEP}"', "[" * 150 + "]" * 150))
    return f"{path.name} at {place}: {alien!r}"


def damage_whole(draw: Draw, path: Path) -> str:
    """Something else in the place of the file."""
    kind = draw(st.sampled_from(WHOLE))
    text = path.read_bytes()
    path.unlink()
    written = {
        "cut": text[: draw(st.integers(1, max(1, len(text) - 1)))], "emptied": b"", "garbage": b"\x80\xff\x00" * 40,
        "utf-16": text.decode().encode("utf-16"), "list": b"[1, 2]", "null": b"null", "deep": b"[" * 100_000,
    }  # fmt: skip
    if kind in written:
        path.write_bytes(written[kind])
    elif kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind in ("ring", "nowhere"):
        path.symlink_to(path.name if kind == "ring" else "nowhere")
    else:
        path.symlink_to("/dev/zero")
    return f"{path.name}: {kind}"


def copied(source: Path, target: Path) -> Path:
    """The folder without what an earlier example has done to it."""
    if os.path.lexists(target):
        shutil.rmtree(target)
    shutil.copytree(source, target)
    return target


def seen(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Every entry below a folder, with what changes when it is written."""
    found = {}
    for path in [folder, *folder.rglob("*")]:
        about = path.lstat()
        found[str(path)] = (about.st_mode, about.st_size, about.st_mtime_ns)
    return found
