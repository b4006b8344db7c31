"""Where recall breaks over components and tag dimension, against Rankin's borders d1 + 1 and 2 d1."""

from collections.abc import Sequence

import numpy as np

from mtam.recall.cells import Cell, crossing
from mtam.remark import Remark

LEVELS = (0.95, 0.8)  # attention mass


def table(found: Sequence[Cell]) -> list[Remark]:
    """For every tag dimension the number of components at which the mean mass falls below each of LEVELS.

    Between two measured numbers it is interpolated in ln I. Nothing for sweeps over other planes.
    """
    if not found or set(found[0].varied) != {"components", "tag_dim"}:
        return []
    n = min(cell.sizes[-1] for cell in found)
    rows = []
    for dim in sorted({cell.trial.data.tag_dim for cell in found}):
        own = sorted((cell for cell in found if cell.trial.data.tag_dim == dim), key=lambda c: c.trial.data.components)
        counts = np.array([cell.trial.data.components for cell in own], dtype=float)
        mass = np.array([cell.values("attention_mass", n).mean() for cell in own])
        risk = [float(cell.values("error", n).mean()) for cell in own]
        breaks = [_break(counts, mass, level) for level in LEVELS]
        beyond = [r for c, r in zip(counts, risk, strict=True) if c > 2 * dim]
        within = [r for c, r in zip(counts, risk, strict=True) if c <= dim + 1]
        rows.append([
            str(dim), str(dim + 1), str(2 * dim), *breaks,
            f"{np.mean(within):.2g}" if within else "-", f"{np.mean(beyond):.2g}" if beyond else "-",
        ])  # fmt: skip
    heads = [
        "d1", "d1 + 1", "2 d1", *(f"I where mass falls below {level:g}" for level in LEVELS), "risk within d1 + 1",
        "risk beyond 2 d1",
    ]  # fmt: skip
    return [(f"Where recall breaks, n = {n}: no jump means that capacity ends gradually", heads, rows)]


def _break(counts: np.ndarray, mass: np.ndarray, level: float) -> str:
    if mass[0] < level:
        return f"<= {counts[0]:.0f}"
    where = crossing(np.log(counts), mass, level)
    return f"> {counts[-1]:.0f}" if where is None else f"{np.exp(where):.1f}"
