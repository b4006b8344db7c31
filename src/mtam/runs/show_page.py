"""A page of the guide on standard output."""

from mtam.guide.terminal_markdown import rendered
from mtam.runs.console import Messages

PIPE = 80  # columns of prose where there is no terminal and COLUMNS says nothing


def show(page: str) -> None:
    """Print a page as wide as the terminal or COLUMNS say; into a pipe or a file as plain text."""
    screen = Messages(as_json=False, quiet=False, pipe_width=PIPE).out
    with screen.capture() as shown:
        screen.print(rendered(page, screen.width), crop=False)
    # rich fills every line up to the width with spaces.
    print("\n".join(line.rstrip() for line in shown.get().strip("\n").split("\n")))
