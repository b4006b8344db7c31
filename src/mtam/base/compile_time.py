"""How long this process has compiled kernels, and who is to hear that it does.

A fresh clone compiles for some twenty seconds once; nobody is to take that for a fit, nor the silence for a fault.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

NOTICE = "compiling kernels (once per machine, about 20 s)"


@dataclass
class _Account:
    """Compilations nest: a kernel compiles those that it calls. Only the outermost counts."""

    depth: int = 0
    since: tuple[float, float] = (0.0, 0.0)  # wall and processor time at the beginning of the outermost one
    spent: tuple[float, float] = (0.0, 0.0)  # seconds of wall and processor time
    say: Callable[[], None] | None = None


_account = _Account()


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def begin() -> None:
    """A compilation begins."""
    if not _account.depth:
        _account.since = _now()
        pass_on()
    _account.depth += 1


def pass_on() -> None:
    """Another process, a worker of this one, compiles."""
    if _account.say is not None:
        _account.say()


def end() -> None:
    """A compilation has ended."""
    _account.depth -= 1
    if not _account.depth:
        (wall, cpu), (wall_since, cpu_since) = _now(), _account.since
        _account.spent = _account.spent[0] + wall - wall_since, _account.spent[1] + cpu - cpu_since


def spent() -> float:
    """Seconds of wall time that this process has compiled so far."""
    return _account.spent[0]


@contextmanager
def heard(say: Callable[[], None]) -> Iterator[None]:
    """Call ``say`` once, when a compilation begins inside."""

    def once() -> None:
        _account.say = None
        say()

    before, _account.say = _account.say, once
    try:
        yield
    finally:
        _account.say = before


@dataclass(frozen=True)
class Stopwatch:
    """Wall and processor time since it was made, without what was compiled meanwhile."""

    began: tuple[float, float] = field(default_factory=_now)
    spent_before: tuple[float, float] = field(default_factory=lambda: _account.spent)

    @property
    def wall(self) -> float:
        """Seconds of wall time."""
        return self._passed(0)

    @property
    def cpu(self) -> float:
        """Seconds of processor time of this process."""
        return self._passed(1)

    def _passed(self, clock: int) -> float:
        compiled = _account.spent[clock] - self.spent_before[clock]
        return max(_now()[clock] - self.began[clock] - compiled, 0.0)
