"""mtam runs: a line per run at any width; a damaged one says so and stops no other; nothing is written."""

import json
import os
import time
from pathlib import Path

import pytest

from mtam.base.finding import FINDING, Finding, JudgedStatement
from mtam.checks import finding_folder
from mtam.checks.finding_folder import StoredFinding
from mtam.config import plan_sweep
from mtam.problems import examples
from mtam.rates.verdict import Verdict
from mtam.runs.listing.run_rows import rows
from mtam.runs.listing.run_verdict import counted, of_claims, of_summary
from mtam.sweep import heartbeats, store
from mtam.sweep.planning import Plan
from tests.conftest import TINY, Mtam

ENDED = 1_700_000_000.0  # Unix time of the records here


def made(out: Path, done: int, failed: int = 0, ended: float = ENDED) -> Plan:
    """A folder of the tiny sweep of eight trials with so many records."""
    plan = plan_sweep("alpha", TINY)
    plan.write(out)
    for at, key in enumerate(list(plan.trials)[: done + failed]):
        body = {"numbers": {"error": 1.0}} if at < done else {"failure": "no memory"}
        store.write(out, key, {**body, "ended": ended + at})
    return plan


def summarised(out: Path, **summary: object) -> None:
    (out / "summary.json").write_text(json.dumps({"stamp": "", "files": [], "checksum": "", "summary": summary}))


def checked(out: Path, *words: Verdict) -> None:
    said = [JudgedStatement(key=f"v{at}", claim="c", said=word, because="b") for at, word in enumerate(words)]
    what = Finding(
        name="fano", title="t", source="no paper", statement="s", assumptions=[], if_false="f", verdicts=said, tables=[]
    )
    kept = StoredFinding(check="fano", digest="d", stamp="s", seconds=1.0, settings={"seed": 0}, finding=what)
    finding_folder.write(kept, out)


CELL = {"theory_slope": -0.5, "loglog_slope": -0.52, "loglog_slope_ci": [-0.6, -0.44], "sizes": [16, 32]}


def test_what_when_state_and_verdict(mtam: Mtam, here: Path) -> None:
    made(here / "outputs" / "alpha-1", 8)
    summarised(here / "outputs" / "alpha-1", cells=[CELL, {**CELL, "loglog_slope_ci": [-0.9, -0.6]}])
    made(here / "outputs" / "half", 3, ended=ENDED + 100)
    made(here / "outputs" / "broken", 5, failed=3, ended=ENDED - 100)
    checked(here / "outputs" / "check-fano-1", Verdict.SUPPORTED, Verdict.CONTRADICTED)
    os.utime(here / "outputs" / "check-fano-1" / FINDING, (ENDED - 1e6, ENDED - 1e6))
    said = mtam("runs")
    assert said.code == 0, said.err
    first, head, *lines, last = said.out.splitlines()
    assert first == "4 runs in outputs, the youngest first"
    assert head.split() == ["run", "when", "state", "verdict", "what"]
    words = [line.split("  ")[0] for line in lines]
    assert words == ["half (sweep alpha)", "alpha-1", "broken (sweep alpha)", "check-fano-1"]
    assert "3 of 8" in lines[0]
    assert "done" in lines[1]
    assert "theory's slope in 1 of 2 intervals" in lines[1]
    assert "alpha = 1.0, 2.0; n = 16 to 32; 2 seeds" in lines[1]
    assert "3 failed" in lines[2]
    assert "1 contradicted, 1 supported" in lines[3]
    assert "mtam report RUN" in last
    told = json.loads(mtam("runs", "--json").out)["runs"]
    assert [one["state"] for one in told] == ["stopped", "done", "done", "done"]
    assert told[0]["trials"] == {"done": 3, "running": 0, "failed": 0, "missing": 5}
    assert [one["kind"] for one in told] == ["sweep", "sweep", "sweep", "check"]
    assert told[1]["when"].startswith("2023-11-1")


@pytest.mark.parametrize("width", [60, 80, 120])
def test_every_run_is_one_line_at_any_width(
    width: int, mtam: Mtam, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(here / "outputs" / "alpha-0123456789", 8)
    summarised(here / "outputs" / "alpha-0123456789", error=0.00123, oracle_error=0.00099)
    made(here / "outputs" / ("a name that is longer than what a screen can hold " * 3).strip(), 3)
    monkeypatch.setenv("COLUMNS", str(width))
    lines = mtam("runs").out.splitlines()
    assert len(lines) == 5 + (width < 80)  # the last sentence wraps
    assert max(map(len, lines)) <= width
    row = next(line for line in lines if line.startswith("alpha-0123456789"))
    assert "done" in row
    assert ("Nov 1" in row or "2023-11-1" in row) == (width > 60)
    assert "3 of 8" in "".join(lines)


def test_damaged_folders_are_told_and_stop_nothing(mtam: Mtam, here: Path) -> None:
    made(here / "outputs" / "whole", 8)
    for name, file, text in (
        ("cut", "manifest.json", "{"),
        ("other", "manifest.json", '{"kind": "sweep"}'),
        ("check", FINDING, "[]"),
        ("jobs", "jobs.json", '{"jobs": 5}'),
        ("list", "jobs.json", "[]"),
    ):
        (here / "outputs" / name).mkdir()
        (here / "outputs" / name / file).write_text(text)
    (here / "outputs" / "torn").mkdir()
    made(here / "outputs" / "torn", 8)
    next((here / "outputs" / "torn" / "records").iterdir()).write_text("{")
    summarised(here / "outputs" / "torn", cells=5)
    before = sorted(here.rglob("*"))
    told = {Path(one["out"]).name: one for one in json.loads(mtam("runs", "--json").out)["runs"]}
    assert {name for name, one in told.items() if one["state"] == "damaged"} == {
        "cut",
        "other",
        "check",
        "jobs",
        "list",
    }
    assert "it is not JSON" in told["cut"]["verdict"]
    assert (told["torn"]["state"], told["torn"]["verdict"]) == ("stopped", "")
    said = mtam("runs")
    assert (said.code, said.err) == (0, "")
    assert said.out.count("damaged") >= 5
    assert sorted(here.rglob("*")) == before


def test_a_verdict_that_is_older_than_the_records_is_none_of_theirs(tmp_path: Path) -> None:
    made(tmp_path / "run", 8)
    summarised(tmp_path / "run", cells=[CELL])
    (row,) = rows(tmp_path)
    assert row.verdict == "n^-0.52 [-0.60, -0.44], theory -0.50"
    os.utime(tmp_path / "run" / "summary.json", (ENDED - 10, ENDED - 10))
    (row,) = rows(tmp_path)
    assert row.verdict == ""


def test_a_run_under_way_is_running(tmp_path: Path) -> None:
    plan = made(tmp_path / "run", 2)
    pack = next(pack for pack in plan.packs if list(plan.trials)[-1] in pack)
    folder = tmp_path / "run" / heartbeats.FOLDER
    folder.mkdir()
    beat = {"fraction": 0.5, "started": time.time() - 10, "time": time.time(), "host": "elsewhere"}
    (folder / f"{pack[0]}.json").write_text(json.dumps(beat))
    (row,) = rows(tmp_path)
    assert row.state == "running"
    assert row.progress == "2 of 8, running"


def test_a_reproduction_counts_its_runs_and_its_claims(tmp_path: Path) -> None:
    made(tmp_path / "one", 8)
    made(tmp_path / "two", 4)
    (tmp_path / "all").mkdir()
    (tmp_path / "all" / "jobs.json").write_text(
        json.dumps({"scale": "smoke", "jobs": ["../one", "../two", "../three"]})
    )
    claims = [
        {"verdict": "supported", "value": 1.0, "cell": "alpha = 1"},
        {"verdict": "undecided at this scale", "value": None, "cell": "", "because": "the sweep d was not run"},
        {"verdict": "undecided at this scale", "value": 0.5, "cell": "d = 5"},
        {"verdict": "contradicted", "value": None, "cell": ""},
    ]
    (tmp_path / "all" / "claims.json").write_text(json.dumps(claims))
    (row,) = rows(tmp_path / "all")
    assert (row.kind, row.name, row.progress) == ("reproduction", "smoke", "1 of 3")
    assert row.verdict == "claims: 1 contradicted, 1 supported, 1 undecided"
    assert of_claims(tmp_path / "all", time.time() + 10) == ""


def test_a_summary_without_slopes_tells_errors(tmp_path: Path) -> None:
    summarised(tmp_path, cells=[{"sizes": [8, 64], "mean_errors": [0.5, e]} for e in (0.25, 0.125)])
    assert of_summary(tmp_path, 0.0, "n") == "error 0.125 to 0.25 at n = 64"
    summarised(tmp_path, cells=[], answers=[{"figures": {"law": {"verdict": "supported"}}}, {"figures": {"x": 1}}])
    assert of_summary(tmp_path, 0.0, "n") == "law: 1 supported"
    summarised(tmp_path, failure="no memory")
    assert of_summary(tmp_path, 0.0, "n") == "failed"
    summarised(tmp_path, holdout_error=0.5)
    assert of_summary(tmp_path, 0.0, "n") == "hold-out error 0.5"
    assert counted([]) == ""


def test_a_real_run_and_its_claims(mtam: Mtam, here: Path) -> None:
    (here / "mean.py").write_text((Path(examples.__file__).parent / "gaussian_mean.py").read_text())
    small = ("sweep.sizes=[16,32]", "sweep.seeds=3", "launcher=inline", "--out", "group/one", "--quiet")
    assert mtam("sweep", "mean.py", *small).code == 0
    (told,) = json.loads(mtam("runs", "group", "--json").out)["runs"]
    assert (told["state"], told["name"]) == ("done", "gaussian_mean")
    assert told["verdict"].startswith("theory's slope in")
    assert mtam("claims", "group/one", "-q").code == 0
    (told,) = json.loads(mtam("runs", "group/one", "--json").out)["runs"]
    assert told["verdict"].startswith("claims: ")
    assert (
        mtam("report", "group").err
        == "mtam: group is not the folder of a run: it holds 1 run, and mtam runs group lists them.\n"
    )


def test_no_runs(mtam: Mtam, here: Path) -> None:
    said = mtam("runs")
    assert said.code == 0
    assert "There is no run in outputs. mtam sweep alpha makes one there" in said.prose
    assert json.loads(mtam("runs", "--json").out) == {"folder": "outputs", "runs": []}
    for word in ("nowhere", "file"):
        (here / "file").write_text("")
        said = mtam("runs", word)
        assert (said.code, said.out, len(said.err.splitlines())) == (2, "", 1)
        assert f"{word} is not a folder" in said.err
