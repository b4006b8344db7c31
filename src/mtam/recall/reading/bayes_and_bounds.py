"""Measured risk beside the Bayes rule on the same contexts, and beside theory's bounds on the same sizes."""

from collections.abc import Sequence

import numpy as np

from mtam.base.columns import BAYES_ERROR
from mtam.base.table import Cell, Table, figure
from mtam.recall.reading.recall_cells import Array, RecallCell
from mtam.recall.recall_spec import BENCHMARK_FROM
from mtam.recall.theory.minimax import AXES, reference_curve
from mtam.recall.theory.tiled_bumps import lower_bounds
from mtam.recall.theory.water_filling import finite_box


def ratio(errors: Array, bayes: Array) -> tuple[float, float | None]:
    """Mean risk over mean Bayes risk, with its jackknife standard error over seeds. (seeds,), (seeds,)

    The Bayes rule has the least risk on average over targets, so the ratio of the means is at least one up to chance;
    on a single target another estimator may be luckier.
    """
    value = float(errors.mean() / bayes.mean())
    count = len(errors)
    if count < 2:
        return value, None
    others = (errors.sum() - errors) / (bayes.sum() - bayes)
    return value, float(np.sqrt((count - 1) / count * ((others - others.mean()) ** 2).sum()))


def tables(cells: Sequence[RecallCell]) -> list[Table]:
    """One row per cell and size with a Bayes rule, one per cell of finite contexts; nothing where there is none."""
    return [*_bayes_rule(cells), *_token_floor(cells)]


def _bayes_rule(cells: Sequence[RecallCell]) -> list[Table]:
    rows: list[list[Cell]] = []
    for cell in cells:
        data = cell.trial.data
        sizes = [n for n in cell.sizes if n >= BENCHMARK_FROM and np.isfinite(cell.values(BAYES_ERROR, n)).all()]
        if not sizes:
            continue
        box = finite_box(data.alpha, data.decay, data.spectrum, AXES, 0.0)
        low = np.exp(lower_bounds(box, np.log(sizes), data.noise))
        high = reference_curve(data.alpha, data.decay, sizes, data.noise, spectrum=data.spectrum)
        for n, below, above in zip(sizes, low, high, strict=True):
            errors, bayes = cell.values("error", n), cell.values(BAYES_ERROR, n)
            risk = float(errors.mean())
            rows.append([
                cell.label, n, risk, float(bayes.mean()), figure(*ratio(errors, bayes)), float(above), float(below),
                float(above / below), float(risk / below),
            ])  # fmt: skip
    if not rows:
        return []
    forms = (".3g", ".3g", ".2f", ".2g", ".2g", ".3g", ".3g")
    headings = [
        "cell", "n", "risk", "Bayes rule", "risk / Bayes", "reference (upper)", "tiled bumps (lower)", "upper / lower",
        "risk / lower",
    ]  # fmt: skip
    title = (
        "The Bayes rule (exact Gaussian-process regression on the true coefficients, true kernel and noise) and "
        "theory's bounds, of the best cover above and of signed bumps that tile the box below; ratios of means over "
        "seeds, jackknife standard error"
    )
    formats = dict(zip(headings[2:], forms, strict=True))
    return [Table(name="bayes_and_bounds", title=title, headings=headings, rows=rows, formats=formats)]


def _token_floor(cells: Sequence[RecallCell]) -> list[Table]:
    """One row per cell of finite contexts, at its largest size."""
    rows: list[list[Cell]] = []
    for cell in cells:
        n = cell.sizes[-1]
        errors, floors = cell.values("error", n), cell.values("token_floor", n)
        if np.isfinite(floors).all():
            rows.append([
                cell.label, n, float(errors.mean()), float(floors.mean()), figure(*ratio(errors, floors)),
            ])  # fmt: skip
    title = (
        "What finite tokens leave unknown: risk of the Bayes rule that is given the queried measure's tokens and the "
        "target itself, so that no sample size goes below it; ratios of means over seeds, jackknife standard error"
    )
    table = Table(
        name="token_floor",
        title=title,
        headings=["cell", "n", "risk", "floor", "risk / floor"],
        rows=rows,
        formats={"risk": ".3g", "floor": ".3g", "risk / floor": ".2f"},
    )
    return [table] if rows else []
