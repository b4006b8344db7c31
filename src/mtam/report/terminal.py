"""The tables of every sweep and fit: convergence, slopes, levels, the numbers of a fit, failed trials."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from mtam.analysis.cell_results import CellResult
from mtam.base.columns import ORACLE_ERROR, PARAMETRIC_ERROR
from mtam.base.table import Cell, Table, figure
from mtam.problems.registry import Problem
from mtam.rates.curve import sizes_of
from mtam.rates.fitting.sensitivity import local_intervals
from mtam.rates.laws import PowerLaw
from mtam.report.terminal_laws import laws_report, with_size
from mtam.sweep.planning import Plan, label

MOST_FAILURES = 12  # that a terminal shows
MOST_SIZES = 40  # that a convergence table shows
LEVEL = "#3±#2"  # digits of a mean and of its standard error


def sweep_report(results: Sequence[CellResult], kind: Problem) -> list[Table | str]:
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


def convergence_table(result: CellResult, size: str) -> Table:
    """The log-log convergence table of one cell."""
    seeds, sizes = len(result.curve.seeds), sizes_of(result.curve).tolist()
    every = max(1, -(-len(sizes) // MOST_SIZES))
    rows: list[list[Cell]] = []
    if seeds:
        local = local_intervals(result.curve.sizes, result.curve.errors) if result.curve.positive else []
        points = zip(sizes, result.curve.table().itertuples(index=False), ["", *local], strict=False)
        for n, row, slope in islice(points, 0, None, every):
            values: Any = row
            rows.append([n, *map(figure, (values.error, values.standard_error, values.log_n, values.log_error)), slope])
    return Table(
        name="convergence",
        title=f"{result.label}   ({seeds} seed{'s' * (seeds != 1)}{_thinned(every, len(sizes))})",
        headings=[size, "error", "std. error", f"ln {size}", "mean ln error", "local slope"],
        rows=rows,
        formats={
            size: ".10g" if any(isinstance(n, float) for n in sizes) else "d",
            "std. error": "#2", f"ln {size}": ".3f", "mean ln error": ".3f", "local slope": ".2f",
        },
    )  # fmt: skip


def _thinned(every: int, count: int) -> str:
    return f"; one size in {every} of {count}" if every > 1 else ""


def slopes_table(results: Sequence[CellResult], size: str, *, theory: bool = True) -> Table:
    """Slope and interval of every cell, on the axis of its law and, where that is another one, on log-log axes.

    Without ``theory`` nothing is said of the slope that theory predicts, as there is none for curves from elsewhere.
    """
    bent = any(not isinstance(result.law, PowerLaw) or result.floor for result in results)
    single = [result.label for result in results if result.fit and result.fit.basis == "residuals"]
    alone = 0 < len(single) == len(results)
    loglog = f"log-log slope in {size}"
    first = "slope on the law's axis" if bent else loglog
    rows: list[list[Cell]] = []
    for result in results:
        fit = result.fit
        expected = "form only" if result.law.theory_slope is None else result.law.theory_slope
        rows.append([
            result.label + " (one seed: from residuals)" * (result.label in single and not alone),
            with_size(str(result.law), size), fit.slope if fit else None,
            *([expected] if theory else []), figure(fit.r2) if fit else None,
            *([fit.loglog if fit else None] if bent else []),
        ])  # fmt: skip
    return Table(
        name="slopes",
        title=f"Slopes, with 95% Student intervals {'from the residuals of one seed' if alone else 'over seeds'}",
        headings=["cell", "law", first, *(["theory"] if theory else []), "R²", *([loglog] if bent else [])],
        rows=rows,
        formats={"theory": ".3f", "R²": ".3f"},
    )


def levels_table(results: Sequence[CellResult], headings: Mapping[str, str], size: str) -> Table:
    """The error and the diagnostics of every cell at its largest size, with standard errors over seeds."""
    largest = ", ".join(sorted({f"{result.curve.sizes[-1]:.0f}" for result in results}, key=int))
    shown = [name for name in ("error", *headings) if any(name in result.levels for result in results)]
    names = [headings.get(name, name) for name in shown]
    return Table(
        name="levels",
        title=f"Levels at {size} = {largest}",
        headings=["cell", *names],
        rows=[
            [result.label, *(figure(*result.levels.get(name, (None, None))) for name in shown)] for result in results
        ],
        formats=dict.fromkeys(names, LEVEL),
    )


def parts_table(results: Sequence[CellResult], headings: Mapping[str, str], size: str) -> Table | None:
    """Log-log slopes of the parts of the error; None where there are no parts."""
    shown = [name for name in headings if any(name in result.parts for result in results)]
    if not shown:
        return None
    return Table(
        name="parts",
        title=f"Parts of the error: log-log slopes in {size}",
        headings=["cell", "total", *(headings[name] for name in shown)],
        rows=[
            [result.label, result.fit.loglog if result.fit else None, *(result.part_slopes.get(name) for name in shown)]
            for result in results
        ],
    )


def facts_table(results: Sequence[CellResult]) -> Table | None:
    """What theory says about every cell beyond its law; None where it says nothing."""
    names = list(dict.fromkeys(name for result in results for name in result.facts))
    if not names:
        return None
    return Table(
        name="facts",
        title="What theory says of the cells",
        headings=["cell", *(name.replace("_", " ") for name in names)],
        rows=[[result.label, *(_fact(result.facts.get(name)) for name in names)] for result in results],
    )


def _fact(value: Any) -> Cell:
    return figure(value) if isinstance(value, float) else value


def notes_on_slopes(results: Sequence[CellResult]) -> list[str]:
    """What a reader must know before trusting the slopes."""
    notes = notes_on_seeds(results)
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


def notes_on_seeds(results: Sequence[CellResult]) -> list[str]:
    """Which seeds a slope has to do without, and where it has no interval for want of them."""
    notes = []
    if any(len(result.curve.seeds) < 2 and not result.curve.partial for result in results):
        notes.append("A slope needs at least two seeds for its interval; where there are fewer none is given.")
    for result in results:
        if result.curve.dropped and not result.curve.partial:
            seeds = ", ".join(map(str, result.curve.dropped))
            notes.append(f"{result.label}: seeds {seeds} lack a size and are left out of the curve.")
    return notes


def fit_table(summary: Mapping[str, Any]) -> Table:
    """The numbers of one interaction fit."""
    s = summary
    at = f"d = {s['d']}, N = {s['tokens']}, M = {s['samples']}"
    rows = (
        ("error", "error", "||g_hat - g*||² in L2(rho), g* has variance 1"),
        ("oracle error", ORACLE_ERROR, "the same with A* known"),
        ("parametric part", PARAMETRIC_ERROR, "error - oracle error, the price of learning A"),
        ("predicted", "predicted_parametric_error", "p sigma²/M, p = 2rd - r² - 1"),
        ("hold-out error", "holdout_error", "mean squared error of prediction on samples the fit has not seen"),
        ("explained", "explained", "share of the variance of Y, on the same samples"),
        ("explainable", "explainable", "1 - noise variance / variance of Y"),
        ("noise", "noise_sd", "standard deviation, from the residuals"),
        ("rank", "rank", "of A"),
        ("intervals K", "K" if "K" in s else "intervals", "knot intervals of the spline"),
        (
            "freedom",
            "freedom",
            "effective degrees of freedom of the penalised spline, smoothed by REML (with groups: by cross-validation)",
        ),
        ("band", "simultaneous_critical", _bands(s)),
        ("angle of A", _angle(s), "standard error, radians: of its worst singular vector out of the true space"),
        ("starts", "starts", f"{s.get('agreeing', 'none')} of them ended at the best loss"),
        *_words(s),
        ("seconds", "seconds", "of the fit alone, on one thread"),
    )
    return Table(
        name="fit",
        title=f"Interaction fit: {at}, rank {s['rank']}, seed {s['seed']}",
        headings=["quantity", "value", "meaning"],
        # an estimator that knows A* has no parametric part and needs no starts
        rows=[[name, _fitted(s, key), meaning] for name, key, meaning in rows if key in s],
        formats={"value": LEVEL},
    )


def _angle(s: Mapping[str, Any]) -> str:
    """The angle's name; at full rank singular vectors have no space to leave."""
    return "" if s["rank"] == s["d"] else "angle_se"


def _bands(s: Mapping[str, Any]) -> str:
    """What the figure's bands are."""
    if "simultaneous_from" not in s:
        return ""
    low, high = s["simultaneous_from"], s["simultaneous_to"]
    return f"times the standard error holds phi on all of [{low:.2g}, {high:.2g}] (95%); 1.96 times at each u"


def _words(s: Mapping[str, Any]) -> list[tuple[str, str, str]]:
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


def _fitted(summary: Mapping[str, Any], key: str) -> Cell:
    value, se = summary[key], summary.get(f"{key}_se", summary.get(f"{key.removesuffix('_error')}_se"))
    return value if isinstance(value, int) else figure(value, se)


def failures_table(plan: Plan, failures: Mapping[str, str]) -> Table:
    """The trials that failed, with the reason of each; of many, the first are shown."""
    return Table(
        name="failures",
        title=f"{len(failures)} failed trials",
        headings=["cell", plan.definition.size, "seed", "reason", "record"],
        rows=[
            [label(cell.axis), trial.n, trial.seed, failures[key], f"records/{key}.json"]
            for cell, keys in zip(plan.cells, plan.keys, strict=True)
            for key, trial in zip(keys, cell.trials, strict=True)
            if key in failures
        ],
        shown=MOST_FAILURES,
        whole="report.html",
    )
