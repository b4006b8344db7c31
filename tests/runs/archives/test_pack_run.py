"""A run goes into one file and comes out of it the same, on any day and from any folder."""

import gzip
import hashlib
import json
import os
import shutil
import tarfile
from pathlib import Path

import pytest

import mtam as library
from mtam.runs import judge_folder
from tests.conftest import TINY, Mtam


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny sweep, computed once."""
    out = tmp_path_factory.mktemp("sweep") / "run"
    library.sweep("alpha", *TINY, "launcher=inline", out=out)
    return out


@pytest.fixture
def run(computed: Path, here: Path) -> Path:
    """The same sweep in the working folder."""
    return shutil.copytree(computed, here / "run")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_archive_holds_the_run_and_how_it_came_about(run: Path, mtam: Mtam) -> None:
    (run / ".hidden").write_text("no part of it")
    (run / "running").mkdir()
    (run / "running" / "beat.json").write_text("{}")
    said = mtam("pack", "run", "--json")
    assert said.code == 0, said.err
    told = json.loads(said.out)
    file = Path(told["out"])
    assert file == run.with_name("run.tar.gz")
    assert (told["holds"], told["missing"]) == ("sweep", 0)
    assert hashlib.sha256(file.read_bytes()).hexdigest() == told["sha256"]
    with tarfile.open(file) as archive:
        inside = {
            member.name.removeprefix("run/"): archive.extractfile(member).read()  # type: ignore[union-attr]
            for member in archive
        }
    environments = json.loads(inside.pop("environment.json"))
    assert sum(each["trials"] for each in environments) == 8
    assert environments[0]["packages"]["numpy"]
    listed = json.loads(inside.pop("contents.json"))["files"]
    on_disk = {name: body for name, body in contents(run).items() if name not in (".hidden", "running/beat.json")}
    assert inside == on_disk
    assert {name: told["sha256"] for name, told in listed.items() if name != "environment.json"} == {
        name: hashlib.sha256(body).hexdigest() for name, body in on_disk.items()
    }


def test_equal_runs_are_equal_bytes_whenever_and_wherever_they_are_packed(run: Path, mtam: Mtam, here: Path) -> None:
    assert mtam("pack", "run", "-q").code == 0
    (here / "other").mkdir()
    copied = shutil.copytree(run, here / "other" / "run")
    for path in copied.rglob("*"):
        os.utime(path, (10**9, 10**9))
        path.chmod(0o755)
    assert mtam("pack", "other/run", "-q").code == 0
    first, second = (here / "run.tar.gz").read_bytes(), (here / "other" / "run.tar.gz").read_bytes()
    assert first == second
    (copied / "curve.csv").write_text("other numbers\n")
    assert mtam("pack", "other/run", "-q").code == 0
    assert (here / "other" / "run.tar.gz").read_bytes() != first


def test_report_claims_and_python_read_it_as_the_folder(run: Path, mtam: Mtam, here: Path) -> None:
    assert mtam("pack", "run", "--out", "elsewhere.tar.gz", "-q").code == 0
    of_folder = mtam("report", "run", "--json"), mtam("claims", "run", "--json")
    frame = library.load_run(here / "run").trials
    shutil.rmtree(run)
    for mine, said in zip(("report", "claims"), of_folder, strict=True):
        again = mtam(mine, "elsewhere.tar.gz", "--json")
        assert again.code == 0, again.err
        told, expected = json.loads(again.out), json.loads(said.out)
        assert told.pop("out") == "elsewhere-unpacked"
        del expected["out"]
        assert told == expected
    assert (here / "elsewhere-unpacked" / "report.html").is_file()
    shutil.rmtree(here / "elsewhere-unpacked")
    read = library.load_run("elsewhere.tar.gz")
    assert read.trials.equals(frame)
    assert sorted(path.name for path in here.iterdir()) == ["elsewhere.tar.gz"]
    with pytest.raises(ValueError, match="this run has curves"):
        read.figure("nothing")


def test_a_reproduction_keeps_its_runs_side_by_side(run: Path, mtam: Mtam, here: Path) -> None:
    judge_folder.remember(here / "all", "smoke", [run])
    expected = json.loads(mtam("claims", "all", "--json").out)["claims"]
    assert mtam("pack", "all", "-q").code == 0
    (here / "away").mkdir()
    shutil.move(here / "all.tar.gz", here / "away")
    said = mtam("claims", "away/all.tar.gz", "--json")
    told = json.loads(said.out)
    assert told["out"] == "away/all-unpacked/all"
    assert told["claims"] == expected
    assert (here / "away" / "all-unpacked" / "run" / "manifest.json").is_file()


def test_a_run_that_lies_elsewhere_cannot_be_packed_with_its_reproduction(run: Path, mtam: Mtam, here: Path) -> None:
    judge_folder.remember(here / "far" / "all", "smoke", [run])
    said = mtam("pack", "far/all")
    assert said.code == 2
    assert "lies neither in it nor beside it" in said.err
    assert not list(here.rglob("*.tar.gz"))


def test_what_is_missing_is_told(run: Path, mtam: Mtam) -> None:
    next((run / "records").iterdir()).unlink()
    (run / "report.html").unlink()
    (run / "link.csv").symlink_to(run / "curve.csv")
    said = mtam("pack", "run")
    assert said.code == 0
    assert "1 trial has no record yet" in said.prose
    assert "mtam report run makes them" in said.prose
    assert "link.csv" in said.prose


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("pack", "empty"), "is not the folder of a run"),
        (("pack", "run", "--out", "run.zip"), "an archive is a file named *.tar.gz"),
        (("pack", "run", "--out", "none/run.tar.gz"), "there is no folder none"),
        (("pack", "run", "--out", "notes.tar.gz"), "is there and is no archive"),
    ],
)
def test_a_mistake_is_one_sentence_and_nothing_is_written(
    words: tuple[str, ...], sentence: str, run: Path, mtam: Mtam, here: Path
) -> None:
    (here / "empty").mkdir()
    (here / "notes.tar.gz").write_text("my notes")
    before = contents(here)
    said = mtam(*words)
    assert said.code == 2
    assert sentence in said.err
    assert len(said.err.splitlines()) == 1
    assert contents(here) == before
    del run


def test_a_check_is_packed_too(mtam: Mtam, here: Path) -> None:
    assert mtam("check", "entropy", "--out", "found", "-q").code == 0
    assert mtam("pack", "found", "-q").code == 0
    shutil.rmtree(here / "found")
    said = mtam("report", "found.tar.gz", "--json")
    assert said.code == 0, said.err
    assert json.loads(said.out)["computed"] == 0


def test_the_archive_is_compressed_without_a_time(run: Path, mtam: Mtam) -> None:
    assert mtam("pack", "run", "-q").code == 0
    head = run.with_name("run.tar.gz").read_bytes()[:10]
    assert head[4:8] == b"\0\0\0\0"  # RFC 1952: MTIME
    assert gzip.decompress(run.with_name("run.tar.gz").read_bytes())
