"""What a pairwise estimator recovers of softmax attention, which no function of pairs gives."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mtam.base.remark import Remark
from mtam.interaction.reading.interaction_cells import InteractionCell
from mtam.interaction.simulate.activations import GAIN

Array = npt.NDArray[np.float64]

TITLE = "What the pairwise estimator recovers of softmax attention"
HEADS = [
    "cell",
    "cos(A, A*)",
    "error of the response",
    "with A* known",
    "share of phi a line explains",
    "u exp(3u) explains",
]


def recovery(found: Sequence[InteractionCell]) -> list[Remark]:
    """A row per cell whose truth is normalised by rows, at its largest M; empty where there is none.

    The error is that of the response, whose variance is 1; what is left of it with A* known is the floor that
    misspecification sets. The last columns are shares of the variance of the fitted phi, under the law of u, that a
    line and the unnormalised activation explain.
    """
    rows = [_row(cell) for cell in found if cell.trial.data.row_normalised and cell.seeds]
    return [(TITLE, HEADS, rows)] if rows else []


def _row(cell: InteractionCell) -> list[str]:
    last = [row[-1] for row in cell.records]
    shapes = np.array([_shape(record) for record in last if "phi_hat" in record])
    columns = [np.array([float(record[name]) for record in last if name in record]) for name in
               ("a_cosine", "error", "oracle_error")]  # fmt: skip
    return [cell.label, *(_told(values) for values in [*columns, *shapes.T])]


def _shape(record: Mapping[str, Any]) -> tuple[float, float]:
    u, phi, density = (np.array(record[name]) for name in ("phi_grid", "phi_hat", "u_density"))
    return _explained(phi, u, density), _explained(phi, np.clip(u, -1, 1) * np.exp(GAIN * np.clip(u, -1, 1)), density)


def _explained(values: Array, by: Array, weights: Array) -> float:
    """The squared correlation under ``weights``."""
    share = weights / weights.sum()
    values, by = values - share @ values, by - share @ by
    return float((share @ (values * by)) ** 2 / ((share @ values**2) * (share @ by**2)))


def _told(values: Array) -> str:
    spread = f" ± {values.std(ddof=1) / len(values) ** 0.5:.1g}" if len(values) > 1 else ""
    return f"{values.mean():.4g}{spread}" if len(values) else "-"
