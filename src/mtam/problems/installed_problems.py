"""The problems of installed packages: entry points of the group ``mtam.problems``, known by name and not imported."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "mtam.problems"


def installed() -> "dict[str, EntryPoint]":
    """The entry points by name."""
    from importlib.metadata import entry_points  # takes as long to load as half of what a command line needs

    return {point.name: point for point in entry_points(group=GROUP)}


def titles() -> dict[str, str]:
    """The package of every installed problem, and what that says of itself."""
    lines = {}
    for name, point in sorted(installed().items()):
        if point.dist is None:
            lines[name] = point.value
            continue
        summary = str(point.dist.metadata.get("Summary") or "").strip()  # type: ignore[attr-defined]
        lines[name] = f"{point.dist.name} {point.dist.version}" + (f": {summary}" if summary else "")
    return lines
