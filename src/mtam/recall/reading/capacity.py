"""Where recall breaks over components and tag dimension, against Rankin's borders d1 + 1 and 2 d1."""

from collections.abc import Mapping, Sequence

import numpy as np

from mtam.base.remark import Remark
from mtam.rates.fit import student_interval
from mtam.rates.judge_curves import ratio
from mtam.recall.reading.recall_cells import RecallCell, by_seed, common, crossing, told

LEVELS = (0.95, 0.8)  # attention mass


def table(found: Sequence[RecallCell]) -> list[Remark]:
    """For every tag dimension the number of components at which the mean mass falls below each of LEVELS.

    Between two measured numbers it is interpolated in ln I. Nothing for sweeps over other planes.
    """
    if not found or set(found[0].varied) != {"components", "tag_dim"}:
        return []
    n = min(cell.sizes[-1] for cell in found)
    rows = []
    for dim in sorted({cell.trial.data.tag_dim for cell in found}):
        own = _by_count(found, dim)
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


def short(found: Sequence[RecallCell]) -> list[str]:
    """Where the mass of each seed falls below LEVELS, with intervals over seeds, and what lies beyond the borders."""
    n, seeds = common(found)
    planes = {dim: _by_count(found, dim) for dim in sorted({cell.trial.data.tag_dim for cell in found})}
    if np.isnan(by_seed(found, "attention_mass", n, seeds)).any():  # a rival without attention
        return []
    lines = []
    for level in LEVELS:
        breaks = _together({dim: _lost(own, n, seeds, level) for dim, own in planes.items()})
        lines.append(f"attention mass at n = {n} falls below {level:g} where I is {breaks}")
    gaps = {}
    for dim, own in planes.items():
        beyond = [cell for cell in own if cell.trial.data.components > 2 * dim]
        within = [cell for cell in own if cell.trial.data.components <= dim + 1]
        if beyond and within:
            risks = [by_seed(side, "error", n, seeds).mean(1) for side in (beyond, within)]
            gaps[dim] = f"x {told(ratio(*risks))}"
    if gaps:
        lines.append(f"risk beyond Rankin's 2 d1 against that within d1 + 1: {_together(gaps)}")
    return lines


def _together(by_dim: Mapping[int, str]) -> str:
    """What holds of several dimensions is said once, e.g. ``2.2 (d1 = 2), > 16 (d1 = 6, 8)``."""
    groups: dict[str, list[int]] = {}
    for dim, words in by_dim.items():
        groups.setdefault(words, []).append(dim)
    return ", ".join(f"{words} (d1 = {', '.join(map(str, dims))})" for words, dims in groups.items())


def _by_count(found: Sequence[RecallCell], dim: int) -> list[RecallCell]:
    return sorted((cell for cell in found if cell.trial.data.tag_dim == dim), key=lambda c: c.trial.data.components)


def _lost(own: Sequence[RecallCell], n: int, seeds: Sequence[int], level: float) -> str:
    """The number of components where the mass falls below ``level``, interpolated in ln I, by seed."""
    counts = np.array([cell.trial.data.components for cell in own], dtype=float)
    mass = by_seed(own, "attention_mass", n, seeds)
    where = [crossing(np.log(counts), row, level) for row in mass]
    known = np.array([x for x in where if x is not None])
    if len(known) < len(seeds):
        return _break(counts, mass.mean(0), level)
    found = student_interval(known)
    return _break(counts, mass.mean(0), level) if found is None else told(found.mapped(lambda x: float(np.exp(x))))


def _break(counts: np.ndarray, mass: np.ndarray, level: float) -> str:
    if mass[0] < level:
        return f"<= {counts[0]:.0f}"
    where = crossing(np.log(counts), mass, level)
    return f"> {counts[-1]:.0f}" if where is None else f"{np.exp(where):.1f}"
