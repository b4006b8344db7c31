"""A check in the page: its statement, verdicts, picture, tables, settings, and how to come here again."""

import shlex
from dataclasses import replace
from functools import partial
from pathlib import Path

from mtam.base import conf_files
from mtam.base.table import Estimate, Table
from mtam.report import finding_report, page
from mtam.report.finding_section import Checked
from mtam.runs.run_check import compose
from tests.report.test_finding_report import FINDING
from tests.report.test_page import Links

SETTINGS = conf_files.load("check/fano") | {"betas": [2], "signal": 0.2}
CHECK = Checked("fano", "0123456789", SETTINGS, 12.34, FINDING)


def test_everything_is_there() -> None:
    text = page.render([CHECK])
    for wanted in (
        "check fano: A demonstration", "no paper: 1 supported.", "two is more than one", "numbers exist",
        "the ratio would be at most 1", '<span class="verdict supported">supported</span><br>ratio 2 ± 0.1',
        "Ratios of things", "2.00 ± 0.10", "A note.", "conf/check/fano.yaml", "Computing it took 12.3 s",
    ):  # fmt: skip
        assert wanted in text, wanted
    assert text.count("<svg") == 2
    assert 'class="tip"' in text


def test_the_contents_lead_to_every_part_and_nothing_is_named_twice() -> None:
    for jobs in ([CHECK], [CHECK, replace(CHECK, digest="another", folder="../check")]):
        found = Links(page.render(jobs))
        assert {each[1:] for each in found.addresses if each.startswith("#")} <= set(found.ids)
        assert len(set(found.ids)) == len(found.ids)
    assert f"#{CHECK.name}-verdicts" in Links(page.render([CHECK])).addresses
    assert "../check/ratios.csv" in found.addresses


def test_the_command_composes_the_same_settings() -> None:
    text = page.render([CHECK]).partition('aria-label="Command">')[2].partition("</pre>")[0].replace("&#39;", "'")
    words = shlex.split(text)
    assert words == ["mtam", "check", "fano", "betas=[2]", "signal=0.2"]
    assert compose("fano", words[3:]).settings.model_dump(mode="json") == SETTINGS


def test_a_long_table_says_what_is_left_out() -> None:
    table = Table(
        name="long", title="Long", headings=["i"], rows=[[Estimate(value=i, se=1)] for i in range(9)], shown=2
    )
    finding = FINDING.model_copy(update={"tables": [table], "panels": []})
    text = page.render([replace(CHECK, finding=finding)])
    assert "and 7 more rows in long.csv" in text
    assert "<svg" not in text


def test_a_drawn_picture_is_shown_as_if_drawn_now(tmp_path: Path) -> None:
    finding_report.write(FINDING, tmp_path)
    drawn = partial(page.render, [replace(CHECK, drawn=tmp_path)])
    assert drawn() == page.render([CHECK])
    (tmp_path / "demo.svg").write_text("no picture")
    assert drawn() == page.render([CHECK])
