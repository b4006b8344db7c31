"""What the diagnostics of every cell say: recall, partial recall, diffusion, saturation, plateau."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from mtam.base.columns import ATTENTION_MASS
from mtam.base.table import Cell, Table, figure
from mtam.recall.reading.recall_cells import RecallCell
from mtam.recall.reading.thresholds import DIFFUSE, MOVED, PLATEAU, RECALLED, SCANT
from mtam.recall.theory.minimax import effective_dimension

MOST = 24  # cells; more of them are told by their heat map


class Learned(StrEnum):
    """What a model has learned."""

    RECALL = "recall"
    PARTIAL = "partial recall"
    DIFFUSION = "diffusion"
    SATURATION = "dimensional saturation"
    PLATEAU = "plateau"
    WORSE = "worse than a constant answer"
    SCANT = "too few tokens"


@dataclass(frozen=True)
class Diagnosis:
    """What a cell has learned, and by which of its numbers one sees it."""

    learned: Learned
    because: str


def tables(cells: Sequence[RecallCell]) -> list[Table]:
    """One row per trained cell at its largest size; nothing for the planes of many cells."""
    rows: list[list[Cell]] = []
    for cell in cells:
        n = cell.sizes[-1]
        data = cell.trial.data
        if not np.isfinite(cell.values("holdout_loss", n)).all():  # of what was trained
            continue
        expected = effective_dimension(data.alpha, data.decay, [n], data.noise, spectrum=data.spectrum)[0]
        mass, gain, used = (
            figure(float(cell.values(name, n).mean())) for name in (ATTENTION_MASS, "swap_gain", "axes_learned")
        )
        said = diagnosis(cell)
        rows.append([cell.label, mass, gain, used, int(expected), said.learned, said.because])
    if not rows or len(rows) > MOST:
        return []
    exchanged = "right change when measures are exchanged"
    headings = ["cell", "attention mass", exchanged, "coefficients learned", "D_eff", "diagnosis", "because"]
    title = "What the model has learned, at the largest n; coefficients count by the share of their effect that it has"
    formats = {"attention mass": ".3f", exchanged: ".2f", "coefficients learned": ".1f"}
    return [Table(name="diagnosis", title=title, headings=headings, rows=rows, formats=formats)]


def diagnosis(cell: RecallCell) -> Diagnosis:
    """The diagnosis of one cell, from the means over seeds at its largest size."""
    n, data = cell.sizes[-1], cell.trial.data
    error, mass, gain = (float(cell.values(name, n).mean()) for name in ("error", ATTENTION_MASS, "swap_gain"))
    uniform, floor = 1 / data.components, float(cell.values("token_floor", n).mean())
    if floor >= SCANT and error <= 1 + PLATEAU:
        why = f"with the measure named and the target known, the risk would still be {floor:.2f}"
        return Diagnosis(Learned.SCANT, why)
    if abs(error - 1) < PLATEAU and not gain >= MOVED:
        return Diagnosis(Learned.PLATEAU, f"the risk is that of a constant answer ({error:.2f}), no measure is read")
    if error > 1 + PLATEAU:
        return Diagnosis(Learned.WORSE, f"risk {error:.2f}: what it learned on its sample does not carry over")
    if data.components == 1 or mass >= RECALLED:
        return Diagnosis(Learned.RECALL, "attention is on the named component")
    if mass < uniform + DIFFUSE * (1 - uniform):
        return Diagnosis(Learned.DIFFUSION, f"attention is nearly uniform (1/I = {uniform:.2f})")
    if data.components > 2 * data.tag_dim:
        why = f"I = {data.components} is beyond Rankin's 2 d1 = {2 * data.tag_dim}"
        return Diagnosis(Learned.SATURATION, why)
    return Diagnosis(Learned.PARTIAL, "attention is shared with components that were not asked for")
