"""Paths that people give: a home folder, names that no file can have, loops."""

import os
import pwd
from pathlib import Path

import pytest

from mtam.base.errors import UsageError
from mtam.cli.paths import looked_up
from tests.conftest import TINY, Mtam

LONG = "a" * 300
DEEP = "ab/" * 1500
READ = (["report"], ["status"], ["claims"], ["rates"], ["rates", "FILE", "--reference"], ["fit-ips", "--data"])
WRITTEN = (
    ["sweep", "alpha"], ["fit-ips"], ["check", "coercivity"], ["check", "all"], ["rates", "FILE"], ["reproduce"]
)  # fmt: skip


@pytest.fixture
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table for mtam rates, outside of the working folder."""
    path = tmp_path_factory.mktemp("table") / "curve.csv"
    rows = [f"{n},{n**-0.5 * (1 + 0.01 * seed)},{seed}" for n in (16, 32, 64, 128) for seed in (0, 1, 2)]
    path.write_text("\n".join(["n,error,seed", *rows]) + "\n")
    return path


def words(args: list[str], table: Path) -> list[str]:
    return [str(table) if arg == "FILE" else arg for arg in args]


@pytest.mark.parametrize("name", [LONG, f"new/{LONG}", f"new/../{LONG}", DEEP, "loop/x", "~nobody-of-this-name/x", ""])
@pytest.mark.parametrize("args", WRITTEN, ids=" ".join)
def test_a_folder_that_cannot_be_is_one_sentence(
    args: list[str], name: str, table: Path, mtam: Mtam, here: Path
) -> None:
    (here / "loop").symlink_to("loop")
    said = mtam(*words(args, table), f"--out={name}")
    assert (said.code, said.out) == (2, ""), said
    assert len(said.err.splitlines()) == 1, said.err
    assert "--out" in said.err
    assert [path.name for path in here.iterdir()] == ["loop"]


@pytest.mark.parametrize("name", [LONG, f"new/{LONG}", DEEP, "loop", "~nobody-of-this-name", ""])
@pytest.mark.parametrize("args", READ, ids=" ".join)
def test_a_file_that_cannot_be_is_one_sentence(args: list[str], name: str, table: Path, mtam: Mtam, here: Path) -> None:
    (here / "loop").symlink_to("loop")
    said = mtam(*words(args, table), name)
    assert (said.code, said.out) == (2, ""), said
    assert len(said.err.splitlines()) == 1, said.err
    assert len(said.err) < 1000
    assert [path.name for path in here.iterdir()] == ["loop"]


@pytest.mark.parametrize("args", [["sweep", "alpha", "--dry-run"], ["fit-ips", "--dry-run"], ["reproduce", "--dry-run"],
                                  ["rates", "FILE"]], ids=" ".join)  # fmt: skip
def test_a_tilde_is_the_home_folder(
    args: list[str], table: Path, mtam: Mtam, here: Path, tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    said = mtam(*words(args, table), "--out=~/x", "--json")
    assert said.code == 0, said
    assert str(home / "x") in said.out
    assert not list(here.iterdir())
    assert (home / "x" / "rates.csv").is_file() == (args[0] == "rates")


def test_whose_home_folder() -> None:
    me = pwd.getpwuid(os.getuid())
    assert looked_up(f"~{me.pw_name}/x") == Path(me.pw_dir) / "x"
    assert looked_up("./~/x") == Path("~/x")  # a folder of that name
    assert looked_up("a~b") == Path("a~b")
    with pytest.raises(UsageError, match="--out ~nobody-of-this-name: there is no user nobody-of-this-name"):
        looked_up("~nobody-of-this-name", "--out")


def test_names_at_the_limit_are_names(mtam: Mtam, here: Path) -> None:
    assert mtam("sweep", "alpha", "--dry-run", "--out", "a" * 255).code == 0
    assert mtam("sweep", "alpha", "--dry-run", "--out", "ä" * 128).code == 2  # 256 bytes
    assert not list(here.iterdir())


def test_a_folder_whose_name_is_no_text(mtam: Mtam, here: Path) -> None:
    """Names are bytes; those that are no UTF-8 come as surrogates."""
    name = os.fsdecode(b"\xff\xfe")
    small = ("data.alpha=1", "sweep.sizes=[16,32]", "sweep.seeds=1", *TINY[3:])
    said = mtam("sweep", "alpha", *small, "--launcher", "inline", "--out", name, "--quiet", "--json")
    assert said.code == 0, said
    assert (here / name / "report.html").is_file()
    for command in ("status", "report", "claims"):
        assert mtam(command, name).code == 0
