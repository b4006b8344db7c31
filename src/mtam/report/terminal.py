"""What a person sees on the terminal: convergence tables, slopes, the numbers of a fit."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from rich.table import Table
from rich.text import Text

from mtam.analysis.cell_results import CellResult
from mtam.base.remark import Remark
from mtam.problems.registry import Problem, problem
from mtam.rates.curve import sizes_of
from mtam.rates.laws import PowerLaw
from mtam.rates.sensitivity import local_intervals
from mtam.report.format import interval as interval
from mtam.report.format import number as number
from mtam.report.terminal_laws import laws_report
from mtam.sweep.plan import Plan, label

MOST_FAILURES = 12  # that a terminal shows
MOST_SIZES = 40


def sweep_report(results: list[CellResult], kind: Problem) -> list[Table | str]:
    """All that a sweep has to tell: curves and slopes where there are several sizes, and levels at the largest one."""
    told: list[Table | str] = []
    if any(len(result.curve.sizes) > 1 for result in results):
        told += [convergence_table(result, kind.size) for result in results]
        told.append(slopes_table(results, kind.size))
        told += laws_report(results, kind.size)
        more = (parts_table(results, kind.parts, kind.size), facts_table(results))
        told += [table for table in more if table is not None]
        told += notes_on_slopes(results)
    if results:
        told.append(levels_table(results, kind.levels, kind.size))
    return told


def remark_table(remark: Remark) -> Table:
    """A problem's own table."""
    title, heads, rows = remark
    table = Table(title=title, title_justify="left", title_style="bold")
    for head in heads:
        table.add_column(head)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def convergence_table(result: CellResult, size: str) -> Table:
    """The log-log convergence table of one cell."""
    seeds, sizes = len(result.curve.seeds), sizes_of(result.curve).tolist()
    title = f"{result.label}   ({seeds} seed{'s' * (seeds != 1)})"
    table = Table(title=title, title_justify="left", title_style="bold")
    for head in (size, "error", "std. error", f"ln {size}", "mean ln error", "local slope"):
        table.add_column(head, justify="right")
    if seeds:
        local = local_intervals(result.curve.sizes, result.curve.errors) if result.curve.positive else []
        every = -(-len(sizes) // MOST_SIZES)
        if every > 1:
            table.caption = f"one size in {every} of {len(sizes)}"
        rows = zip(sizes, result.curve.table().itertuples(index=False), [None, *local], strict=False)
        for n, row, slope in islice(rows, 0, None, every):
            values: Any = row
            table.add_row(
                f"{n:.10g}" if isinstance(n, float) else str(n),
                number(values.error),
                number(values.standard_error, 2),
                f"{values.log_n:.3f}",
                f"{values.log_error:.3f}",
                "" if slope is None else interval(slope, 2),
            )
    return table


def slopes_table(results: list[CellResult], size: str, *, theory: bool = True) -> Table:
    """Slope and interval of every cell, on the axis of its law and, where that is another one, on log-log axes.

    Without ``theory`` nothing is said of the slope that theory predicts, as there is none for curves from elsewhere.
    """
    bent = any(not isinstance(result.law, PowerLaw) or result.floor for result in results)
    single = [result.label for result in results if result.fit and result.fit.basis == "residuals"]
    alone = 0 < len(single) == len(results)
    over = "from the residuals of one seed" if alone else "over seeds"
    table = Table(title=f"Slopes, with 95% Student intervals {over}", title_justify="left", title_style="bold")
    table.add_column("cell")
    table.add_column("law")
    first = "slope on the law's axis" if bent else f"log-log slope in {size}"
    for head in (first, *(["theory"] if theory else []), "R²"):
        table.add_column(head, justify="right")
    if bent:
        table.add_column(f"log-log slope in {size}", justify="right")
    for result in results:
        fit = result.fit
        expected = "form only" if result.law.theory_slope is None else f"{result.law.theory_slope:.3f}"
        row: list[str | Text] = [
            result.label + " (one seed: from residuals)" * (result.label in single and not alone),
            Text(str(result.law).replace("ln n", f"ln {size}").replace("n^", f"{size}^")),
            interval(fit.slope if fit else None),
            *([expected] if theory else []),
            "-" if fit is None or fit.r2 is None else f"{fit.r2:.3f}",
        ]
        table.add_row(*row, *([interval(fit.loglog if fit else None)] if bent else []))
    return table


def levels_table(results: list[CellResult], headings: Mapping[str, str], size: str) -> Table:
    """The error and the diagnostics of every cell at its largest size, with standard errors over seeds."""
    largest = ", ".join(sorted({f"{result.curve.sizes[-1]:.0f}" for result in results}, key=int))
    table = Table(title=f"Levels at {size} = {largest}", title_justify="left", title_style="bold")
    table.add_column("cell")
    shown = [name for name in ("error", *headings) if any(name in result.levels for result in results)]
    for name in shown:
        table.add_column(headings.get(name, name), justify="right")
    for result in results:
        table.add_row(result.label, *(_level(result.levels.get(name)) for name in shown))
    return table


def _level(value: tuple[float, float | None] | None) -> str:
    if value is None:
        return "-"
    mean, spread = value
    return number(mean) if spread is None else f"{number(mean)} ± {number(spread, 2)}"


def parts_table(results: list[CellResult], headings: Mapping[str, str], size: str) -> Table | None:
    """Log-log slopes of the parts of the error; None where there are no parts."""
    shown = [name for name in headings if any(name in result.parts for result in results)]
    if not shown:
        return None
    table = Table(title=f"Parts of the error: log-log slopes in {size}", title_justify="left", title_style="bold")
    table.add_column("cell")
    for head in ("total", *(headings[name] for name in shown)):
        table.add_column(head, justify="right")
    for result in results:
        slopes = [interval(result.part_slopes.get(name)) for name in shown]
        table.add_row(result.label, interval(result.fit.loglog if result.fit else None), *slopes)
    return table


def facts_table(results: list[CellResult]) -> Table | None:
    """What theory says about every cell beyond its law; None where it says nothing."""
    names = list(dict.fromkeys(name for result in results for name in result.facts))
    if not names:
        return None
    table = Table(title="What theory says of the cells", title_justify="left", title_style="bold")
    table.add_column("cell")
    for name in names:
        table.add_column(name.replace("_", " "), justify="right")
    for result in results:
        table.add_row(result.label, *(_fact(result.facts.get(name)) for name in names))
    return table


def _fact(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return number(value) if isinstance(value, float) else str(value)


def notes_on_slopes(results: list[CellResult]) -> list[str]:
    """What a reader must know before trusting the slopes."""
    notes = []
    if any(len(result.curve.seeds) < 2 and not result.curve.partial for result in results):
        notes.append("A slope needs at least two seeds for its interval; where there are fewer none is given.")
    for result in results:
        if result.curve.dropped and not result.curve.partial:
            seeds = ", ".join(map(str, result.curve.dropped))
            notes.append(f"{result.label}: seeds {seeds} lack a size and are left out of the curve.")
    signed = [
        result.label for result in results if any(part.seeds and not part.positive for part in result.parts.values())
    ]
    if signed:
        notes.append(
            f"{'; '.join(signed)}: a part of the error is a difference and not positive in every seed; it has a mean "
            "(in the JSON) but no logarithm, so no slope and no line."
        )
    if any(result.law.theory_slope is None for result in results):
        notes.append(
            "Theory gives the form of the axis, not its constant C; slopes on different axes are not comparable "
            "between cells, levels are. The asymptotic gamma is not visible at feasible n: compare the free gamma with "
            "that of the reference curve, which covers the same sizes."
        )
    return notes


def fit_table(summary: dict[str, Any]) -> Table:
    """The numbers of one interaction fit."""
    s = summary
    title = f"Interaction fit: d = {s['d']}, N = {s['tokens']}, M = {s['samples']}, rank {s['rank']}, seed {s['seed']}"
    table = Table(title=title, title_justify="left", title_style="bold", show_header=False)
    table.add_column("quantity")
    table.add_column("value", justify="right")
    table.add_column("meaning")
    rows = (
        ("error", "error", "||g_hat - g*||² in L2(rho), g* has variance 1"),
        ("oracle error", "oracle_error", "the same with A* known"),
        ("parametric part", "parametric_error", "error - oracle error, the price of learning A"),
        ("predicted", "predicted_parametric_error", "p sigma²/M, p = 2rd - r² - 1"),
        ("hold-out error", "holdout_error", "mean squared error of prediction on samples the fit has not seen"),
        ("explained", "explained", "share of the variance of Y, on the same samples"),
        ("explainable", "explainable", "1 - noise variance / variance of Y"),
        ("noise", "noise_sd", "standard deviation, from the residuals"),
        ("rank", "rank", "of A"),
        ("intervals K", "K" if "K" in s else "intervals", "knot intervals of the spline"),
        ("starts", "starts", f"{s.get('agreeing', 'none')} of them ended at the best loss"),
        *_words(s),
        ("seconds", "seconds", "of the fit alone, on one thread"),
    )
    for name, key, meaning in rows:
        if key in s:  # an estimator that knows A* has no parametric part and needs no starts
            table.add_row(name, _value(s, key), meaning)
    return table


def _words(s: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What may be said of a fit; of one to own data in three words."""
    if "found" not in s:
        return [("converged", "converged", "judged without the truth")]
    bottom, rivals = "reached" if s["basin"] else "NOT known to be reached", max(s["constant_p"], s["linear_p"])
    return [
        ("linear", "linear_explained", "share explained by a linear regression on the same samples"),
        ("found", "found", f"bottom {bottom}; no interaction, held out: p = {s['no_interaction_p']:.1g}"),
        ("explains", "explains", f"beats a constant and that regression, held out: p = {rivals:.1g}"),
        ("fits", "fits", f"nothing is left in the residuals: p = {s['structure_p']:.1g}"),
        ("converged", "converged", "found, explains and fits"),
    ]


def _value(summary: dict[str, Any], key: str) -> str:
    value, se = summary[key], summary.get(f"{key}_se", summary.get(f"{key.removesuffix('_error')}_se"))
    if isinstance(value, bool):
        return "yes" if value else "NO"
    if isinstance(value, int):
        return str(value)
    return number(value) if se is None else f"{number(value)} ± {number(se, 2)}"


def failures_table(plan: Plan, failures: dict[str, str]) -> Table:
    """The trials that failed, with the reason of each; of many, the first."""
    table = Table(title=f"{len(failures)} failed trials", title_justify="left", title_style="bold red")
    if len(failures) > MOST_FAILURES:
        table.caption = f"and {len(failures) - MOST_FAILURES} more; report.html shows all of them"
    for head in ("cell", problem(plan.problem).size, "seed", "reason", "record"):
        table.add_column(head)
    for cell, keys in zip(plan.cells, plan.keys, strict=True):
        for key, trial in zip(keys, cell.trials, strict=True):
            if key in failures and table.row_count < MOST_FAILURES:
                where = label(cell.axis), str(trial.n), str(trial.seed)
                table.add_row(*where, Text(failures[key]), f"records/{key}.json")
    return table
