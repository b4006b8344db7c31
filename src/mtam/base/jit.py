"""One typed door to numba, so that every kernel is compiled with the same options.

Machine code is kept on disk where that can be written. It is a courtesy: in a container whose package, home and
NUMBA_CACHE_DIR can only be read, on a full disk, or with a damaged cache, kernels are compiled anew by every process,
and the first that notices says so.
"""

import pickle
import warnings
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from numba.core import event

from mtam.base import compile_time
from mtam.base.errors import UncachedWarning

Kernel = TypeVar("Kernel", bound=Callable[..., object])

OPTIONS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"contract", "reassoc", "nsz", "arcp"},
}

_told: list[str] = []  # why nothing is kept, once it was said


class _Compilations(event.Listener):
    """Hears of every compilation, not of code that is read from the disk."""

    def on_start(self, event: object) -> None:
        """One begins."""
        del event
        compile_time.begin()

    def on_end(self, event: object) -> None:
        """One has ended."""
        del event
        compile_time.end()


event.register("numba:compile", _Compilations())  # type: ignore[no-untyped-call]


def kernel(function: Kernel) -> Kernel:
    """Compile ``function`` on its first call, serially, and keep the machine code on disk where that is possible.

    Contraction and reassociation are allowed (they let loops over pairs use vector registers); assumptions about
    NaN and infinity are not.
    """
    return compiled(function, None)


def compiled(function: Kernel, signature: tuple[Any, ...] | None) -> Kernel:
    """The same for one signature, at once, so that arrays of several layouts share one compilation."""
    try:
        door = numba.njit(cache=True, **OPTIONS)(function)
    except (RuntimeError, OSError) as error:  # numba finds no folder that it can write
        _tell(error)
        door = numba.njit(**OPTIONS)(function)
    if hasattr(door, "_cache"):  # not under NUMBA_DISABLE_JIT
        door._cache = _Courtesy(door._cache)
        if signature is not None:
            door.compile(signature)
            door.disable_compile()
    return cast(Kernel, door)


def _tell(error: Exception) -> None:
    if not _told:
        _told.append(str(error))
        warnings.warn(
            "compiled code cannot be kept on disk, so every process compiles anew, which takes seconds; set "
            f"NUMBA_CACHE_DIR to a folder that can be written ({_short(error)})",
            UncachedWarning,
            stacklevel=3,
        )


def _short(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]


class _Courtesy:
    """numba's cache of one function, whose failures cost a compilation and never a result."""

    def __init__(self, cache: Any) -> None:
        self._cache = cache

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cache, name)

    def load_overload(self, signature: Any, target: Any) -> Any:
        """The compiled function, or None: also where the file is damaged, which is then written anew."""
        try:
            return self._cache.load_overload(signature, target)
        except Exception as error:  # pickle may raise anything at a damaged file
            try:
                self._cache.flush()
            except OSError:
                _tell(error)
            return None

    def save_overload(self, signature: Any, result: Any) -> None:
        """Keep the compiled function where that is possible."""
        try:
            self._cache.save_overload(signature, result)
        except (
            OSError,
            EOFError,
            ValueError,
            pickle.PickleError,
        ) as error:  # a full disk, a folder that has become read-only
            _tell(error)
