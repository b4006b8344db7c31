"""What a user's data are warned of: they can be fitted, but hardly mean what a fit takes them for.

Each warning is one sentence: what was seen, what it does to the fit, what to do. Refusals are in ``dataset``.
"""

import hashlib
import math

import numpy as np
import numpy.typing as npt

from mtam.interaction.files.validate_arrays import blocks
from mtam.interaction.model.row_layout import RowLayout

Array = npt.NDArray[np.float64]

ZEROS = 1e-3  # share of tokens that are all zero
REPEATED = 0.01  # share of samples that are there already
FAR = 10.0  # standard deviations of a coordinate from zero
DOMINANT = 0.1  # share of a sum of squares in one term, ...
UNLIKELY = 5.0  # ... so many times what the largest of normal variables has
ENOUGH = 200  # responses for a tail index
HEAVY = 2.0  # tail index below which there is no variance


def hints(x: Array, y: Array, layout: RowLayout | None = None) -> list[str]:
    """The warnings that apply  # (M, N, d), (M, N).

    Under a layout, of the tokens that are there and of the responses that count, less their mean, times roots of
    weights.
    """
    tokens, deviations, counted = x, y - np.median(y), np.ones(y.shape, dtype=bool)
    if layout is not None:
        tokens, counted = x[layout.there][:, None], layout.weights > 0
        deviations = np.where(counted, (y - np.median(y[counted])) * layout.root, 0.0)
    mean, deviation = moments(tokens)
    found = [
        _zeros(tokens), _repeated(x, y), _origin(mean, deviation), _dominant_token(tokens, mean, deviation),
        _dominant_response(y, deviations, int(counted.sum())), _tails(deviations[counted]),
    ]  # fmt: skip
    return [one for one in found if one is not None]


def distinct(x: Array, y: Array) -> int:
    """The number of distinct samples, by digests of their bytes."""
    seen: set[bytes] = set()
    for first in range(0, len(x), 1024):
        parts = zip(x[first : first + 1024], y[first : first + 1024], strict=True)
        seen.update(hashlib.blake2b(one.tobytes() + two.tobytes(), digest_size=16).digest() for one, two in parts)
    return len(seen)


def moments(x: Array) -> tuple[Array, Array]:
    """Mean and standard deviation of every coordinate, in two passes  # (M, N, d) -> (d,), (d,)."""
    d, rows = x.shape[2], x.shape[0] * x.shape[1]
    mean = sum((block.reshape(-1, d).sum(axis=0) / rows for block in blocks(x)), np.zeros(d))
    squares = sum((((block.reshape(-1, d) - mean) ** 2).sum(axis=0) for block in blocks(x)), np.zeros(d))
    return mean, np.sqrt(squares / rows)


def tail_index(values: Array) -> float:
    """Hill's estimate from the largest n^{1/2} deviations from the median  # (n,)."""
    deviations = np.sort(np.abs(values - np.median(values)))
    largest = deviations[-int(np.sqrt(len(values))) - 1 :]
    if largest[0] <= 0:
        return np.inf  # more than half of the values are equal: there is no tail to speak of
    excess = float(np.mean(np.log(largest[1:] / largest[0])))
    return 1 / excess if excess > 0 else math.inf


def _zeros(x: Array) -> str | None:
    count = sum(int((~block.any(axis=2)).sum()) for block in blocks(x))
    total = x.shape[0] * x.shape[1]
    if count <= ZEROS * total:
        return None
    return (
        f"{count} of {total} tokens are rows of zeros and count as tokens like the others: if they are padding, phi "
        "and the noise are estimated wrongly; give rows of NaN in their place, or an array mask (M, N) with 0 there"
    )


def _repeated(x: Array, y: Array) -> str | None:
    count = len(x) - distinct(x, y)
    if count <= REPEATED * len(x):
        return None
    return (
        f"{count} of {len(x)} samples repeat others: the samples held out are not new to the fit, and hold-out error, "
        "explained and the band are too good; give every sample once"
    )


def _origin(mean: Array, deviation: Array) -> str | None:
    ratio = np.abs(mean) / deviation
    worst = int(np.argmax(ratio))
    if ratio[worst] < FAR:
        return None
    return (
        f"coordinate {worst} of the tokens lies {ratio[worst]:.0f} standard deviations from zero: x^T A y depends on "
        "the origin, so tokens with their mean subtracted may give another and better fit; compare the hold-out errors"
    )


def _dominant_token(x: Array, mean: Array, deviation: Array) -> str | None:
    largest, total = 0.0, 0.0
    for block in blocks(x):
        lengths = (((block - mean) / deviation) ** 2).sum(axis=2)
        largest, total = max(largest, float(lengths.max())), total + float(lengths.sum())
    if not _stands_out(largest / total, x.shape[0] * x.shape[1]):
        return None
    return (
        f"one token of {x.shape[0] * x.shape[1]} makes up {largest / total:.0%} of the variance of the tokens: an "
        "outlier that decides A and the range of phi; look at it, or leave its sample out"
    )


def _dominant_response(y: Array, deviations: Array, count: int) -> str | None:
    squares = deviations**2
    share = float(squares.max() / squares.sum())
    if not _stands_out(share, count):
        return None
    place = tuple(int(i) for i in np.unravel_index(int(np.argmax(squares)), y.shape))
    return (
        f"one response of {count}, Y{list(place)} = {y[place]:.3g}, makes up {share:.0%} of the variance of Y: least "
        "squares and the hold-out error hang on it; look at it, or leave its sample out"
    )


def _tails(deviations: Array) -> str | None:
    index = tail_index(deviations) if len(deviations) >= ENOUGH else np.inf
    if index >= HEAVY:
        return None
    return (
        f"the responses have heavy tails (index about {index:.1f}; below 2 there is no variance): squared errors, "
        "what they explain and their standard errors mean little here; cut the responses off at far quantiles, or "
        "transform them"
    )


def _stands_out(share: float, count: int) -> bool:
    """Whether the largest of ``count`` squares has a share that those of normal variables do not have."""
    return bool(share > max(DOMINANT, UNLIKELY * 2 * np.log(count) / count))
