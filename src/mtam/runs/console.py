"""Results on standard output, progress and sentences on standard error, one JSON object where it is asked for."""

import json
import os
from functools import partial
from typing import Any

from rich.console import Console, Group
from rich.text import Text

from mtam.report.tables.held_text import HeldText

PIPE = 140  # columns where there is no terminal and COLUMNS says nothing: tables are not squeezed there


class Messages:
    """Results and sentences: results to standard output unless that is kept for JSON; progress to standard error."""

    def __init__(
        self, *, as_json: bool, quiet: bool, tables: bool = False, details: bool = False, pipe_width: int = PIPE
    ) -> None:
        self.as_json, self.quiet = as_json, quiet
        self.tables = tables  # whether all of them are wanted, not only what fits one screen
        self.details = details or tables  # whether claims are told with sources, theory and reasons
        self.err = _console(pipe_width, stderr=True)
        self.out = self.err if as_json else _console(pipe_width, stderr=False)

    @property
    def width(self) -> int | None:
        """The columns that lines may take; None in a pipe where COLUMNS says nothing."""
        return self.out.width if _has_width(self.out) else None

    def tell(self, what: Any) -> None:
        """Show something to a person; a sentence wider than the screen is wrapped, in a pipe it keeps its one line."""
        if self.quiet:
            return
        sentence = isinstance(what, str)
        held = Group(HeldText(what)) if isinstance(what, str | Text) else what
        self.out.print(held, soft_wrap=sentence and not _has_width(self.out))

    def say_to_err(self, sentence: str) -> None:
        """Say what goes on, where progress is shown."""
        if not self.quiet:
            self.err.print(sentence, soft_wrap=True)

    def line(self, what: Any) -> None:
        """Show something in one line, however long."""
        if not self.quiet:
            self.out.print(what, soft_wrap=True)

    def path(self, path: object) -> None:
        """Show a path in one line, however long, so that it can be copied."""
        self.line(str(path))

    def answer(self, summary: dict[str, Any]) -> None:
        """The one JSON object, or under --quiet the folder alone."""
        if self.as_json:
            print(json.dumps(summary, allow_nan=False))
        elif self.quiet and "out" in summary:
            print(summary["out"])


def _console(pipe_width: int, *, stderr: bool) -> Console:
    """A console as wide as the terminal or COLUMNS say, elsewhere ``pipe_width`` columns."""
    # Names of folders and cells may hold brackets and colons.
    plain = partial(Console, stderr=stderr, highlight=False, markup=False, emoji=False)
    screen = plain()
    return screen if _has_width(screen) else plain(width=pipe_width)


def _has_width(screen: Console) -> bool:
    """Whether a terminal or COLUMNS says how wide the lines are to be."""
    return screen.is_terminal or os.environ.get("COLUMNS", "").isdigit()
