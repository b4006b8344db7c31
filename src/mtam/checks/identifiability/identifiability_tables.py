"""Tables and the panel of the check on identifiability."""

from collections.abc import Sequence

from mtam.base.finding import Panel, Series
from mtam.base.table import Cell, Table
from mtam.checks.identifiability.identifiability_case import IdentifiabilityCase

SHOWN = 30  # rows on the terminal
HEADS = ["layers", "value", "phi", "rank", "heads", "parameters", "Fisher rank", "lacking", "counted by theory"]
GAP = ["least that counts", "rounding"]
FREE = [
    ["order of the heads", "", "0", "H! per layer, a finite group"],
    ["sign of A", "", "0", "phi(-u), -A: a finite group"],
    ["factors of A", "GL(r)", "r² per head", "P G, Q G^-T"],
    ["scale of A", "t", "1 per head", "t A, phi(u/t)"],
    [
        "constants",
        "const",
        "H - 1 scalar, max(0, H - m) vector, 0 matrix",
        "sum_h c_h0 or sum_h c_h0 v_h alone is seen",
    ],
    ["factors of the value", "GL(s)", "s² per head", "W G, Z G^-T"],
    ["scale of the value", "t_v", "1 per head with values", "t W or t v, phi/t"],
    ["frame between layers", "GL(d)", "d² where layers are stacked", "G W_1, G^-T A_2 G^-1, G^-T Z_2"],
    [
        "linear heads merge",
        "merge",
        "all but 1 + 2 d R - R², R = min(H r, d)",
        "phi linear: sum_h c_h1 A_h alone is seen",
    ],
    ["rotations of quadratic heads", "O(H)", "H (H - 1)/2 at full rank", "phi = c_0 + c_2 u²: a sum of squares"],
    ["phi of twins", "twins", "its powers from 1 on", "two heads at one A have one phi"],
]
SHORT = {name: short for name, short, _, _ in FREE}


def families() -> Table:
    """What theory knows that changes nothing."""
    rows: list[list[Cell]] = [list(row) for row in FREE]
    return Table(
        name="gauge",
        title="What changes no response: groups and their dimensions",
        headings=["freedom", "in short", "dimension", "how"],
        rows=rows,
    )


def ranks(cases: Sequence[IdentifiabilityCase], name: str, title: str) -> Table:
    """A row per case: the rank, what it lacks, and every part of that by name."""
    rows: list[list[Cell]] = []
    for case in cases:
        model, found = case.wanted.model, case.found
        phi = f"{case.wanted.phi}, twins" if case.wanted.twins else case.wanted.phi
        rows.append([
            model.layers, model.value, phi, model.rank, model.heads, found.parameters, found.rank, found.nullity,
            case.expected, found.smallest, found.rounding,
            " + ".join(f"{SHORT[family]} {count}" for family, count in case.gauges.items()),
        ])  # fmt: skip
    headings = [*HEADS, *GAP, "of which"]
    return Table(
        name=name, title=title, headings=headings, rows=rows, shown=SHOWN, formats=dict.fromkeys(GAP, ".1e")
    )  # fmt: skip


def gap_panel(cases: Sequence[IdentifiabilityCase]) -> Panel:
    """The singular values on either side of the rank."""
    at = [float(k) for k in range(len(cases))]
    return Panel(
        title="singular values on either side of the rank",
        x_label="case",
        y_label="singular value / largest",
        series=[
            Series(label="least that counts", x=at, y=[case.found.smallest for case in cases], style="points"),
            Series(
                label="largest that does not", x=at, y=[max(case.found.rounding, 1e-18) for case in cases],
                style="points",
            ),
        ],
        log_y=True,
    )  # fmt: skip
