"""What the diagnostics of every cell say in words: recall, partial recall, diffusion, saturation, plateau."""

from collections.abc import Sequence

import numpy as np

from mtam.base.remark import Remark
from mtam.recall.reading.recall_cells import RecallCell
from mtam.recall.theory.minimax import effective_dimension

RECALLED = 0.95  # attention mass from which recall counts as complete
DIFFUSE = 0.15  # of the way from 1/I to 1: below, attention says next to nothing
PLATEAU = 0.15  # within this share of the error of a constant answer, and ...
MOVED = 0.5  # ... with less than this share of the right change when measures are exchanged
SCANT = 0.5  # of the variance: what finite tokens leave unknown from here on hides whether the model recalls
MOST = 24  # cells; more of them are told by their heat map


def table(found: Sequence[RecallCell]) -> list[Remark]:
    """One row per trained cell at its largest size; nothing for the planes of many cells."""
    rows = []
    for cell in found:
        n = cell.sizes[-1]
        data = cell.trial.data
        if not np.isfinite(cell.values("effective_dimension", n)).all():
            continue
        expected = effective_dimension(data.alpha, data.decay, [n], data.noise, spectrum=data.spectrum)[0]
        mass, gain = (float(cell.values(name, n).mean()) for name in ("attention_mass", "swap_gain"))
        used = float(cell.values("effective_dimension", n).mean())
        exchanged = f"{gain:.2f}" if np.isfinite(gain) else "-"
        rows.append([cell.label, f"{mass:.3f}", exchanged, f"{used:.1f}", str(expected), verdict(cell)])
    heads = [
        "cell",
        "attention mass",
        "right change when measures are exchanged",
        "coefficients used",
        "D_eff",
        "verdict",
    ]
    title = "What the model has learned, at the largest n; coefficients that move the answer by more than its error"
    return [(title, heads, rows)] if rows and len(rows) <= MOST else []


def verdict(cell: RecallCell) -> str:
    """The sentence of one cell, from the means over seeds at its largest size."""
    n, data = cell.sizes[-1], cell.trial.data
    error, mass, gain = (float(cell.values(name, n).mean()) for name in ("error", "attention_mass", "swap_gain"))
    uniform, floor = 1 / data.components, float(cell.values("token_floor", n).mean())
    if floor >= SCANT and error <= 1 + PLATEAU:
        return f"too few tokens: with the measure named and the target known, the risk would still be {floor:.2f}"
    if abs(error - 1) < PLATEAU and not gain >= MOVED:
        return f"plateau: the risk is that of a constant answer ({error:.2f}), no measure is read"
    if error > 1 + PLATEAU:
        return f"worse than a constant answer ({error:.2f}): what it learned on its sample does not carry over"
    if data.components == 1 or mass >= RECALLED:
        return "recall: attention is on the named component"
    if mass < uniform + DIFFUSE * (1 - uniform):
        return f"diffusion: attention is nearly uniform (1/I = {uniform:.2f})"
    if data.components > 2 * data.tag_dim:
        return f"dimensional saturation: I = {data.components} is beyond Rankin's 2 d1 = {2 * data.tag_dim}"
    return "partial recall: attention is shared with components that were not asked for"
