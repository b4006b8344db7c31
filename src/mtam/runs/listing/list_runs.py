"""Runs for a person: one line each, as wide as the screen."""

from datetime import datetime
from pathlib import Path

from rich.text import Text

from mtam.base.errors import UsageError
from mtam.rates.verdict import Verdict
from mtam.report.tables.terminal_grid import INK
from mtam.runs.console import Messages
from mtam.runs.listing.run_rows import DAMAGED, DONE, RunRow, rows

DEFAULT = Path("outputs")
NARROW = 72  # columns below which times are not shown
SHORTEST = 16  # columns that are worth showing axes and sizes in
LONGEST = 44  # columns of a reason that are shown beside axes and sizes
GAP = 2  # columns between two others
STYLES = {DONE: "", DAMAGED: "bold red"}


def list_runs(parent: Path | None, as_json: bool) -> None:
    """Tell the runs below ``parent``, or below outputs. Raises UsageError for a folder that is none."""
    messages = Messages(as_json=as_json, quiet=False)
    folder = DEFAULT if parent is None else parent
    if parent is not None and not parent.is_dir():
        raise UsageError(f"{parent} is not a folder; mtam runs FOLDER lists the runs in one.")
    runs = rows(folder)
    if not as_json:
        if runs:
            _print(runs, folder, messages)
        else:
            messages.tell(f"There is no run in {folder}. mtam sweep alpha makes one there; mtam guide says what else.")
    messages.answer({"folder": str(folder), "runs": [one.entry() for one in runs]})


def _print(runs: list[RunRow], parent: Path, messages: Messages) -> None:
    count = f"{len(runs)} run{'s' * (len(runs) > 1)}"
    messages.tell(Text(count if runs[0].out == parent else f"{count} in {parent}, the youngest first", style="bold"))
    columns = {
        "run": [Text(_name(one, parent)) for one in runs],
        "when": [Text(_time(one.when)) for one in runs],
        "state": [Text(one.progress, style=STYLES.get(one.state, "yellow")) for one in runs],
        "verdict": [_inked(one) for one in runs],
        "what": [Text(one.what, style="dim") for one in runs],
    }
    sound = [at for at, one in enumerate(runs) if one.state != DAMAGED or messages.width is None]
    natural = {
        name: max([len(name), *(cell.cell_len for at, cell in enumerate(cells) if name != "verdict" or at in sound)])
        for name, cells in columns.items()
    }
    widths = _widths(natural, messages.width)
    messages.line(_line({name: Text(name, style="dim") for name in widths}, widths))
    for at in range(len(runs)):
        messages.line(_line({name: columns[name][at] for name in widths}, widths))
    messages.tell("mtam report RUN shows one again, mtam status RUN counts, mtam claims RUN judges.")


def _widths(natural: dict[str, int], width: int | None) -> dict[str, int]:
    """The columns that there is room for, and how wide each is; all of them as wide as they need without a width.

    State and time are never cut. Of what is left the run has two thirds at most, what it is only what the verdict
    leaves; below NARROW columns the time goes.
    """
    if width is None:
        return natural
    kept = [name for name in natural if name != "what" and (name != "when" or width >= NARROW)]
    left = width - sum(natural[name] + GAP for name in kept if name in ("when", "state")) - GAP
    run = min(natural["run"], max(left * 2 // 3 if natural["verdict"] > left // 3 else left, 8))
    verdict = min(max(natural["verdict"], LONGEST), max(left - run, 8))
    widths = {name: {"run": run, "verdict": verdict}.get(name, natural[name]) for name in kept}
    rest = left - run - verdict - GAP
    return widths | ({"what": min(natural["what"], rest)} if rest >= SHORTEST else {})


def _line(cells: dict[str, Text], widths: dict[str, int]) -> Text:
    line = Text(" " * GAP).join(_cut(cells[name], width) for name, width in widths.items())
    line.rstrip()
    return line


def _cut(cell: Text, width: int) -> Text:
    cut = cell.copy()
    cut.truncate(width, overflow="ellipsis", pad=True)
    return cut


def _name(one: RunRow, parent: Path) -> str:
    """The folder below ``parent``, with what it is where its name does not say so."""
    place = one.out.name if one.out == parent else str(one.out.relative_to(parent))
    named = one.out.name.startswith((one.name, f"{one.kind}-{one.name}", f"reproduce-{one.name}"))
    return place if named else f"{place} ({one.kind} {one.name})"


def _time(when: float) -> str:
    """The local time; of another year the date alone."""
    at = datetime.fromtimestamp(when)
    return f"{at:%b %d %H:%M}" if at.year == datetime.now().year else f"{at:%Y-%m-%d}"


def _inked(one: RunRow) -> Text:
    if "contradicted" in one.verdict:
        return Text(one.verdict, style=INK[Verdict.CONTRADICTED])
    return Text(one.verdict)
