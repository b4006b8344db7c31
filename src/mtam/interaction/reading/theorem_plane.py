"""Where the price of A dominates the error, over the plane of M and r d, with the border of the theorem's condition."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mtam.base.columns import PARAMETRIC_ERROR
from mtam.interaction.interaction_spec import InteractionTrial

FEWEST = 4  # values of r d, and two of M: less is no plane


def plane(trials: Sequence[InteractionTrial], numbers: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The share of the excess over oracle-A in the mean total error, per M and r d; plain lists for a heat map.

    The border is r d = (M/ln M)^{1/(2 beta + 1)} (paper B, Theorem 4.4): above it the theorem promises no rate. None
    where there are too few values of r d or M, or cells that differ in more than d and r.
    """
    values: dict[tuple[int, int], list[tuple[float, float]]] = {}
    for trial, record in zip(trials, numbers, strict=True):
        if PARAMETRIC_ERROR in record:
            place = (trial.data.rank * trial.data.d, trial.n)
            values.setdefault(place, []).append((float(record[PARAMETRIC_ERROR]), float(record["error"])))
    products, sizes = (sorted({place[axis] for place in values}) for axis in (0, 1))
    others = {trial.data.model_copy(update={"d": 1, "rank": 1}).model_dump_json() for trial in trials}
    if len(products) < FEWEST or len(sizes) < 2 or len(others) > 1 or len({t.model for t in trials}) > 1:
        return None
    shares = [[_share(values.get((product, n), [])) for n in sizes] for product in products]
    fine = np.geomspace(sizes[0] / 2, sizes[-1] * 2, 60)  # beyond the last columns, to their edges
    beta = trials[0].beta()
    return {
        "title": "share of the price of A in the error",
        "caption": "(error - error with A* known)/error, means over seeds; above the line the theorem promises no rate",
        "x_label": "sample size M",
        "y_label": "r d",
        "xs": sizes,
        "ys": products,
        "values": shares,
        "border_xs": fine.tolist(),
        "border_ys": ((fine / np.log(fine)) ** (1 / (2 * beta + 1))).tolist(),
        "border_label": rf"$r d = (M/\ln M)^{{1/{2 * beta + 1}}}$",
    }


def _share(pairs: Sequence[tuple[float, float]]) -> float | None:
    if not pairs:
        return None
    excess, total = np.mean(pairs, axis=0)
    return float(np.clip(excess / total, 0.0, 1.0))
