"""Numbers and counts as a person reads them."""

from collections.abc import Sequence

import numpy as np


def number(value: float | None, digits: int = 3) -> str:
    """Three significant digits, or a dash where there is no number."""
    if value is None or not np.isfinite(value):
        return "-"
    return f"{value:.{digits}g}" if 1e-3 <= abs(value) < 1e4 or value == 0 else f"{value:.{digits - 1}e}"


def counts(words: Sequence[str]) -> list[str]:
    """How often each word occurs, e.g. ``3 supported``, the most frequent first."""
    return [f"{words.count(word)} {word}" for word in sorted(dict.fromkeys(words), key=words.count, reverse=True)]
