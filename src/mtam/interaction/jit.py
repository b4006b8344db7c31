"""One typed door to numba, so that every kernel is compiled with the same options."""

from collections.abc import Callable
from typing import TypeVar, cast

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., object])


def kernel(function: Kernel) -> Kernel:
    """Compile ``function`` on its first call, serially, and keep the machine code on disk.

    Contraction and reassociation are allowed (they let loops over pairs use vector registers); assumptions about
    NaN and infinity are not.
    """
    compiled = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz", "arcp"})(
        function
    )
    return cast(Kernel, compiled)
