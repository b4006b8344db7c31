"""Where recall breaks over components and tag dimension, against Rankin's borders d1 + 1 and 2 d1."""

from collections.abc import Mapping, Sequence

import numpy as np

from mtam.base.columns import ATTENTION_MASS
from mtam.base.table import Cell, SweepAnswer, Table
from mtam.rates.fitting.fit import student_interval
from mtam.rates.intervals import Interval
from mtam.rates.judge_curves import ratio
from mtam.recall.reading.recall_cells import Array, RecallCell, by_seed, common, crossing
from mtam.recall.reading.thresholds import RECALLED, WEAKENED

LEVELS = (RECALLED, WEAKENED)  # attention mass
ABOUT = {"components", "tag_dim"}  # the settings that such a sweep varies


def tables(cells: Sequence[RecallCell]) -> list[Table]:
    """For every tag dimension the number of components at which the mean mass falls below each of LEVELS.

    Between two measured numbers it is interpolated in ln I. Nothing for sweeps over other planes.
    """
    if not cells or set(cells[0].varied) != ABOUT:
        return []
    n = min(cell.sizes[-1] for cell in cells)
    rows: list[list[Cell]] = []
    for dim, own in _planes(cells).items():
        counts = _counts(own)
        mass = np.array([cell.values(ATTENTION_MASS, n).mean() for cell in own])
        risk = np.array([cell.values("error", n).mean() for cell in own])
        within, beyond = (risk[side] for side in (counts <= dim + 1, counts > 2 * dim))
        rows.append([
            dim, dim + 1, 2 * dim, *(_break(counts, mass, level) for level in LEVELS),
            *(float(side.mean()) if len(side) else None for side in (within, beyond)),
        ])  # fmt: skip
    breaks = [f"I where mass falls below {level:g}" for level in LEVELS]
    risks = ["risk within d1 + 1", "risk beyond 2 d1"]
    return [
        Table(
            name="capacity",
            title=f"Where recall breaks, n = {n}: no jump means that capacity ends gradually",
            headings=["d1", "d1 + 1", "2 d1", *breaks, *risks],
            rows=rows,
            formats=dict.fromkeys(breaks, ".1f") | dict.fromkeys(risks, ".2g"),
        )
    ]


def answers(cells: Sequence[RecallCell]) -> list[SweepAnswer]:
    """Where the mass of each seed falls below LEVELS, with intervals over seeds, and what lies beyond the borders."""
    n, seeds = common(cells)
    planes = _planes(cells)
    if np.isnan(by_seed(cells, ATTENTION_MASS, n, seeds)).any():  # a rival without attention
        return []
    found = []
    for level in LEVELS:
        lost = {dim: _lost(own, n, seeds, level) for dim, own in planes.items()}
        start = f"attention mass at n = {n} falls below {level:g} where I is "
        found.append(_together(f"mass_below_{round(100 * level)}", start, lost))
    gaps = {}
    for dim, own in planes.items():
        beyond = [cell for cell in own if cell.trial.data.components > 2 * dim]
        within = [cell for cell in own if cell.trial.data.components <= dim + 1]
        if beyond and within:
            risks = [by_seed(side, "error", n, seeds).mean(1) for side in (beyond, within)]
            gaps[dim] = ratio(*risks)
    if gaps:
        start = "risk beyond Rankin's 2 d1 against that within d1 + 1: "
        found.append(_together("risk_beyond_borders", start, gaps, times=True))
    return found


def _together(
    key: str, start: str, by_dim: Mapping[int, Interval | float | None], *, times: bool = False
) -> SweepAnswer:
    """What holds of several dimensions is said once, e.g. ``2.2 (d1 = 2), > 16 (d1 = 6, 8)``."""
    groups: dict[str, list[int]] = {}
    for dim, cell in by_dim.items():
        groups.setdefault("" if cell is None else format(cell, ".3g"), []).append(dim)
    parts = [f"{'x ' * times}{{d1_{dims[0]}:.3g}} (d1 = {', '.join(map(str, dims))})" for dims in groups.values()]
    return SweepAnswer(
        key=key, sentence=start + ", ".join(parts), figures={f"d1_{dim}": cell for dim, cell in by_dim.items()}
    )


def _planes(cells: Sequence[RecallCell]) -> dict[int, list[RecallCell]]:
    """The cells of every tag dimension, by their number of components."""
    dims = sorted({cell.trial.data.tag_dim for cell in cells})
    ordered = sorted(cells, key=lambda cell: cell.trial.data.components)
    return {dim: [cell for cell in ordered if cell.trial.data.tag_dim == dim] for dim in dims}


def _counts(own: Sequence[RecallCell]) -> Array:
    return np.array([cell.trial.data.components for cell in own], dtype=float)


def _lost(own: Sequence[RecallCell], n: int, seeds: Sequence[int], level: float) -> Interval | float:
    """The number of components where the mass falls below ``level``, interpolated in ln I, by seed."""
    counts = _counts(own)
    mass = by_seed(own, ATTENTION_MASS, n, seeds)
    where = [crossing(np.log(counts), row, level) for row in mass]
    known = np.array([x for x in where if x is not None])
    interval = student_interval(known) if len(known) == len(seeds) else None
    if interval is None:
        return _break(counts, mass.mean(0), level)
    return interval.mapped(lambda x: float(np.exp(x)))


def _break(counts: Array, mass: Array, level: float) -> Interval | float:
    """The same of the mean mass; a mere bound where it is below from the start, or never."""
    if mass[0] < level:
        return Interval.up_to(float(counts[0]))
    where = crossing(np.log(counts), mass, level)
    return Interval.above(float(counts[-1])) if where is None else float(np.exp(where))
