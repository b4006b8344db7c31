"""How wide the columns of a table are where there is not room for all of what they hold."""

from collections.abc import Sequence


def column_widths(least: Sequence[int], most: Sequence[int], room: int) -> list[int] | None:
    """Widths that sum to at most ``room``, each from its ``least`` to its ``most``; None where ``room`` is too small.

    All columns are cut to one level, the highest that there is room for: those that are narrower keep what they
    need, those that cannot be so narrow their least. What rounding leaves goes to the first that are cut.
    """
    if sum(least) > room:
        return None
    low, high = 0, max(most, default=0)
    while low < high:
        level = (low + high + 1) // 2
        low, high = (level, high) if sum(_cut(least, most, level)) <= room else (low, level - 1)
    widths = _cut(least, most, low)
    for at, width in enumerate(widths):
        if width < most[at] and width == low and sum(widths) < room:
            widths[at] += 1
    return widths


def _cut(least: Sequence[int], most: Sequence[int], level: int) -> list[int]:
    return [max(small, min(large, level)) for small, large in zip(least, most, strict=True)]
