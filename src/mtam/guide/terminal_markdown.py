"""Markdown as a terminal can show it: rich renders it, and what a terminal cannot show is put into words first."""

import re
from itertools import groupby
from typing import ClassVar

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import CodeBlock, Heading, Markdown, MarkdownElement
from rich.text import Text

PICTURE = re.compile(r"!\[([^\]]*)\]\((?:\.\./)*([^)]*)\)")
CELL = re.compile(r"(?<!\\)\|")  # a bar that parts cells; one in a text is escaped
RULE = re.compile(r"^\s*\|[\s|:-]+\|\s*$")
FEW = 2  # columns that are legible side by side in any width


class _Heading(Heading):
    """A heading at the left margin; rich centres the first level in a frame of the whole width."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        del console, options
        yield Text("")
        yield Text(self.text.plain, style="bold underline" if self.tag == "h1" else "bold")


class _Code(CodeBlock):
    """Code as it is written: a line that is too long goes on at the margin, so that it can be copied whole."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        del console, options
        for line in str(self.text).rstrip().split("\n"):
            yield Text(f"    {line}", style="cyan", no_wrap=True, overflow="ignore")


class TerminalMarkdown(Markdown):
    """Rich's Markdown with code that is never wrapped and headings at the margin."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "heading_open": _Heading,
        "fence": _Code,
        "code_block": _Code,
    }


def rendered(page: str, width: int) -> TerminalMarkdown:
    """The page for ``width`` columns. Wide tables become lists, pictures the names of their files."""
    named = PICTURE.sub(lambda match: f"Picture: {match[1]} (`{match[2]}`)", page)
    return TerminalMarkdown(_narrowed(named, width), hyperlinks=False)


def _narrowed(page: str, width: int) -> str:
    """The page with a list in place of every table of more than FEW columns that is wider than ``width``."""
    kept: list[str] = []
    for is_table, group in groupby(page.split("\n"), lambda line: line.lstrip().startswith("|")):
        lines = list(group)
        wide = is_table and len(lines) > 2 and RULE.match(lines[1]) and max(map(len, lines)) > width
        kept += _as_list(lines) if wide and len(_cells(lines[0])) > FEW else lines
    return "\n".join(kept)


def _as_list(lines: list[str]) -> list[str]:
    """A row becomes an item: its first cell, then every other cell that is not empty under its heading."""
    indent = lines[0][: len(lines[0]) - len(lines[0].lstrip())]
    heads, rows = _cells(lines[0]), [_cells(line) for line in lines[2:]]
    items = []
    for row in rows:
        cells = list(zip(heads[1:], row[1:], strict=True))
        named = [f"{head}: {cell}" if head else cell for head, cell in cells if cell]
        if len(cells) == FEW and cells[0][1]:  # a name, what it is, and a figure
            named[0] = cells[0][1]
        items += [f"{indent}- **{row[0].strip('*')}**  ", f"{indent}  {'; '.join(named)}"]
    return items


def _cells(line: str) -> list[str]:
    """The cells of a row.

    >>> _cells("| a | b \\\\| c |")
    ['a', 'b | c']
    """
    return [cell.strip().replace("\\|", "|") for cell in CELL.split(line.strip())[1:-1]]
