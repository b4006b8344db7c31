"""What a run or a fit says, as data frames: for Python and for notebooks."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mtam.analysis.cell_results import CellResult
from mtam.claims.judge_claims import JudgedClaim
from mtam.rates import judge_curves
from mtam.rates.curve import sizes_of
from mtam.rates.law_judgement import judgement
from mtam.rates.verdict import Judgement

CURVE = ("n", "error", "standard_error", "seeds", "reference", "lower_bound")
JUDGED = ("cell", "statement", "verdict", "value", "low", "high", "because", "source", "id")


def curves_frame(results: Sequence[CellResult]) -> pd.DataFrame:
    """One row per cell and size: axes, n, mean error, its standard error over seeds, how many these are, theory.

    ``reference`` and ``lower_bound`` are the curves that theory gives at these sizes; NaN where it gives none.
    """
    parts = []
    for result in results:
        points = result.curve
        if not points.seeds:
            continue
        nothing = np.full(len(points.sizes), np.nan)
        columns: dict[str, Any] = {
            "n": sizes_of(points),
            "error": points.mean,
            "standard_error": points.standard_error,
            "seeds": points.counts.astype(int),
            "reference": nothing if result.reference is None else result.reference,
            "lower_bound": nothing if result.lower is None else result.lower,
        }
        axis = {key: [value] * len(points.sizes) for key, value in result.axis.items()}
        parts.append(pd.DataFrame({**axis, **columns}))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(CURVE))


def judgements_frame(results: Sequence[CellResult], claims: Iterable[JudgedClaim] = ()) -> pd.DataFrame:
    """One row per statement: the slope that theory predicts, the law against its first rival, and claims.

    A slope supports theory's only if its interval is narrow enough to tell the two apart from their neighbours
    (``rates.judge_curves``); ``low`` and ``high`` are NaN where the verdict rests on no interval; ``id`` names claims.
    """
    rows = [row for result in results for row in _of_cell(result)]
    rows += [_row(each.cell, each.claim.claim, each.judgement, each.claim.source, each.claim.id) for each in claims]
    return pd.DataFrame(rows, columns=list(JUDGED))


def _of_cell(result: CellResult) -> list[dict[str, Any]]:
    told = []
    if result.law.theory_slope is not None:
        slope = result.fit.slope if result.fit else None
        judged = judge_curves.contains(slope, result.law.theory_slope, widest=judge_curves.WIDEST)
        told.append(
            _row(result.label, f"slope {result.law.theory_slope:.4g} on {result.law.axis_label}", judged, "law")
        )
    decided = judgement(result.compared, result.curve)
    if decided is not None:
        told.append(_row(result.label, f"{result.law} rather than a power law", decided, "law"))
    return told


def _row(cell: str, statement: str, judged: Judgement, source: str, key: str = "") -> dict[str, Any]:
    value = judged.interval
    ends = (np.nan,) * 3 if value is None else (value.value, value.low, value.high)
    numbers = dict(zip(("value", "low", "high"), map(float, ends), strict=True))
    return {
        "cell": cell, "statement": statement, "verdict": str(judged.verdict), **numbers,
        "because": judged.reason, "source": source, "id": key,
    }  # fmt: skip
