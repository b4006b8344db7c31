"""Where recall breaks over components and tag dimension, against Rankin's borders d1 + 1 and 2 d1.

What breaks it is told beside. With a noisy query the tags themselves leave open who answers: the exact posterior,
softmax with the form (d1 / sigma^2) I, has a mass below 1 on the right component. Without that noise its mass is 1 for
every number of distinct tags, and a border is where the training ends, whose sharpness depends on its start beta0.
"""

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
POSTERIOR = "posterior_mass"
ABOUT = {"components", "tag_dim"}  # the settings that such a sweep varies


def tables(cells: Sequence[RecallCell]) -> list[Table]:
    """For every tag dimension the number of components at which the mean mass falls below each of LEVELS.

    Beside it where the exact posterior's own does. Between two measured numbers it is interpolated in ln I. Nothing for
    sweeps over other planes.
    """
    if not cells or set(cells[0].varied) != ABOUT:
        return []
    n = min(cell.sizes[-1] for cell in cells)
    rows: list[list[Cell]] = []
    for dim, own in _planes(cells).items():
        counts = _counts(own)
        mass, risk = (np.array([cell.values(name, n).mean() for cell in own]) for name in (ATTENTION_MASS, "error"))
        exact = np.array([_posterior(cell, n).mean() for cell in own])
        within, beyond = (risk[side] for side in (counts <= dim + 1, counts > 2 * dim))
        rows.append([
            dim, dim + 1, 2 * dim, *(_break(counts, mass, level) for level in LEVELS),
            *(None if np.isnan(exact).any() else _break(counts, exact, level) for level in LEVELS),
            *(float(side.mean()) if len(side) else None for side in (within, beyond)),
        ])  # fmt: skip
    breaks = [f"{words} {level:g}" for words in ("I where mass falls below", "of the posterior,") for level in LEVELS]
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
    """Where the mass of each seed falls below LEVELS, with intervals over seeds, and what lies beyond the borders.

    Every level is told with where the exact posterior's mass falls below it, by which one sees whose border it is.
    """
    n, seeds = common(cells)
    planes = _planes(cells)
    if np.isnan(by_seed(cells, ATTENTION_MASS, n, seeds)).any():  # a rival without attention
        return []
    found = []
    for level in LEVELS:
        lost = {dim: _lost(own, n, seeds, level) for dim, own in planes.items()}
        start = f"attention mass at n = {n} falls below {level:g} where I is "
        found.append(_together(f"mass_below_{round(100 * level)}", start, lost))
    found += _exact(planes, n, seeds)
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


def _exact(planes: Mapping[int, list[RecallCell]], n: int, seeds: Sequence[int]) -> list[SweepAnswer]:
    """What the posterior of who answers says of the same plane; nothing where a record lacks it."""
    cells = [cell for own in planes.values() for cell in own]
    if all(cell.trial.data.query_noise == 0 for cell in cells):
        starts = sorted({float(getattr(cell.trial.model, "beta0", np.nan)) for cell in cells})
        begun = ", ".join(f"{start:g}" for start in starts if np.isfinite(start))
        cause = "so these borders are where the training ends" + (f", from beta0 = {begun}" if begun else "")
        return [SweepAnswer(key="posterior", sentence=f"the exact posterior has mass 1 for every I, {cause}")]
    masses = np.array([[_posterior(cell, n).mean() for cell in own] for own in planes.values()])
    if np.isnan(masses).any():
        return []
    found = []
    for level in LEVELS:
        where = {dim: _break(_counts(own), row, level) for (dim, own), row in zip(planes.items(), masses, strict=True)}
        start = f"that of the exact posterior, softmax with (d1/σ²) I, falls below {level:g} where I is "
        found.append(_together(f"posterior_below_{round(100 * level)}", start, where))
    apart = {
        dim: student_interval((by_seed(own, ATTENTION_MASS, n, seeds) - by_seed(own, POSTERIOR, n, seeds)).mean(1))
        for dim, own in planes.items()
    }
    found.append(_together("mass_less_posterior", "trained mass less the posterior's, mean over I: ", apart))
    return found


def _posterior(cell: RecallCell, n: int) -> Array:
    """The posterior's mass by seed; 1 without noise, NaN where a record lacks it."""
    return np.ones(len(cell.seeds(n))) if cell.trial.data.query_noise == 0 else cell.values(POSTERIOR, n)


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
