"""What the terminal shows of laws: which one fits, how far each extrapolates, and how slopes depend on the sizes."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from mtam.analysis.cell_results import CellResult
from mtam.analysis.law_comparison import OPEN_VERDICT
from mtam.report.format import interval, number, of_ends


def laws_report(results: Sequence[CellResult], size: str) -> list[Table | str]:
    """All tables about laws that have a row, and what it would take where these sizes cannot tell."""
    tables = (laws_table(results), sides_table(results, size), sensitivity_table(results, size))
    return [table for table in tables if table is not None] + notes_on_laws(results, size)


def laws_table(results: Sequence[CellResult]) -> Table | None:
    """Theory's law against a power law, and the exponent gamma that curve, reference and asymptotics have."""
    shown = [result for result in results if "theory_gamma" in result.comparison]
    if not shown:
        return None
    table = _table("Which law: exp(-C (ln n)^gamma) against a power law (gamma = 1)")
    for head in ("AICc gain", "free gamma", "of the reference", "asymptotic", "exponent on the reference"):
        table.add_column(head, justify="right")
    table.add_column("verdict")
    for result in shown:
        told = result.comparison
        table.add_row(
            result.label,
            number(told.get("aic_over_power_law")),
            of_ends(told, "free_gamma"),
            number(told.get("reference_gamma")),
            f"{told['theory_gamma']:.3f}",
            of_ends(told, "reference_exponent"),
            Text(told["comparison"]),
        )
    return table


def sides_table(results: Sequence[CellResult], size: str) -> Table | None:
    """Every law on its own axis, with the error that it makes at sizes it has not seen."""
    shown = [result for result in results if result.comparison]
    if not shown:
        return None
    table = _table(f"Laws side by side; held-out: mean ln(error / prediction) at the largest quarter of {size}")
    table.add_column("law")
    floor = any(result.floor for result in shown)
    for head in ("slope on its axis", "R²", *(["floor"] if floor else []), "AICc above the first", "held-out"):
        table.add_column(head, justify="right")
    for result in shown:
        for index, told in enumerate(result.comparison["laws"]):
            table.add_row(
                "" if index else result.label,
                Text(told["law"].replace("ln n", f"ln {size}").replace("n^", f"{size}^")),
                of_ends(told, "slope"),
                number(told["r2"], 4),
                *([_floor(told)] if floor else []),
                number(told["aicc_above_first"]),
                of_ends(told, "held_out", 2),
            )
    return table


def _floor(told: dict[str, float | None]) -> str:
    value, low, high = (told.get(f"floor{end}") for end in ("", "_low", "_high"))
    return "-" if value is None else f"{number(value)} [{number(low)}, {number(high)}]"


def sensitivity_table(results: Sequence[CellResult], size: str) -> Table | None:
    """The slope on the law's axis as the smallest sizes are left out."""
    shown = [result for result in results if len(result.sensitivity) > 1]
    if not shown:
        return None
    table = _table(f"How the slope depends on the sizes: the smallest {size} left out")
    for head in ("all sizes", "without the smallest", "without the two smallest", "larger half"):
        table.add_column(head, justify="right")
    for result in shown:
        firsts = [one.slope for one in result.sensitivity[:3]]
        firsts += [None] * (3 - len(firsts))
        half = result.larger_half
        table.add_row(result.label, *(interval(one) for one in firsts), interval(half.slope if half else None))
    return table


def notes_on_laws(results: Sequence[CellResult], size: str) -> list[str]:
    """What it would take to tell the laws apart, cell by cell, where the verdict is open."""
    told = []
    for result in results:
        more = result.comparison.get("needed")
        if more:
            laws = f"{result.law} from {result.comparison['needed_against']}"
            laws = laws.replace("ln n", f"ln {size}").replace("n^", f"{size}^")
            told.append(
                f"{result.label}: {OPEN_VERDICT} {laws}; to do so with probability 0.8 takes "
                f"{more.replace('n =', f'{size} =')} (simulated from both fitted laws)."
            )
    return told


def _table(title: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("cell")
    return table
