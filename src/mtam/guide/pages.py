"""The pages of the guide: Markdown files beside this module, one heading of the first level each."""

from pathlib import Path

from mtam.base.conf_files import nearest
from mtam.base.errors import UsageError

# In the order in which they are listed.
PAGES = (
    "commands", "results", "claims", "coverage", "checks", "reading", "settings", "run-folder", "cluster", "own-data",
    "own-curves", "own-problem", "python", "architecture", "contributing",
)  # fmt: skip


def path(name: str) -> Path:
    """The file of a page. Raises UsageError for a name that is none."""
    if name not in PAGES:
        raise UsageError(f"the guide has no page {name}; {nearest(name, PAGES)}")
    return Path(__file__).with_name(f"{name}.md")


def text(name: str) -> str:
    """The Markdown of a page. Raises UsageError for a name that is none."""
    return path(name).read_text(encoding="utf-8")


def titles() -> dict[str, str]:
    """Every page's heading, by its name.

    >>> titles()["settings"]
    'Settings'
    """
    return {name: text(name).partition("\n")[0].removeprefix("# ") for name in PAGES}
