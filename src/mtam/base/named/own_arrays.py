"""Arrays between this program and the user's code: shown so that they cannot be changed, looked at when given."""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def read_only(values: Array) -> Array:
    """The same numbers, through which they cannot be changed."""
    seen = values.view()
    seen.setflags(write=False)
    return seen


def own_array(given: Any, shape: tuple[int, ...], where: str) -> Array:
    """Finite numbers of this shape. Raises ValueError, which says ``where``, for anything else."""
    found = np.asarray(given, dtype=float)
    if found.shape != shape:
        raise ValueError(f"{where} gives shape {found.shape}; valid: {shape}")
    if not np.isfinite(found).all():
        raise ValueError(f"{where} gives {int((~np.isfinite(found)).sum())} numbers that are not finite")
    return found
