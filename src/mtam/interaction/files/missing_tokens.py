"""Tokens that are missing: by a mask, or by a row of NaN in X."""

import numpy as np
import numpy.typing as npt

from mtam.interaction.files.validate_arrays import blocks, finite, numbers

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def nowhere(x: Array) -> Flags:
    """Where a row of X is NaN  # (M, N, d) -> (M, N)."""
    parts = [np.isnan(part).all(axis=2) for part in blocks(x)]
    return np.concatenate(parts) if parts else np.zeros(x.shape[:2], dtype=bool)


def filled(x: Array, mask: object | None, name: str) -> tuple[Array, Flags]:
    """X with zeros in place of missing tokens, X itself if there are none, and where tokens are  # (M, N, d), (M, N).

    A token is missing where the mask (M, N) is False or 0, and where all its coordinates are NaN. Raises ValueError for
    another mask, and for NaN or infinite coordinates of tokens that are there; ``name`` says what X is.
    """
    there = ~nowhere(x)
    if mask is not None:
        given = numbers(mask, f"the mask of {name}")
        if given.shape != x.shape[:2]:
            raise ValueError(f"the mask of {name} has shape {given.shape}; valid beside X {x.shape}: {x.shape[:2]}")
        if not np.isin(given, (0.0, 1.0)).all():
            raise ValueError(f"the mask of {name} holds other numbers than 0 and 1; valid: 1 where a token is, else 0")
        there &= given == 1
    if there.size and not there.any():
        raise ValueError(f"every token of {name} is missing; valid: rows of numbers, NaN for some at most")
    values = x if there.all() else np.where(there[..., None], x, 0.0)
    finite(values, name)
    return values, there
