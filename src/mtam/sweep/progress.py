"""How far a run is, shown: a bar on a terminal, a line every few seconds elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

from mtam.base import compile_time

SILENT = 5.0  # seconds between lines where there is no terminal

# fraction done, a short text such as ``12/63 trials``, and the fraction that was done before this run began or went on
Show = Callable[[float, str, float], None]


@contextmanager
def display(console: Console, title: str, quiet: bool) -> Iterator[Show]:
    """Show progress, with the time left by the pace of this run: what was done before it counts for nothing there."""
    if quiet:
        yield lambda _fraction, _text, _before: None
    elif console.is_terminal:
        with _bar(console, title) as show, compile_time.heard(lambda: _compiling(console, title)):
            yield show
    else:
        with compile_time.heard(lambda: _compiling(console, title)):
            yield _lines(console, title)


def _compiling(console: Console, title: str) -> None:
    console.print(f"{title}: {compile_time.NOTICE}", highlight=False, soft_wrap=True)


@contextmanager
def _bar(console: Console, title: str) -> Iterator[Show]:
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[text]}"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
    )
    started = time.monotonic()
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(title, total=1.0, text="", left="")

        def show(fraction: float, text: str, before: float) -> None:
            left = _left(started, fraction, before)
            progress.update(task, completed=fraction, text=text, left=left)

        yield show


def _lines(console: Console, title: str) -> Show:
    started = last = time.monotonic()

    def show(fraction: float, text: str, before: float) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= SILENT:
            last = now
            line = f"{title}: {fraction:.0%}, {text}, {now - started:.0f} s {_left(started, fraction, before)}".rstrip()
            console.print(line, highlight=False, soft_wrap=True)

    return show


def _left(started: float, fraction: float, before: float) -> str:
    gained = fraction - before
    if gained < 0.02 * (1 - before) or gained <= 0:
        return ""
    return f"(about {duration((time.monotonic() - started) * (1 - fraction) / gained)} left)"


def duration(seconds: float) -> str:
    """A time for people.

    >>> duration(75), duration(600), duration(10_000)
    ('75 s', '10 min', '2.8 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
