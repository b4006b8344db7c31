"""A check as the page shows it: the statement, the verdicts, the pictures, the tables, the settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from mtam.base.finding import FINDING, Finding
from mtam.report import finding_report, page_parts, settings_sources
from mtam.report.figures import finding_figure
from mtam.report.figures.picture import Picture
from mtam.report.format import counts


@dataclass(frozen=True)
class Checked:
    """One finding, and the question that it answers."""

    check: str
    digest: str
    settings: Mapping[str, Any]
    seconds: float
    finding: Finding
    folder: str = ""  # where the files lie, as the page sees it

    drawn: Path | None = None  # a folder with the picture of this very finding, which is then not drawn again

    @cached_property
    def picture(self) -> Picture | None:
        """The panels of the finding, where it has some."""
        picture = finding_figure.picture(self.finding)
        return picture if picture is None or self.drawn is None else picture.found(self.drawn)

    @property
    def name(self) -> str:
        """Unique among the sections of a page."""
        return f"check-{self.check}-{self.digest}"


def shown(check: Checked) -> dict[str, Any]:
    """What the template needs."""
    finding = check.finding
    said = counts([verdict.said for verdict in finding.verdicts])
    files = finding_report.names(finding)
    behind = page_parts.links(check.folder, files)
    return {
        "kind": "check",
        "id": check.name,
        "name": f"check {check.check}",
        "title": f"check {check.check}: {finding.title}",
        "sentence": f"{finding.source}: {', '.join(said)}.",
        "finding": finding,
        "trials": 0,
        "missing": 0,
        "failures": [],
        "figures": [] if check.picture is None else [page_parts.figure(check.picture, check.name, behind)],
        "sheets": [page_parts.sheet(table) for table in finding.tables],
        "notes": finding.notes,
        "settings": settings_sources.of_check(check.check, check.settings),
        "command": settings_sources.check_command(check.check, check.settings),
        "seconds": f"{check.seconds:.3g}",
        "folder": check.folder or ".",
        "files": page_parts.links(check.folder, [FINDING, *files]),
    }
