"""Commands that look write nothing, whatever lies in the folder; commands that refuse have written nothing."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mtam.sweep import planning, store
from tests.conftest import TINY, Mtam
from tests.faults.mutations import seen

RUN = ("sweep", "alpha", *TINY, "--launcher", "inline", "--out", "run")


@pytest.fixture
def out(whole_run: Path, here: Path) -> Path:
    """A copy of a whole run whose first record is damaged."""
    shutil.copytree(whole_run, here / "run")
    first(here / "run").write_text("{")
    return here / "run"


def first(out: Path) -> Path:
    return store.path_of(out, planning.read(out).packs[0][0])


@pytest.mark.parametrize("command", [("status", "run"), ("status", "run", "--json"), (*RUN, "--dry-run")])
def test_who_looks_sets_nothing_aside(command: tuple[str, ...], out: Path, mtam: Mtam) -> None:
    before = seen(out)
    assert mtam(*command).code == 0
    assert seen(out) == before


def test_a_run_that_is_refused_has_set_nothing_aside(out: Path, mtam: Mtam) -> None:
    before = seen(out)
    said = mtam(*RUN, "--device", "cuda")
    assert (said.code, seen(out)) == (2, before), said.err


def test_claims_of_several_folders_are_refused_before_anything_is_set_aside(out: Path, mtam: Mtam, here: Path) -> None:
    (here / "empty").mkdir()
    (here / "all").mkdir()
    (here / "all" / "jobs.json").write_text(json.dumps({"jobs": ["../run", "../empty"]}))
    before = seen(out)
    said = mtam("claims", "all")
    assert (said.code, seen(out)) == (2, before), said.err
    assert "is not the folder of a run" in said.err


@pytest.mark.parametrize("jobs", ["[]", "{", '{"jobs": 5}', '{"jobs": [5]}', '{"jobs": ["a\\u0000"]}', "[" * 9999])
@pytest.mark.parametrize("command", ["claims", "report"])
def test_a_damaged_list_of_jobs_is_one_sentence(jobs: str, command: str, mtam: Mtam, here: Path) -> None:
    (here / "all").mkdir()
    (here / "all" / "jobs.json").write_text(jobs)
    said = mtam(command, "all")
    assert (said.code, len(said.err.splitlines())) == (2, 1), said.err
    assert "jobs.json cannot be read" in said.err
    assert [path.name for path in (here / "all").iterdir()] == ["jobs.json"]


def pipe(path: Path) -> None:
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.mkdir()


def ring(path: Path) -> None:
    path.symlink_to(path.name)


@pytest.mark.filterwarnings("always:.*is damaged")
@pytest.mark.parametrize("lay", [pipe, folder, ring])
def test_what_lies_in_the_place_of_a_record_is_set_aside(lay: Callable[[Path], None], out: Path, mtam: Mtam) -> None:
    path = first(out)
    path.unlink()
    lay(path)
    assert sum(cell["missing"] for cell in json.loads(mtam("status", "run", "--json").out)["cells"]) == 1
    said = mtam(*RUN, "--json")
    assert said.code == 0, said.err
    assert said.err.count("is damaged") == 1
    assert path.is_file()
    assert len(list(path.parent.glob("*.corrupt"))) == 1


@pytest.mark.parametrize("lay", [pipe, folder, ring])
def test_what_lies_in_the_place_of_a_manifest_is_one_sentence(
    lay: Callable[[Path], None], out: Path, mtam: Mtam
) -> None:
    (out / planning.MANIFEST).unlink()
    lay(out / planning.MANIFEST)
    before = seen(out)
    for command in (("status", "run"), ("report", "run"), ("claims", "run"), (*RUN, "--dry-run"), RUN):
        said = mtam(*command)
        assert (said.code, len(said.err.splitlines())) == (2, 1), said.err
        assert "it is not a file" in said.err
    assert seen(out) == before
