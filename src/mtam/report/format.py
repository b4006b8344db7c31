"""Numbers and intervals as a person reads them."""

from collections.abc import Sequence

import numpy as np

from mtam.rates.intervals import Interval


def number(value: float | None, digits: int = 3) -> str:
    """Three significant digits, or a dash where there is no number."""
    if value is None or not np.isfinite(value):
        return "-"
    return f"{value:.{digits}g}" if 1e-3 <= abs(value) < 1e4 or value == 0 else f"{value:.{digits - 1}e}"


def interval(value: Interval | None, digits: int = 3) -> str:
    """An estimate with its interval, e.g. ``-0.81 [-0.85, -0.77]``."""
    if value is None:
        return "-"
    low, high = (f"{x:.{digits}f}" if np.isfinite(x) else "open" for x in (value.low, value.high))
    return f"{value.value:.{digits}f} [{low}, {high}]"


def of_ends(told: dict[str, float | None], name: str, digits: int = 3) -> str:
    """The same from the entries name, name_low, name_high."""
    value, low, high = (told.get(f"{name}{end}") for end in ("", "_low", "_high"))
    if value is None:
        return "-"
    return interval(Interval(value, -np.inf if low is None else low, np.inf if high is None else high), digits)


def counts(words: Sequence[str]) -> list[str]:
    """How often each word occurs, e.g. ``3 supported``, the most frequent first."""
    return [f"{words.count(word)} {word}" for word in sorted(dict.fromkeys(words), key=words.count, reverse=True)]
