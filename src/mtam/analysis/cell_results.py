"""Tables from records alone: building them again gives the same bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from mtam.analysis.law_comparison import comparison, ends, flat
from mtam.base.columns import BAYES_ERROR
from mtam.rates.compare import Comparison
from mtam.rates.curve import Curve, curve, sizes_of
from mtam.rates.fitting.fit import Fit
from mtam.rates.fitting.sensitivity import Later, leave_smallest_out, local_intervals
from mtam.rates.goodness_of_fit import lack_of_fit
from mtam.rates.intervals import Interval
from mtam.rates.law_judgement import compared
from mtam.rates.laws import Floats, Law, PowerLaw, law
from mtam.sweep import store
from mtam.sweep.planning import Plan, label
from mtam.sweep.store import Record

if TYPE_CHECKING:  # a single fit has no cells, and pandas takes long to load
    import pandas as pd

SIMULATED = 12  # cells of a sweep, beyond which none is followed by a simulation: tables are to take seconds


@dataclass(frozen=True)
class CellResult:
    """What the records say about one cell."""

    axis: dict[str, Any]
    law: Law
    curve: Curve
    parts: dict[str, Curve] = field(default_factory=dict)  # curves of further errors in the same records
    facts: dict[str, Any] = field(default_factory=dict)  # what theory says about this cell
    reference: Floats | None = None  # the curve that theory forecasts on the same sizes
    lower: Floats | None = None  # what theory says no estimator falls below, on the same sizes
    bayes: Floats | None = None  # mean error of the Bayes rule on the same contexts; NaN at sizes without one
    levels: dict[str, tuple[float, float | None]] = field(default_factory=dict)  # at the largest size: mean, std. error
    floor: bool = False  # whether the law has an additive floor
    rivals: tuple[Law, ...] | None = None  # None: a power law, unless that is the law
    simulated: bool = True  # whether an open comparison is followed by a simulation of what would decide it
    ratios: dict[str, Curve] = field(default_factory=dict)  # what theory says is flat

    @cached_property
    def fit(self) -> Fit | None:
        """The law fitted to the curve."""
        return self.curve.fit(self.law, floor=self.floor)

    @cached_property
    def compared(self) -> list[Comparison]:
        """The law against each of its rivals, in numbers; empty where there is nothing to compare."""
        default = () if isinstance(self.law, PowerLaw) else (PowerLaw(),)
        rivals = default if self.rivals is None else self.rivals
        return compared(self.law, rivals, self.curve, floor=self.floor)

    @cached_property
    def comparison(self) -> dict[str, Any]:
        """The same for tables and JSON; empty where there is nothing to compare."""
        return comparison(
            self.law, self.compared, self.curve, self.reference,
            floor=self.floor, formulas=self.rivals is not None, simulated=self.simulated,
        )  # fmt: skip

    @cached_property
    def sensitivity(self) -> list[Later]:
        """The slope as the smallest sizes are left out; empty without two seeds or with fewer than four sizes."""
        points = self.curve
        if not (points.partial or len(points.seeds) > 1) or len(points.sizes) < 4 or not points.positive:
            return []
        return leave_smallest_out(self.law, points.sizes, points.errors, floor=self.floor, single=points.partial)

    @cached_property
    def lack_of_fit(self) -> float | None:
        """The p of the law's lack of fit against the scatter of seeds."""
        if "laws" in self.comparison and "lack_of_fit" in self.comparison["laws"][0]:
            return self.comparison["laws"][0]["lack_of_fit"]  # type: ignore[no-any-return]
        return lack_of_fit(self.law, self.curve.sizes, self.curve.errors, floor=self.floor)

    @property
    def larger_half(self) -> Later | None:
        """The slope on the larger half of the sizes, the middle one among them."""
        return next(
            (later for later in self.sensitivity[::-1] if later.sizes >= (len(self.curve.sizes) + 1) // 2), None
        )

    @cached_property
    def part_slopes(self) -> dict[str, Interval | None]:
        """Log-log slopes of the parts."""
        fits = {name: part.fit(PowerLaw()) for name, part in self.parts.items()}
        return {name: fit.loglog if fit else None for name, fit in fits.items()}

    @property
    def label(self) -> str:
        """The cell in words."""
        return label(self.axis)


def trial_rows(plan: Plan, records: Mapping[str, Record]) -> "pd.DataFrame":
    """One row per trial with a record, sorted by cell, n and seed: axes, n, seed, status, error, other numbers.

    Lists and timings are left out: a table must not change when a run is repeated.
    """
    import pandas as pd

    rows = []
    for index, (cell, keys) in enumerate(zip(plan.cells, plan.keys, strict=True)):
        for key, trial in zip(keys, cell.trials, strict=True):
            if key not in records:
                continue
            record = records[key]
            numbers = record.get("numbers", {})
            scalars = {
                name: value
                for name, value in numbers.items()
                if isinstance(value, int | float | str) and not name.endswith("seconds")
            }
            status = "failed" if store.failed(record) else "done"
            row = {
                "cell": index,
                **cell.axis,
                "n": trial.n,
                "seed": trial.seed,
                "status": status,
                "error": None,
            }
            rows.append(row | scalars)
    columns = ["cell", *(plan.cells[0].axis), "n", "seed", "status", "error"]
    frame = pd.DataFrame(rows, columns=None if rows else columns)
    frame["error"] = pd.to_numeric(frame["error"])
    return frame.sort_values(["cell", "n", "seed"], ignore_index=True)


def cell_results(plan: Plan, rows: "pd.DataFrame") -> list[CellResult]:
    """The curve of every cell that has records."""
    results = []
    for index, cell in enumerate(plan.cells):
        own = rows[rows["cell"] == index]
        if own.empty:
            continue
        names = [name for name in plan.definition.parts if name in own and own[name].abs().max() > 0]
        parts = {name: curve(own, name, signed=True) for name in names}
        points, last = curve(own), cell.trials[-1]
        expected, bound = plan.definition.forecasts(last, [int(n) for n in points.sizes])
        reference = None if expected is None else np.asarray(expected, dtype=float)
        lower = None if bound is None else np.asarray(bound, dtype=float)
        bayes = own.groupby("n")[BAYES_ERROR].mean().to_numpy(dtype=float) if BAYES_ERROR in own else None
        names = ["error", *plan.definition.levels]
        complete = own[own["seed"].isin(points.seeds)]
        levels = {name: _level(complete, name) for name in names if name in own}
        done = own[own["status"] == "done"].select_dtypes("number").dropna(axis="columns", how="all")
        facts = last.facts() | plan.definition.decompose({str(name): done[name].to_numpy() for name in done}, last)
        ratios = {name: curve(own, name, signed=True) for name in plan.definition.ratios if name in own}
        results.append(
            CellResult(
                cell.axis, law(last.law()), points, parts, facts, reference, levels=levels, ratios=ratios,
                lower=lower, bayes=bayes, simulated=len(plan.cells) <= SIMULATED,
            )
        )  # fmt: skip
    return results


def _level(rows: "pd.DataFrame", name: str) -> tuple[float, float | None]:
    """Mean and standard error over seeds of one number at the cell's largest size."""
    import pandas as pd

    values = pd.to_numeric(rows.loc[rows["n"] == rows["n"].max(), name]).dropna().astype(float)
    spread = float(values.std(ddof=1) / len(values) ** 0.5) if len(values) > 1 else None
    return float(values.mean()), spread


def rates_rows(results: list[CellResult]) -> "pd.DataFrame":
    """One row per cell: its law, slope with interval on the law's axis, log-log slope with interval, R^2."""
    import pandas as pd

    return pd.DataFrame([{**result.axis, **_rate(result)} for result in results])


def _rate(result: CellResult) -> dict[str, Any]:
    fit = result.fit
    slope, loglog = (fit.slope, fit.loglog) if fit else (None, None)
    return {
        "law": str(result.law),
        "axis": result.law.axis_label,
        "slope": slope.value if slope else None,
        "slope_low": slope.low if slope else None,
        "slope_high": slope.high if slope else None,
        "theory_slope": result.law.theory_slope,
        "loglog_slope": loglog.value if loglog else None,
        "loglog_low": loglog.low if loglog else None,
        "loglog_high": loglog.high if loglog else None,
        "r2": fit.r2 if fit else None,
        **(ends("floor", fit.floor if fit else None) if result.floor else {}),
        **ends("larger_half_slope", result.larger_half.slope if result.larger_half else None),
        "seeds": len(result.curve.seeds),
        "dropped_seeds": len(result.curve.dropped),
        **result.facts,
        **flat(result.comparison),
        **{f"level_{name}": mean for name, (mean, _) in result.levels.items()},
        **{
            f"{name}_slope{end}": value
            for name, slope in result.part_slopes.items()
            for end, value in (
                ("", slope.value if slope else None),
                ("_low", slope.low if slope else None),
                ("_high", slope.high if slope else None),
            )
        },
    }


def summary_of_sweep(results: list[CellResult]) -> list[dict[str, Any]]:
    """The ``cells`` of a sweep's JSON."""
    cells = []
    for result in results:
        rate, points = _rate(result), result.curve
        cells.append(
            {
                "axis": result.axis,
                "sizes": sizes_of(points).tolist(),
                "mean_errors": points.mean.tolist() if points.seeds else [],
                "standard_errors": [None if np.isnan(error) else error for error in points.standard_error.tolist()],
                "slope": rate["slope"],
                "slope_ci": None if rate["slope"] is None else [rate["slope_low"], rate["slope_high"]],
                "r2": rate["r2"],
                "law": rate["law"],
                "slope_axis": rate["axis"],
                "theory_slope": rate["theory_slope"],
                "loglog_slope": rate["loglog_slope"],
                "loglog_slope_ci": None if rate["loglog_slope"] is None else [rate["loglog_low"], rate["loglog_high"]],
                "interval": "student",
                "seeds": len(points.seeds),
                "dropped_seeds": list(points.dropped),
                **result.facts,
                **result.comparison,
                **_more_slopes(result),
                "levels": {
                    name: {"mean": None if np.isnan(mean) else mean, "standard_error": spread}
                    for name, (mean, spread) in result.levels.items()
                },
                "parts": {
                    name: {
                        "mean_errors": part.mean.tolist() if part.seeds else [],
                        "standard_errors": None if len(part.seeds) < 2 else part.standard_error.tolist(),
                        "seeds": len(part.seeds),
                        "slope": slope.value if slope else None,
                        "slope_ci": [slope.low, slope.high] if slope else None,
                    }
                    for (name, part), slope in zip(result.parts.items(), result.part_slopes.values(), strict=True)
                },
            }
        )
    return cells


def _more_slopes(result: CellResult) -> dict[str, Any]:
    """Local slopes, the slope without the smallest sizes, and the floor where the law has one."""
    points, sizes = result.curve, sizes_of(result.curve).tolist()
    several = points.positive and len(points.sizes) > 1
    local = local_intervals(points.sizes, points.errors) if several else []
    told: dict[str, Any] = {
        "local_slopes": [{"n": n, **ends("slope", slope)} for n, slope in zip(sizes[1:], local, strict=several)],
        "sensitivity": [{"from_n": sizes[-one.sizes], **ends("slope", one.slope)} for one in result.sensitivity],
    }
    return told | (ends("floor", result.fit.floor if result.fit else None) if result.floor else {})


def summary_of_fit(plan: Plan, record: Record) -> dict[str, Any]:
    """The numbers of a single fit with the settings that name it; lists are left to the record."""
    trial: Any = plan.cells[0].trials[0]
    numbers = {name: value for name, value in record["numbers"].items() if not isinstance(value, list)}
    data = trial.data
    settings = {"d": data.d, "tokens": data.tokens, "samples": trial.n, "seed": trial.seed}
    if plan.problem == "interaction":
        settings |= {"rank": data.rank, "degree": data.degree}
    else:
        settings |= {"degree": numbers["spline_degree"], "warnings": record["numbers"].get("warnings", [])}
        settings |= {"hints": plan.definition.hints_of(record["numbers"])}
    return numbers | settings
