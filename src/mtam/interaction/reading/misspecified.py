"""What a pairwise estimator recovers of softmax attention, which no function of pairs gives."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mtam.base.columns import A_COSINE, ORACLE_ERROR
from mtam.base.table import Cell, Table, mean_figure
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


def recovery(cells: Sequence[InteractionCell]) -> list[Table]:
    """A row per cell whose truth is normalised by rows, at its largest M; empty where there is none.

    The error is that of the response, whose variance is 1; what is left of it with A* known is the floor that
    misspecification sets. The last columns are shares of the variance of the fitted phi, under the law of u, that a
    line and the unnormalised activation explain.
    """
    rows = [_row(cell) for cell in cells if cell.trial.data.row_normalised and cell.complete]
    formats = dict.fromkeys(HEADS[1:], ".4g±.1g")
    return [Table(name="recovered_attention", title=TITLE, headings=HEADS, rows=rows, formats=formats)] if rows else []


def _row(cell: InteractionCell) -> list[Cell]:
    last = [cell.numbers[cell.sizes[-1], seed] for seed in cell.complete]
    shapes = np.array([_shape(record) for record in last if "phi_hat" in record]).reshape(-1, 2)
    columns = [np.array([float(record[name]) for record in last if name in record]) for name in
               (A_COSINE, "error", ORACLE_ERROR)]  # fmt: skip
    return [cell.label, *map(mean_figure, [*columns, *shapes.T])]


def _shape(record: Mapping[str, Any]) -> tuple[float, float]:
    u, phi, density = (np.array(record[name]) for name in ("phi_grid", "phi_hat", "u_density"))
    return _explained(phi, u, density), _explained(phi, np.clip(u, -1, 1) * np.exp(GAIN * np.clip(u, -1, 1)), density)


def _explained(values: Array, by: Array, weights: Array) -> float:
    """The squared correlation under ``weights``."""
    share = weights / weights.sum()
    values, by = values - share @ values, by - share @ by
    return float((share @ (values * by)) ** 2 / ((share @ values**2) * (share @ by**2)))
