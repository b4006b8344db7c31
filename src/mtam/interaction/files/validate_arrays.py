"""What arrays from outside must satisfy before any mathematics sees them; each refusal is one sentence."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

BLOCK = 2**20  # numbers looked at in one go, so that memory-mapped arrays stay on disk


def numbers(value: object, name: str) -> Array:
    """``value`` as real numbers in float64, not copied where it is that already.

    Raises ValueError for objects, strings, dates and complex numbers; ``name`` says what and where, as in "X in FILE".
    """
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} is not an array of numbers ({error})") from None
    if array.dtype.kind == "c":
        raise ValueError(f"{name} holds complex numbers ({array.dtype}); valid: real numbers")
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{name} holds entries of type {array.dtype}; valid: real numbers")
    with np.errstate(over="ignore"):  # long doubles beyond the range of float64 become infinite and are told as such
        return array.astype(np.float64, order="C", copy=False)


def blocks(array: Array) -> Iterator[Array]:
    """Successive stretches along the first axis."""
    step = max(1, BLOCK * len(array) // max(array.size, 1))
    for first in range(0, len(array), step):
        yield array[first : first + step]


def finite(array: Array, name: str) -> None:
    """Raise ValueError with the count of NaN and infinities and the place of the first."""
    nans = infinities = done = 0
    where: list[int] = []
    for block in blocks(array):
        bad = ~np.isfinite(block)
        if bad.any():
            if not where:
                first = [int(i) for i in np.argwhere(bad)[0]]
                where = [done + first[0], *first[1:]]
            here = int(np.isnan(block).sum())
            nans, infinities = nans + here, infinities + int(bad.sum()) - here
        done += len(block)
    if where:
        kinds = [f"{count} {kind}" for count, kind in ((nans, "NaN"), (infinities, "infinite")) if count]
        raise ValueError(f"{name} has {' and '.join(kinds)} entries, the first at index {tuple(where)}; valid: finite")
