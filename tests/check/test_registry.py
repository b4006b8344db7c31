"""Every check has its file, its settings and its place; a finding is found again and not computed twice."""

import json
from pathlib import Path

import pytest

from mtam import catalog
from mtam.check import folder
from mtam.check.registry import CHECKS, Job, settings_of
from mtam.errors import UsageError
from tests.conftest import Mtam

TINY: list[str] = []  # settings of a coercivity check of seconds


def test_every_check_has_a_file() -> None:
    assert set(catalog.options("check")) == set(CHECKS)


@pytest.mark.parametrize("name", CHECKS)
def test_files_and_schema_have_the_same_fields_and_defaults(name: str) -> None:
    assert catalog.load(f"check/{name}") == settings_of(name)().model_dump()


def test_settings_change_the_identity() -> None:
    one, two = (Job("coercivity", settings_of("coercivity")(seed=seed)) for seed in (0, 1))
    assert one.digest != two.digest
    assert one.stamp() != two.stamp()


def test_a_finding_is_computed_once(mtam: Mtam) -> None:
    first, second = (json.loads(mtam("check", "coercivity", *TINY, "--json").out) for _ in range(2))
    assert (first.pop("computed"), second.pop("computed")) == (1, 0)
    assert first == second
    assert {"check", "out", "seconds", "settings", "verdicts", "tables", "statement"} <= set(first)
    names = {path.name for path in Path(first["out"]).iterdir()}
    assert {"finding.json", *(f"{table['name']}.csv" for table in first["tables"])} <= names
    assert {"coercivity.png", "coercivity.svg"} <= names


def test_quiet_prints_the_folder_alone(mtam: Mtam) -> None:
    said = mtam("check", "coercivity", *TINY, "--quiet", "--out", "here")
    assert (said.code, said.out, said.err) == (0, "here\n", "")


def test_a_damaged_finding_is_computed_again(mtam: Mtam, here: Path) -> None:
    mtam("check", "coercivity", *TINY, "--out", "here", "--quiet")
    whole = (here / "here" / folder.FINDING).read_text()
    (here / "here" / folder.FINDING).write_text(whole[:1000])
    said = mtam("check", "coercivity", *TINY, "--out", "here", "--json")
    assert json.loads(said.out)["computed"] == 1
    kept, again = json.loads(whole), json.loads((here / "here" / folder.FINDING).read_text())
    assert again["finding"] == kept["finding"]


def test_report_draws_again_and_computes_nothing(mtam: Mtam, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mtam("check", "coercivity", *TINY, "--out", "here", "--quiet")
    (here / "here" / "coercivity.png").unlink()

    def never(*_: object) -> None:
        raise AssertionError("computed")

    monkeypatch.setattr(Job, "run", never)
    said = mtam("report", "here", "--json")
    assert json.loads(said.out)["computed"] == 0
    assert (here / "here" / "coercivity.png").is_file()


def test_another_check_or_other_things_are_left_alone(mtam: Mtam, here: Path) -> None:
    mtam("check", "coercivity", *TINY, "--out", "here", "--quiet")
    before = (here / "here" / folder.FINDING).read_bytes()
    said = mtam("check", "coercivity", *TINY, "seed=7", "--out", "here")
    assert said.code == 2
    assert "other settings" in said.err
    assert (here / "here" / folder.FINDING).read_bytes() == before
    (here / "mine").mkdir()
    (here / "mine" / "notes.txt").write_text("precious")
    said = mtam("check", "coercivity", *TINY, "--out", "mine")
    assert said.code == 2
    assert [path.name for path in (here / "mine").iterdir()] == ["notes.txt"]


def test_all_runs_every_check(mtam: Mtam, monkeypatch: pytest.MonkeyPatch) -> None:
    small = {"coercivity": CHECKS["coercivity"]}
    monkeypatch.setattr("mtam.commands.checking.CHECKS", small)
    told = json.loads(mtam("check", "all", "--json", "--out", "parent").out)
    assert [each["check"] for each in told["checks"]] == list(small)
    assert Path(told["checks"][0]["out"]).parent == Path("parent")


def test_an_unknown_check() -> None:
    with pytest.raises(UsageError, match="did you mean coercivity"):
        settings_of("coercivty")
