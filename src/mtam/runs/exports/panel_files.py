"""``--format`` and ``--style``: every panel of a run or of a check as a file of its own, under ``figures``."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtam.base.errors import UsageError, writing
from mtam.runs.console import Messages

if TYPE_CHECKING:
    from mtam.report.figures.picture import Picture

FOLDER = "figures"
FORMATS = ("png", "svg", "pdf")


@dataclass(frozen=True)
class PanelFiles:
    """Which files, in which style."""

    formats: tuple[str, ...]
    style: dict[str, Any]

    def write(self, out: Path, messages: Messages) -> list[Path]:
        """Draw every panel of what lies in ``out``, of a reproduction those of each of its runs."""
        from mtam.report.figures.formats import single_panels
        from mtam.runs.judge_folder import remembered

        files: list[Path] = []
        for folder in remembered(out):
            with writing(folder):
                for picture in _pictures(folder):
                    files += single_panels.save(picture, folder / FOLDER, self.formats, self.style)
        where = dict.fromkeys(path.parent for path in files)
        for place in where:
            count = sum(path.parent == place for path in files)
            messages.tell(f"{count} panel{'s' * (count != 1)} at the width of a column:")
            messages.path(place)
        return files


def wanted(formats: str | None, style: str | None) -> PanelFiles | None:
    """What --format and --style ask for; None where neither is given. Raises UsageError for what they cannot be."""
    if formats is None and style is None:
        return None
    ends = tuple(dict.fromkeys(part.strip() for part in (formats or "pdf").split(",")))
    for end in ends:
        if end not in FORMATS:
            raise UsageError(f"--format {formats}: {end or 'nothing'} is unknown; valid: {', '.join(FORMATS)}.")
    from mtam.report.figures.formats import single_panels

    return PanelFiles(ends, single_panels.settings(style or "paper"))


def _pictures(folder: Path) -> "Iterator[Picture]":
    from mtam.analysis.run import Run
    from mtam.checks import finding_folder
    from mtam.report import run_contents
    from mtam.report.figures import finding_figure
    from mtam.sweep import planning, store

    if finding_folder.is_finding(folder):
        kept = finding_folder.read(folder)
        picture = None if kept is None else finding_figure.picture(kept.finding)
        yield from [] if picture is None else [picture]
        return
    plan = planning.read(folder)
    yield from run_contents.job(Run(plan, store.read_all(folder, plan.trials, mend=False), folder)).pictures
