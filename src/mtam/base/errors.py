"""What goes wrong for a person, told in one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class UsageError(ValueError):
    """Bad input from the user: printed as one sentence, exit code 2, no traceback."""


class RunError(RuntimeError):
    """The machine failed a run (disk full, folder gone): printed as one sentence, exit code 1, no traceback."""


class UncachedWarning(UserWarning):
    """Compiled code cannot be kept on disk: nothing is wrong with a result, but every process compiles anew."""


@contextmanager
def opening(out: Path) -> Iterator[None]:
    """Make the folder ``out`` of --out for the first that is written there; UsageError when that fails."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise UsageError(f"--out {out} cannot be written: {error.strerror or error}.") from None


@contextmanager
def writing(out: Path) -> Iterator[None]:
    """Tell what the file system says in one sentence (RunError) while the folder ``out`` is written."""
    try:
        yield
    except OSError as error:
        if not out.exists():
            raise RunError(f"{out} has vanished while it was written; the same command begins it anew.") from None
        raise RunError(
            f"{out} cannot be written: {error.strerror or error}; what is done is kept, and the same command goes on "
            "from there once that is mended."
        ) from None


LONGEST_WORD, LONGEST = 300, 2000  # characters of what is told


def legible(sentence: str) -> str:
    r"""One line that a terminal can show: what cannot be printed is escaped, what is endless is cut in its middle.

    >>> legible("no sweep \x1b[2J\n here"), len(legible("x" * 5000)) < 400
    ('no sweep \\x1b[2J here', True)
    """
    line = _cut(" ".join(_cut(word, LONGEST_WORD) for word in sentence.split()), LONGEST)
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)


def _cut(text: str, most: int) -> str:
    half = most // 2
    return text if len(text) <= most else f"{text[:half]}...{text[-half:]}"
