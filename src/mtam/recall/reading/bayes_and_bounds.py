"""Measured risk beside the Bayes rule on the same contexts, and beside theory's bounds on the same sizes."""

from collections.abc import Sequence

import numpy as np

from mtam.base.remark import Remark
from mtam.recall.reading.recall_cells import Array, RecallCell
from mtam.recall.recall_spec import BENCHMARK_FROM
from mtam.recall.theory.minimax import lower_bound, reference_curve


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


def table(found: Sequence[RecallCell]) -> list[Remark]:
    """One row per cell and size with a Bayes rule; nothing where no record has one."""
    rows = []
    for cell in found:
        data = cell.trial.data
        sizes = [n for n in cell.sizes if n >= BENCHMARK_FROM and np.isfinite(cell.values("bayes_error", n)).all()]
        if not sizes:
            continue
        low = lower_bound(data.alpha, data.decay, sizes, data.noise, spectrum=data.spectrum)
        high = reference_curve(data.alpha, data.decay, sizes, data.noise, spectrum=data.spectrum)
        for n, below, above in zip(sizes, low, high, strict=True):
            errors, bayes = cell.values("error", n), cell.values("bayes_error", n)
            value, spread = ratio(errors, bayes)
            rows.append([
                cell.label, str(n), f"{errors.mean():.3g}", f"{bayes.mean():.3g}",
                f"{value:.2f}" + ("" if spread is None else f" ± {spread:.2f}"),
                f"{above:.2g}", f"{below:.2g}", f"{above / below:.3g}", f"{errors.mean() / below:.3g}",
            ])  # fmt: skip
    heads = [
        "cell", "n", "risk", "Bayes rule", "risk / Bayes", "reference (upper)", "Assouad (lower)", "upper / lower",
        "risk / lower",
    ]  # fmt: skip
    title = (
        "The Bayes rule (exact Gaussian-process regression on the true coefficients, true kernel and noise) and "
        "theory's bounds; ratios of means over seeds, jackknife standard error"
    )
    return [*([(title, heads, rows)] if rows else []), *_floors(found)]


def _floors(found: Sequence[RecallCell]) -> list[Remark]:
    """One row per cell of finite contexts, at its largest size."""
    rows = []
    for cell in found:
        n = cell.sizes[-1]
        errors, floors = cell.values("error", n), cell.values("token_floor", n)
        if np.isfinite(floors).all():
            value, spread = ratio(errors, floors)
            more = "" if spread is None else f" ± {spread:.2f}"
            rows.append([cell.label, str(n), f"{errors.mean():.3g}", f"{floors.mean():.3g}", f"{value:.2f}{more}"])
    heads = ["cell", "n", "risk", "floor", "risk / floor"]
    title = (
        "What finite tokens leave unknown: risk of the Bayes rule that is given the queried measure's tokens and the "
        "target itself, so that no sample size goes below it; ratios of means over seeds, jackknife standard error"
    )
    return [(title, heads, rows)] if rows else []
