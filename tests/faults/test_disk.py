"""A full disk, a read-only folder, a folder that vanishes: one sentence, and the same command ends the run later."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from mtam.problems import registry
from mtam.sweep import execute
from tests.conftest import TINY, Mtam
from tests.faults.helpers import tables

ARGS = ("sweep", "alpha", *TINY)


@pytest.fixture
def whole(whole_run: Path) -> dict[str, bytes]:
    return tables(whole_run)


@pytest.fixture
def disk(here: Path) -> Iterator[Callable[[str], Path]]:
    """Mount a small disk, or change it: ``disk("size=100k")``."""
    place = here / "disk"
    place.mkdir()
    mounted = False

    def mount(options: str) -> Path:
        nonlocal mounted
        what = ["-o", f"remount,{options}"] if mounted else ["-t", "tmpfs", "-o", options, "tmpfs"]
        done = subprocess.run(["mount", *what, str(place)], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"NO DISK TO FILL: mounting needs privileges ({done.stderr.strip()})")
        mounted = True
        return place

    if shutil.which("mount") is None or os.geteuid() != 0:
        pytest.skip("NO DISK TO FILL: mounting a small disk needs root")
    yield mount
    if mounted:
        subprocess.run(["umount", "--lazy", place], check=True)


@pytest.mark.parametrize("launcher", ["inline", pytest.param("local", marks=pytest.mark.slow)])
def test_a_full_disk(
    launcher: str, whole: dict[str, bytes], whole_run: Path, mtam: Mtam, disk: Callable[[str], Path]
) -> None:
    def pages(*paths: Path) -> int:
        return sum(-(-path.stat().st_size // 4096) for path in paths)

    # Room for half of the records beside the manifest, the configuration and a heartbeat.
    room = (
        pages(*(whole_run / "records").iterdir()) // 2
        + pages(whole_run / "manifest.json", whole_run / "config.yaml")
        + 2
    )
    out = disk(f"size={4 * room}k") / "run"
    run = (*ARGS, "--launcher", launcher, *(["--workers", "2"] * (launcher == "local")), "--out", str(out))
    said = mtam(*run)
    assert said.code == 1
    assert "No space left on device" in said.err
    assert "Traceback" not in said.err
    assert [line[:6] for line in said.err.splitlines() if not line.startswith("alpha: ")] == ["mtam: "]
    assert 0 < len(list((out / "records").glob("*.json"))) < 8
    assert not list(out.rglob(".*.tmp"))
    disk("size=100m")
    assert mtam(*run, "-q").code == 0
    assert tables(out) == whole
    assert "failure" not in "".join(path.read_text() for path in (out / "records").iterdir())


def test_a_read_only_folder(whole: dict[str, bytes], whole_run: Path, mtam: Mtam, disk: Callable[[str], Path]) -> None:
    out = disk("size=100m") / "run"
    shutil.copytree(whole_run, out)
    removed = sorted((out / "records").glob("*.json"))[0]
    removed.unlink()
    disk("ro")
    said = mtam(*ARGS, "--launcher", "inline", "--out", str(out))
    assert (said.code, len(said.err.splitlines())) == (2, 1)
    assert "cannot be written" in said.err
    assert mtam("status", str(out)).code == 0
    said = mtam("report", str(out))
    assert (said.code, len(said.err.splitlines())) == (1, 1), said.err
    assert "Read-only file system" in said.err
    disk("rw")
    assert mtam(*ARGS, "--launcher", "inline", "--out", str(out), "-q").code == 0
    assert tables(out) == whole


def test_a_folder_removed_while_it_is_written(
    whole: dict[str, bytes], mtam: Mtam, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_pack = registry.run_pack

    def vandal(*args: Any, **more: Any) -> Sequence[dict[str, Any]]:
        answers = run_pack(*args, **more)
        shutil.rmtree(here / "run")
        return answers

    run = (*ARGS, "--launcher", "inline", "--out", "run")
    with monkeypatch.context() as patch:
        patch.setattr(execute, "run_pack", vandal)
        said = mtam(*run)
    assert (said.code, len(said.err.splitlines())) == (1, 1), said.err
    assert "has vanished" in said.err
    assert not (here / "run").exists(), "it was made again, without its manifest"
    assert mtam(*run, "-q").code == 0
    assert tables(here / "run") == whole
