"""Looks at one sequence of seeds, as often as one likes: what a level of 95% becomes at each of them.

Whoever looks at the intervals, adds seeds where they leave a statement open, and stops when it is decided, errs more
often than one time in twenty, for each look is another chance (Armitage, McPherson, Rowe 1969, J. R. Stat. Soc. A
132). Here look k = 1, 2, ... has 2^{k-1} times the seeds of the first, whatever was seen, and may spend

    a_k = a (2/3) 3^{-(k-1)},   sum_k a_k = a,

so that the intervals of level 1 - a_k cover at all looks together with probability 1 - a at least, by the union bound:
under any rule of stopping, of leaving looks out, and of choosing which sweep goes on (Lan and DeMets 1983, Biometrika
70, name such a rule a spending function). Nothing is asked of the joint law of the looks, so it holds for Student's
intervals with few seeds, for shares and for medians as well. A boundary for jointly normal means would be a few
percent narrower, and would hold for those alone.

The price: at five seeds the first look's interval is 1.15 times as wide as one that is looked at once.
"""

LOOKS = 6  # 32 times the seeds of the first
SPENT_FIRST, RATIO = 2 / 3, 1 / 3


def level_at(look: int, level: float = 0.95) -> float:
    """The level of each interval at the ``look``, from 1 on. Raises ValueError for one that there is not.

    >>> [round(level_at(look), 4) for look in (1, 2, 3)]
    [0.9667, 0.9889, 0.9963]
    """
    if not 1 <= look <= LOOKS:
        raise ValueError(f"there is no look {look}; valid: 1 to {LOOKS}")
    return 1 - (1 - level) * SPENT_FIRST * RATIO ** (look - 1)


def seeds_at(look: int, first: int) -> int:
    """The seeds of the ``look`` where the first one has ``first``.

    >>> [seeds_at(look, 5) for look in (1, 2, 3)]
    [5, 10, 20]
    """
    return first << (look - 1)
