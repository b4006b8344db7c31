"""One typed door to numba, so that every kernel is compiled with the same options."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., object])


def kernel(function: Kernel) -> Kernel:
    """Compile ``function`` on its first call, serially, and keep the machine code on disk.

    Contraction and reassociation are allowed (they let loops over pairs use vector registers); assumptions about
    NaN and infinity are not.
    """
    return compiled(function, None)


def compiled(function: Kernel, signature: tuple[Any, ...] | None) -> Kernel:
    """The same for one signature, at once, so that arrays of several layouts share one compilation."""
    door = numba.njit(
        signature, cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz", "arcp"}
    )
    return cast(Kernel, door(function))
