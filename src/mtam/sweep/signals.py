"""The signals that stop a run at its next safe point."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

# Ctrl-C; what batch systems send before they kill; a terminal that is closed; Ctrl-\; Ctrl-Break of Windows
NAMES = ("SIGINT", "SIGTERM", "SIGUSR2", "SIGHUP", "SIGQUIT", "SIGBREAK")
STOPPING = tuple(getattr(signal, name) for name in NAMES if hasattr(signal, name))  # not every system has them all
# Whoever starts a run may have these ignored, as nohup does; that stays so.
MAY_BE_IGNORED = tuple(getattr(signal, name) for name in ("SIGHUP", "SIGQUIT") if hasattr(signal, name))


@contextmanager
def blocked() -> Iterator[None]:
    """Signals that arrive inside are heard afterwards; processes and threads started inside never hear them.

    A mask is inherited from the first instruction on; a handler set by the child itself would come too late for a
    signal that arrives while it imports.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows: the workers hear them, and ignore them from their start on
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_waiting: list[int] = []  # signals that were heard while they were to wait
_depth = 0


@contextmanager
def deferred() -> Iterator[None]:
    """As ``blocked``, also where a thread that was there before takes the signal: handlers ask ``must_wait``."""
    global _depth
    _depth += 1
    try:
        with blocked():
            yield
    finally:
        _depth -= 1
        if _depth == 0 and _waiting:
            number = _waiting.pop()
            _waiting.clear()
            signal.raise_signal(number)


def must_wait(number: int) -> bool:
    """Whether a handler is to do nothing now, because it will be called again; for the main thread."""
    if _depth:
        _waiting.append(number)
    return _depth > 0
