"""Every check has its file, its settings and its place; a finding is found again and not computed twice."""

import json
from pathlib import Path

import pytest

from mtam.base import conf_files, finding
from mtam.base.errors import UsageError
from mtam.base.finding import Finding, JudgedStatement
from mtam.base.table import Table
from mtam.checks.check_registry import CHECKS, CheckJob, settings_of
from mtam.rates.verdict import Verdict
from tests.conftest import Mtam

TINY = ("laws=[cube]", "dims=[1]", "tokens=[3]", "samples=1000")  # a check of a moment
FINDING = Finding(
    name="demo",
    title="A demonstration",
    source="no paper",
    statement="two is more than one",
    assumptions=[],
    if_false="it would be less",
    verdicts=[JudgedStatement(key="more", claim="two is more", said=Verdict.SUPPORTED, because="2 > 1")],
    tables=[Table(name="numbers", title="Numbers", headings=["a"], rows=[[1]])],
)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A check that computes nothing; the names of the checks that ran."""
    ran = []

    def recorded(job: CheckJob, _tick: object) -> Finding:
        ran.append(job.name)
        return FINDING

    monkeypatch.setattr(CheckJob, "run", recorded)
    return ran


def test_every_check_has_a_file() -> None:
    assert set(conf_files.options("check")) == set(CHECKS)


@pytest.mark.parametrize("name", CHECKS)
def test_files_and_schema_have_the_same_fields_and_defaults(name: str) -> None:
    assert conf_files.load(f"check/{name}") == settings_of(name)().model_dump()


def test_settings_change_the_identity() -> None:
    one, two = (CheckJob("coercivity", settings_of("coercivity")(seed=seed)) for seed in (0, 1))
    assert one.digest != two.digest
    assert one.stamp() != two.stamp()


def test_a_finding_is_computed_once(mtam: Mtam) -> None:
    first, second = (json.loads(mtam("check", "coercivity", *TINY, "--json").out) for _ in range(2))
    assert (first.pop("computed"), second.pop("computed")) == (1, 0)
    assert first == second
    assert {"check", "out", "seconds", "settings", "verdicts", "tables", "statement"} <= set(first)
    names = {path.name for path in Path(first["out"]).iterdir()}
    assert {"finding.json", *(f"{table['name']}.csv" for table in first["tables"])} <= names
    assert {"coercivity.png", "coercivity.svg", "report.html"} <= names


def test_quiet_prints_the_folder_alone(quick: list[str], mtam: Mtam) -> None:
    said = mtam("check", "coercivity", "--quiet", "--out", "here")
    assert (said.code, said.out, said.err) == (0, "here\n", "")
    assert quick == ["coercivity"]


def test_a_damaged_finding_is_computed_again(quick: list[str], mtam: Mtam, here: Path) -> None:
    path = here / "here" / finding.FINDING
    mtam("check", "coercivity", "--out", "here", "--quiet")
    whole = path.read_text()
    path.write_text(whole[: len(whole) // 2])
    said = mtam("check", "coercivity", "--out", "here", "--json")
    assert json.loads(said.out)["computed"] == 1
    assert json.loads(path.read_text())["finding"] == json.loads(whole)["finding"]
    assert len(quick) == 2


def test_force_and_new_code_compute_again(
    quick: list[str], mtam: Mtam, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for flags in ([], [], ["--force"]):
        mtam("check", "coercivity", "--quiet", *flags)
    assert len(quick) == 2
    monkeypatch.setattr("mtam.checks.check_registry._code", lambda: "other code")
    mtam("check", "coercivity", "--quiet")
    assert len(quick) == 3
    assert len(list((here / "outputs").iterdir())) == 1


def test_a_table_that_was_lost_is_written_again(quick: list[str], mtam: Mtam, here: Path) -> None:
    for _ in range(2):
        mtam("check", "coercivity", "--out", "here", "--quiet")
        table = here / "here" / "numbers.csv"
        assert table.read_text() == "a\n1\n"
        table.unlink()
    assert len(quick) == 1


def test_report_draws_again_and_computes_nothing(quick: list[str], mtam: Mtam, here: Path) -> None:
    mtam("check", "coercivity", "--out", "here", "--quiet")
    (here / "here" / "numbers.csv").unlink()
    said = mtam("report", "here", "--json")
    assert json.loads(said.out)["computed"] == 0
    assert (here / "here" / "numbers.csv").is_file()
    assert len(quick) == 1


def test_a_table_that_cannot_be_written_is_one_sentence(quick: list[str], mtam: Mtam, here: Path) -> None:
    """A folder lies where the file is to go, which stops even root."""
    command = ("check", "coercivity", "--out", "here", "--quiet")
    mtam(*command)
    table = here / "here" / "numbers.csv"
    table.unlink()
    table.mkdir()
    said = mtam(*command)
    assert (said.code, len(said.err.splitlines())) == (1, 1), said.err
    assert "here cannot be written: Is a directory" in said.err
    table.rmdir()
    assert mtam(*command).code == 0
    assert table.is_file()
    assert len(quick) == 1


def test_another_check_or_other_things_are_left_alone(quick: list[str], mtam: Mtam, here: Path) -> None:
    path = here / "here" / finding.FINDING
    mtam("check", "coercivity", "--out", "here", "--quiet")
    before = path.read_bytes()
    said = mtam("check", "coercivity", "seed=7", "--out", "here")
    assert said.code == 2
    assert "other settings" in said.err
    assert path.read_bytes() == before
    (here / "mine").mkdir()
    (here / "mine" / "notes.txt").write_text("precious")
    said = mtam("check", "coercivity", "--out", "mine")
    assert said.code == 2
    assert [path.name for path in (here / "mine").iterdir()] == ["notes.txt"]
    assert len(quick) == 1


def test_all_runs_every_check(quick: list[str], mtam: Mtam) -> None:
    told = json.loads(mtam("check", "all", "--json", "--out", "parent").out)
    assert quick == list(CHECKS)
    assert {Path(each["out"]).parent for each in told["checks"]} == {Path("parent")}


def test_an_unknown_check() -> None:
    with pytest.raises(UsageError, match="did you mean coercivity"):
        settings_of("coercivty")
