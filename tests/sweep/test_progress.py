"""The bar, the lines, and the time that is left."""

import io

import pytest
from rich.console import Console

from mtam.sweep import progress


def test_lines_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr("mtam.sweep.progress.time.monotonic", lambda: float(next(clock)))
    told = io.StringIO()
    with progress.display(Console(file=told, width=100), "alpha", quiet=False) as show:
        show(0.5, "3/6 trials", 0.0)
    assert told.getvalue().startswith("alpha: 50%, 3/6 trials")
    assert "left" in told.getvalue()


def test_quiet_says_nothing() -> None:
    told = io.StringIO()
    with progress.display(Console(file=told), "alpha", quiet=True) as show:
        show(0.5, "3/6 trials", 0.0)
    assert told.getvalue() == ""


@pytest.mark.parametrize(
    ("fraction", "before", "left"),
    [(0.5, 0.0, "(about 10 s left)"), (0.9, 0.8, "(about 10 s left)"), (0.8, 0.8, ""), (1.0, 1.0, ""), (0.01, 0.0, "")],
)
def test_the_time_left_is_by_the_pace_of_this_run(
    fraction: float, before: float, left: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten seconds have made a half of all, or a tenth on top of what an earlier run had made."""
    monkeypatch.setattr("mtam.sweep.progress.time.monotonic", lambda: 10.0)
    assert progress._left(0.0, fraction, before) == left
