"""The entry point: parse, call, print; exit codes and signals. Nothing heavy is imported until a command needs it."""

import os
import signal
import sys
import threading
import warnings
from typing import Any, NoReturn, TextIO

import typer

from mtam.base.errors import RunError, UsageError, legible
from mtam.base.system import standard_streams
from mtam.base.threads import one_thread
from mtam.cli import (
    check,
    completion,
    config_command,
    fit_ips,
    guide_command,
    rates,
    reproduce,
    sweep,
    warm,
)
from mtam.cli.app import app
from mtam.cli.folders import claims, export, pack, report, runs, status
from mtam.cli.lookup import help_command, list_options
from mtam.cli.new_files import new
from mtam.sweep import signals
from mtam.sweep.signals import MAY_BE_IGNORED, STOPPING

# Importing them registers their commands.
COMMANDS = (
    sweep,
    fit_ips,
    reproduce,
    check,
    rates,
    report,
    runs,
    status,
    claims,
    pack,
    export,
    list_options,
    config_command,
    new,
    guide_command,
    help_command,
    warm,
)
INTERRUPTED = 130
AGAIN = 0.05  # seconds
STOPPED = "interrupted; what is done is kept, the same command goes on from there."


def _fail(sentence: str, code: int) -> NoReturn:
    sentence = legible(sentence)
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


def _listen() -> None:
    for number in STOPPING:
        if number not in MAY_BE_IGNORED or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)


def _stop(number: int, _frame: object) -> None:
    if signals.must_wait(number):
        return
    for known in STOPPING:
        if signal.getsignal(known) is _stop:
            # A terminal that is closed says so twice, by its shell and by the kernel: once is meant.
            signal.signal(known, signal.SIG_IGN if known.name == "SIGHUP" else _stop_at_once)
    raise KeyboardInterrupt(number)


def _unraisable(what: Any) -> None:
    """Python prints and forgets what is raised inside a callback of its own, such as one that ends an import.

    A Ctrl-C that arrived there would be lost: it comes again a moment later.
    """
    if what.exc_type is not KeyboardInterrupt:
        sys.__unraisablehook__(what)
        return
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, _stop)
        signal.setitimer(signal.ITIMER_REAL, AGAIN)
    else:  # Windows
        threading.Timer(AGAIN, signal.raise_signal, [signal.SIGINT]).start()


def _stop_at_once(_number: int, _frame: object) -> NoReturn:
    """A second signal waits for nothing; whatever is on disk is whole at every moment."""
    processes = sys.modules.get("multiprocessing")
    for child in processes.active_children() if processes else ():
        child.kill()
    os.write(2, b"mtam: stopped at once; what is done is kept, the same command goes on from there.\n")
    os._exit(INTERRUPTED)


def main() -> None:
    """Entry point: exit code 0 done, 1 a trial or the program failed, 2 wrong input, 130 interrupted."""
    standard_streams.prepare()
    code: Any = 0
    try:
        code = _run()
    except SystemExit as done:
        code = done.code
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = 1
    except RunError as error:
        _fail(str(error), 1)
    sys.exit(code)


def _run() -> int:
    """The exit code of the command; some raise it."""
    if completion.VARIABLE in os.environ and completion.answer():
        return 0
    one_thread()
    warnings.showwarning = _warn
    _listen()
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
        return 1
    except FileNotFoundError as error:
        if error.filename is not None or os.path.isdir(os.curdir):
            raise
        _fail("the working folder has vanished; change to another one.", 2)
    except Exception as error:
        if not hasattr(error, "format_message"):  # everything Typer itself says about wrong usage has it
            raise
        if _is_help(error):
            print(error.format_message(), file=sys.stderr)
            return 2
        _fail(_usage(error), 2)
    if code == INTERRUPTED:  # Typer turns Ctrl-C into this code, without a word
        _fail(STOPPED, INTERRUPTED)
    return code if isinstance(code, int) else 0


def _is_help(error: Any) -> bool:
    """A command without arguments raises its help page."""
    context = getattr(error, "ctx", None)
    return context is not None and error.format_message() == context.get_help()


def _usage(error: Any) -> str:
    sentence: str = error.format_message()
    command = getattr(getattr(error, "ctx", None), "command_path", "mtam")
    return f"{sentence.rstrip('.')}; see {command} --help."
