"""What a person sees at 80 columns, at 60, and in a pipe.

The screens in ``tests/data/screens`` are what the commands print; ``MTAM_WRITE_SCREENS=1 pytest tests/test_screens.py``
writes them anew, and the difference is what a reader of the change has to like.
"""

import os
import re
import shutil

import pytest
from rich.cells import cell_len

from tests.conftest import REPO, TINY, Mtam

SCREENS = REPO / "tests" / "data" / "screens"
SHOWN = {
    "rates_80": (80, ("rates", "curves.csv", "--predict", "1e5", "--budget", "1e5")),
    "rates_60": (60, ("rates", "curves.csv", "--predict", "1e5", "--budget", "1e5")),
    "rates_pipe": (None, ("rates", "curves.csv")),
    "help_80": (80, ("--help",)),
    "list_launcher_60": (60, ("list", "launcher")),
}


def broken(lines: list[str]) -> list[str]:
    """Lines on which an interval begins or ends that does not end or begin there."""
    return [line for line in lines if re.search(r"\[[-\w.+]+,\s*│?\s*$|^[^\[]*[-\d.]\]", line)]


@pytest.mark.parametrize("name", SHOWN)
def test_a_screen_is_as_it_was(name: str, mtam: Mtam, monkeypatch: pytest.MonkeyPatch) -> None:
    width, command = SHOWN[name]
    if width is not None:
        monkeypatch.setenv("COLUMNS", str(width))
    shutil.copy(SCREENS / "curves.csv", ".")
    said = mtam(*command)
    assert (said.code, said.err) == (0, "")
    out = re.sub(r"^Usage: (?:python\S* -m )?\S+", "Usage: mtam", said.out, count=1)  # as the tests were started
    lines = [line.rstrip() for line in out.splitlines()]
    kept = SCREENS / f"{name}.txt"
    if os.environ.get("MTAM_WRITE_SCREENS"):
        kept.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert lines == kept.read_text(encoding="utf-8").splitlines()


def test_every_screen_of_a_run_keeps_to_the_width(mtam: Mtam, monkeypatch: pytest.MonkeyPatch) -> None:
    assert mtam("sweep", "alpha", *TINY, "--launcher", "inline", "--out", "outputs/run", "-q").code == 0
    for width in (60, 80):
        monkeypatch.setenv("COLUMNS", str(width))
        for command in ("report outputs/run --tables", "claims outputs/run --details", "status outputs/run", "runs"):
            lines = mtam(*command.split()).out.splitlines()
            assert len(lines) > 2
            assert max(map(cell_len, lines)) <= width, command
            assert not broken(lines), command


def test_a_broken_interval_is_noticed() -> None:
    """The control."""
    assert broken(["│ linear │ -0.406 [-0.450, │", "│        │ -0.362] │"]) == [
        "│ linear │ -0.406 [-0.450, │",
        "│        │ -0.362] │",
    ]
    assert not broken(["│ linear │ -0.406 [-0.450, -0.362] │", "lies in [2, ∞)"])
