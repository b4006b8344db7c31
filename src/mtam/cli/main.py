"""The entry point: parse, call, print; exit codes and signals. Nothing heavy is imported until a command needs it."""

import os
import signal
import sys
import warnings
from io import TextIOWrapper
from typing import Any, NoReturn, TextIO

import typer

from mtam.base.errors import RunError, UsageError
from mtam.base.threads import one_thread
from mtam.cli import check, completion, rates, report, sweep
from mtam.cli.app import app

COMMANDS = (sweep, check, rates, report)  # importing them registers their commands, in the order of the help page
SIGNALS = ("SIGINT", "SIGTERM", "SIGUSR2")  # Ctrl-C, and what batch systems send before they kill
INTERRUPTED = 130
AGAIN = 0.05  # seconds
STOPPED = "interrupted; what is done is kept, the same command goes on from there."


def _fail(sentence: str, code: int) -> NoReturn:
    sentence = " ".join(sentence.split())
    print(f"mtam: {sentence}{'' if sentence[-1:] in '.?' else '.'}", file=sys.stderr)
    sys.exit(code)


def _warn(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """One line for a person; where in the source it was raised helps nobody who runs a sweep."""
    del category, filename, lineno, file, line
    print(f"mtam: warning: {message}", file=sys.stderr)


def _stop(number: int, _frame: object) -> NoReturn:
    for name in SIGNALS:
        signal.signal(getattr(signal, name), _stop_at_once)
    raise KeyboardInterrupt(number)


def _unraisable(what: Any) -> None:
    """Python prints and forgets what is raised inside a callback of its own, such as one that ends an import.

    A Ctrl-C that arrived there would be lost: it comes again a moment later.
    """
    if what.exc_type is not KeyboardInterrupt:
        sys.__unraisablehook__(what)
        return
    signal.signal(signal.SIGALRM, _stop)
    signal.setitimer(signal.ITIMER_REAL, AGAIN)


def _stop_at_once(_number: int, _frame: object) -> NoReturn:
    """A second signal waits for nothing; whatever is on disk is whole at every moment."""
    processes = sys.modules.get("multiprocessing")
    for child in processes.active_children() if processes else ():
        child.kill()
    os.write(2, b"mtam: stopped at once; what is done is kept, the same command goes on from there.\n")
    os._exit(INTERRUPTED)


def main() -> None:
    """Entry point: exit code 0 done, 1 a trial or the program failed, 2 wrong input, 130 interrupted."""
    if completion.VARIABLE in os.environ and completion.answer():
        sys.exit(0)
    one_thread()
    warnings.showwarning = _warn
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that knows no Greek still shows the numbers
            stream.reconfigure(errors="replace")
    for name in SIGNALS:
        signal.signal(getattr(signal, name), _stop)
    sys.unraisablehook = _unraisable
    try:
        code: Any = app(standalone_mode=False)
    except UsageError as error:
        _fail(str(error), 2)
    except RunError as error:
        _fail(str(error), 1)
    except (KeyboardInterrupt, typer.Abort):
        _fail(STOPPED, INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except FileNotFoundError as error:
        if error.filename is not None or os.path.isdir(os.curdir):
            raise
        _fail("the working folder has vanished; change to another one.", 2)
    except Exception as error:
        if not hasattr(error, "format_message"):  # everything Typer itself says about wrong usage has it
            raise
        if "\n" in error.format_message():  # a command without arguments: its help page
            print(error.format_message(), file=sys.stderr)
            sys.exit(2)
        _fail(_usage(error), 2)
    if code == INTERRUPTED:  # Typer turns Ctrl-C into this code, without a word
        _fail(STOPPED, INTERRUPTED)
    sys.exit(code if isinstance(code, int) else 0)


def _usage(error: Any) -> str:
    sentence: str = error.format_message()
    command = getattr(getattr(error, "ctx", None), "command_path", "mtam")
    return f"{sentence.rstrip('.')}; see {command} --help."
