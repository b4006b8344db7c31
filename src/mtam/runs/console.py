"""Results on standard output, progress and sentences on standard error, one JSON object where it is asked for."""

import json
from functools import partial
from typing import Any

from rich.console import Console


class Messages:
    """Results and sentences: results to standard output unless that is kept for JSON; progress to standard error."""

    def __init__(self, *, as_json: bool, quiet: bool) -> None:
        self.as_json, self.quiet = as_json, quiet
        self.err = _console(stderr=True)
        self.out = self.err if as_json else _console(stderr=False)

    def tell(self, what: Any) -> None:
        """Show something to a person."""
        if not self.quiet:
            self.out.print(what, soft_wrap=isinstance(what, str))

    def answer(self, summary: dict[str, Any]) -> None:
        """The one JSON object, or under --quiet the folder alone."""
        if self.as_json:
            print(json.dumps(summary, allow_nan=False))
        elif self.quiet and "out" in summary:
            print(summary["out"])


def _console(*, stderr: bool) -> Console:
    """A console that does not squeeze tables into 80 columns where there is no terminal."""
    # Names of folders and cells may hold brackets and colons.
    plain = partial(Console, stderr=stderr, highlight=False, markup=False, emoji=False)
    screen = plain()
    return screen if screen.is_terminal else plain(width=140)
