"""Text whose lines break between words, and within none of its intervals, errors and equations.

Half an interval on a line reads as another number.
"""

import re

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.segment import Segment
from rich.text import Text

_NUMBER = r"[(]*[-+\d.][\w.+-]*"
# 1.2 [1.1, 1.3], [open, open], [0.95, ∞); 0.12 ± 0.01, (1.2 ± 0.1)e-05; d = 30; (ln n)^-b
HELD = re.compile(rf"(?:{_NUMBER} )?\[[^\[\]\s]+, [^\[\]\s]+[\])]|{_NUMBER} ± [\w.+-]+|[^\s=]+ = {_NUMBER}|\(ln \w+\)")
BOND = "\ue000"  # in place of a space that holds; a private character, one column wide and no white space


class HeldText:
    """Rich's ``Text`` with such lines, as a thing to be drawn: rich joins texts that are printed to plain ones."""

    def __init__(self, text: str | Text, style: str = "") -> None:
        self.text = Text(text, style=style) if isinstance(text, str) else text

    def within(self, width: int) -> Text:
        """The text with its bonds, but for those that no line of ``width`` columns can hold."""
        bound = self.text.copy()
        bound.plain = HELD.sub(lambda held: _bound(held[0], width), self.text.plain)
        return bound

    def least(self, width: int) -> int:
        """Columns of its longest piece that does not break."""
        return max(map(cell_len, self.within(width).plain.split()), default=0)

    def most(self) -> int:
        """Columns that it takes where nothing breaks."""
        return max(map(cell_len, self.text.plain.splitlines()), default=0)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for part in console.render(self.within(options.max_width), options):
            yield Segment(part.text.replace(BOND, " "), part.style, part.control)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(self.least(options.max_width), self.most())


def _bound(text: str, width: int) -> str:
    return text.replace(" ", BOND) if cell_len(text) <= width else text
