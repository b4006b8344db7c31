"""Tables and panels of the check on coercivity."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from mtam.base.finding import Panel, Series
from mtam.base.table import Cell, Estimate, Table
from mtam.checks.coercivity.coercivity_case import CoercivityCase

SHOWN = 12  # rows of the identity on the terminal


def ratios(cases: Sequence[CoercivityCase]) -> Table:
    """(N-1)(E(g) - E(g*))/||g - g*||^2 for every law, d, N and kind of h."""
    finite = any(case.floor is not None for case in cases)
    rows: list[list[Cell]] = [
        [case.law, case.d, case.tokens, *case.ratios.values(), *([case.floor] if finite else [])] for case in cases
    ]
    return Table(
        name="ratios",
        title="(N-1)(E(g) - E(g*)) / ||g - g*||², ± standard error",
        headings=["law", "d", "N", *cases[0].ratios, *(["1 - (N-2)/(S-2)"] if finite else [])],
        rows=rows,
    )


def identity(cases: Sequence[CoercivityCase]) -> Table:
    """The terms of the identity, the worst cases first."""
    ordered = sorted(cases, key=lambda case: -abs(case.identity.gap[0]) / case.identity.gap[1])
    return Table(
        name="identity",
        title="E(g) - E(g*) = ||h||²/(N-1) + (N-2)/(N-1) E[h12 h13], term by term, farthest from equality first",
        headings=["law", "d", "N", "E(g) - E(g*)", "first term", "second term", "difference", "in s.e."],
        rows=[
            [
                case.law,
                case.d,
                case.tokens,
                *(
                    Estimate(value=value, se=se)
                    for value, se in (case.identity.excess, case.identity.norm, case.identity.cross, case.identity.gap)
                ),
                round(case.identity.gap[0] / case.identity.gap[1], 2),
            ]
            for case in ordered
        ],
        shown=SHOWN,
    )


def counterexample(f: Mapping[int, Fraction]) -> Table:
    """The function on the six products of 1, 2, 3, 5."""
    return Table(
        name="counterexample",
        title="Where it fails: h(x, y) = f(x y), tokens a random permutation of 1, 2, 3, 5 (all row sums of h are 0)",
        headings=["product", *(str(product) for product in f)],
        rows=[["f", *(float(value) for value in f.values())]],
    )


def populations(exact: Mapping[int, float]) -> Table:
    """Four distinct members of a population of S, h alternating along a cycle."""
    return Table(
        name="populations",
        title="Four distinct members of a population of S, h with zero row sums (exact)",
        headings=["S", "ratio", "1 - (N-2)/(S-2)"],
        rows=[[size, ratio, 1 - 2 / (size - 2)] for size, ratio in exact.items()],
    )


def ratio_panel(cases: Sequence[CoercivityCase]) -> Panel:
    """All ratios by law; kinds of h side by side."""
    laws = list(dict.fromkeys(case.law for case in cases))
    kinds = list(cases[0].ratios)
    return Panel(
        title="ratios over d, N and h",
        x_label="",
        y_label=r"$(N-1)(E(g) - E(g^*)) / \|g - g^*\|^2$",
        series=[
            Series(
                label=kind,
                x=[laws.index(case.law) + 0.14 * (place - (len(kinds) - 1) / 2) for case in cases],
                y=[case.ratios[kind].value for case in cases],
                se=[case.ratios[kind].se for case in cases],
                style="points",
                colour=place,
            )
            for place, kind in enumerate(kinds)
        ],
        log_y=True,
        categories=[law.replace("_", " ") for law in laws],
        level=1.0,
        level_label="Lemma 3.4",
    )


def identity_panel(cases: Sequence[CoercivityCase]) -> Panel:
    """Left side against right side."""
    left = [case.identity.excess[0] for case in cases]
    right = [case.identity.norm[0] + case.identity.cross[0] for case in cases]
    ends = [min(left), max(left)]
    return Panel(
        title="the identity, sides from different samples",
        x_label=r"$\|h\|^2/(N-1) + (N-2)/(N-1)\, E[h_{12} h_{13}]$",
        y_label=r"$E(g) - E(g^*)$",
        series=[
            Series(label="equality", x=ends, y=ends, style="dashed"),
            Series(label="generic h", x=right, y=left, style="points", colour=0),
        ],
        log_x=True,
        log_y=True,
    )


def population_panel(cases: Sequence[CoercivityCase], exact: Mapping[int, float]) -> Panel:
    """How far below 1 a finite population can go, on the axis on which the floor is a straight line."""
    found = [(1 - case.floor, case.ratios["least"]) for case in cases if case.floor is not None]
    series = [
        Series(label="1 - (N-2)/(S-2)", x=[0.0, 1.0], y=[1.0, 0.0], style="line"),
        Series(
            label="h with zero row sums, N = 4 (exact)",
            x=[2 / (size - 2) for size in exact],
            y=list(exact.values()),
            style="points",
            colour=1,
        ),
    ]
    if found:
        series.append(
            Series(
                label="least of a spline space",
                x=[share for share, _ in found],
                y=[ratio.value for _, ratio in found],
                se=[ratio.se for _, ratio in found],
                style="points",
                colour=4,
            )
        )
    return Panel(
        title="N distinct members of a population of S",
        x_label="(N-2)/(S-2)",
        y_label="smallest ratio",
        series=series,
        level=1.0,
        level_label="Lemma 3.4",
    )
