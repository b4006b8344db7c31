"""The pages of the guide: every file is listed, every page has a title, `mtam guide` shows them."""

import json
from pathlib import Path

import pytest

from mtam.guide import pages
from tests.conftest import Mtam


def test_every_file_is_a_page_and_every_page_a_file() -> None:
    files = {path.stem for path in Path(pages.__file__).parent.glob("*.md")}
    assert files == set(pages.PAGES)


def test_every_page_starts_with_its_only_title() -> None:
    for name in pages.PAGES:
        outside = pages.text(name).split("```")[::2]  # a comment in code starts like a title
        heads = [line for part in outside for line in part.splitlines() if line.startswith("# ")]
        assert heads == [f"# {pages.titles()[name]}"], name


def test_the_pages_are_listed(mtam: Mtam) -> None:
    listed = mtam("guide")
    assert listed.code == 0
    assert all(f"  {name} " in listed.out for name in pages.PAGES)
    assert json.loads(mtam("guide", "--json").out) == pages.titles()


def test_a_page_that_is_none_is_answered_with_the_nearest(mtam: Mtam) -> None:
    said = mtam("guide", "clams")
    assert said.code == 2
    assert said.err == "mtam: the guide has no page clams; did you mean claims?\n"


@pytest.mark.parametrize("name", pages.PAGES)
@pytest.mark.parametrize("width", [60, 80])
def test_a_page_fits_the_columns_in_plain_text(
    name: str, width: int, mtam: Mtam, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    shown = mtam("guide", name)
    assert shown.code == 0
    assert "\x1b" not in shown.out
    code = ("    ", "  ")  # code keeps its lines; so does the inside of a list where a name is longer than the line
    wide = [line for line in shown.out.splitlines() if len(line) > width and not line.startswith(code)]
    assert not wide
    assert not any(line.endswith(" ") for line in shown.out.splitlines())


def test_markdown_for_programs(mtam: Mtam) -> None:
    assert json.loads(mtam("guide", "settings", "--json").out) == {
        "page": "settings",
        "markdown": pages.text("settings"),
    }
