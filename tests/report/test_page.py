"""The page: complete, self-contained, the same bytes again, honest about what is missing or failed."""

import json
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.console import Console

from mtam.analysis.run import Run
from mtam.base.table import Cell, Table
from mtam.config import plan_sweep
from mtam.rates.intervals import Interval
from mtam.rates.verdict import Judgement, Verdict
from mtam.report import page, run_contents
from mtam.runs import run_plan
from mtam.runs.outputs import PAGE, build
from mtam.sweep import planning, store
from tests.conftest import TINY

HEADINGS = ["claim", "source", "reported", "theory", "this run", "verdict", "where"]
INTERVAL = Interval(-0.81234, -0.85, float("inf"))
CLAIM: list[Cell] = [
    "the error falls as M^-0.8 & faster <b>", "Theorem 1", "-0.8", "-0.8", INTERVAL,
    Judgement(Verdict.SUPPORTED, INTERVAL, "it does"), "d: data.d = 5",
]  # fmt: skip
UNKNOWN: list[Cell] = [
    "nothing known", "", "", "", None, Judgement(Verdict.UNDECIDED, None, "the sweep d was not run"), "d"
]  # fmt: skip


def claims(*rows: list[Cell]) -> page.ShownClaims:
    return page.ShownClaims(Table(name="claims", title="Claims", headings=HEADINGS, rows=list(rows)))


class Links(HTMLParser):
    """Every address that the page names, and every id."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.feed(text)

    def handle_starttag(self, _: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src", "xlink:href", "action", "data") and value:
                self.addresses.append(value)
            if name == "id" and value:
                self.ids.append(value)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("page") / "run"
    plan = plan_sweep("alpha", [*TINY, "launcher=inline"])
    run_plan.run(plan, run_plan.Options(out=out, device="cpu", quiet=True), Console(stderr=True))
    return out


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "run"))


def job(out: Path) -> page.RunSection:
    """The run without its pictures, which take most of the time."""
    plan = planning.read(out)
    return replace(run_contents.job(Run(plan, store.read_all(out, plan.trials)), out.name), pictures=())


def test_a_run_leaves_a_page_that_needs_nothing_else(run: Path) -> None:
    text = (run / PAGE).read_text()
    found = Links(text)
    for address in found.addresses:
        if address.startswith("#"):
            assert address[1:] in found.ids, address
        elif address != "data:,":
            assert (run / address).is_file(), address
    assert len(set(found.ids)) == len(found.ids)
    assert not re.findall(r"url\((?!#)|@import|<link[^>]*stylesheet", text)
    for wanted in ("Learning curves", "kawata2026", "mtam sweep alpha", "Environment", "set for this run"):
        assert wanted in text


def test_what_the_reading_concludes_lies_beside_the_page_and_in_the_summary(run: Path) -> None:
    summary = json.loads((run / "summary.json").read_text())["summary"]
    assert summary["tables"]
    addresses = Links((run / PAGE).read_text()).addresses
    for table in summary["tables"]:
        lines = (run / f"{table['name']}.csv").read_text().splitlines()
        assert len(lines) == 1 + len(table["rows"])
        assert f"{table['name']}.csv" in addresses
    numbers = [cell for table in summary["tables"] for row in table["rows"] for cell in row.values()]
    assert any(isinstance(cell, float) for cell in numbers)


def test_the_same_bytes_again(run: Path) -> None:
    names = [path.name for path in run.iterdir() if path.is_file()]
    before = {name: (run / name).read_bytes() for name in names}
    for name in names:
        if name not in ("manifest.json", "config.yaml"):
            (run / name).unlink()
    build(planning.read(run), run)
    after = {name: (run / name).read_bytes() for name in names if name != "summary.json"}
    assert after == {name: text for name, text in before.items() if name != "summary.json"}


def test_a_half_finished_run_says_so_at_the_top(run: Path) -> None:
    store.path_of(run, next(iter(planning.read(run).trials))).unlink()
    header = page.render([job(run)]).partition("<nav")[0]
    assert "Half-finished" in header
    assert "1 of 8 trials have no record yet" in " ".join(header.split())


def test_a_run_without_any_record_still_has_a_page(run: Path) -> None:
    for path in (run / store.FOLDER).iterdir():
        path.unlink()
    build(planning.read(run), run)
    assert "8 of 8 trials have no record yet" in " ".join((run / PAGE).read_text().split())


def test_failed_trials_are_shown_with_their_tracebacks_folded(run: Path) -> None:
    key = next(iter(planning.read(run).trials))
    record = json.loads(store.path_of(run, key).read_text())
    told = {"failure": "ValueError: <boom>", "traceback": "Traceback: line 1 < 2"}
    store.write(run, key, {"spec": record["spec"], "device": "cpu", "environment": record["environment"], **told})
    text = page.render([job(run)])
    assert "ValueError: &lt;boom&gt;" in text
    assert "Traceback: line 1 &lt; 2" in text.partition("<details>")[2]
    assert "1 of 8 trials failed" in text


def test_claims_are_rows_with_their_verdicts(run: Path) -> None:
    text = page.render([job(run)], claims(CLAIM, UNKNOWN))
    assert "M^-0.8 &amp; faster &lt;b&gt;" in text
    assert "-0.812 [-0.85, open]" in text
    assert '<span class="verdict supported">' in text
    assert '<span class="verdict undecided">' in text
    assert "d: data.d = 5" in text
    assert "1 supported, 1 undecided at this scale" in text


def test_several_runs_share_a_page_without_sharing_ids(run: Path) -> None:
    plan = plan_sweep("alpha", [*TINY, "data.noise=0.3", "launcher=inline"])  # the same records will do
    one = run_contents.job(Run(planning.read(run), store.read_all(run, planning.read(run).trials)), "run")
    found = Links(page.render([one, replace(one, plan=plan, folder="other run")], claims()))
    assert len(set(found.ids)) == len(found.ids)
    assert "run/curve.csv" in found.addresses
    assert "other%20run/curves.csv" in found.addresses
    assert {f"#alpha-{digest}" for digest in (one.plan.digest, plan.digest)} <= set(found.addresses)
