"""The Bayes risk over a lower bound of the same rate does not grow, and over one of a faster rate it does."""

from dataclasses import replace

import numpy as np
import pytest

from mtam.checks import bound_gap
from mtam.checks.bound_gap import BoundGap
from mtam.rates.verdict import Verdict
from mtam.recall.theory import minimax, tiled_bumps
from mtam.recall.theory.water_filling import finite_box

SIZES = [64, 128, 256, 512, 1024]


@pytest.fixture(scope="module")
def half() -> BoundGap:
    """alpha = 1/2, where a bound of cubes of one width falls behind soonest."""
    return bound_gap.gap(0.5, 0.1, SIZES, range(500, 505), lambda _: None)


def test_the_gap_does_not_grow(half: BoundGap) -> None:
    found = bound_gap.verdict(half, 1)
    assert found.said is Verdict.SUPPORTED
    assert found.low is not None
    assert found.high is not None
    assert found.low < half.slope.value < found.high < bound_gap.GROWS
    assert (half.logs > 0).all()  # a lower bound


def test_over_cubes_of_one_width_it_grows(half: BoundGap) -> None:
    """Negative control: Assouad's bound as the paper has it leaves more and more of the box empty."""
    box = finite_box(0.5, 1.0, "exponential", minimax.AXES, 0.0)
    tiled = tiled_bumps.lower_bounds(box, np.log(SIZES), 0.1)
    cubes = np.log(minimax.lower_bound(0.5, 1.0, SIZES, 0.1))
    found = bound_gap.verdict(replace(half, logs=half.logs + tiled - cubes), 1)
    assert found.said is Verdict.CONTRADICTED


def test_draws_that_scatter_decide_nothing(half: BoundGap) -> None:
    tilts = np.array([-0.2, -0.1, 0.0, 0.1, 0.2])[:, None] * np.log(half.sizes)
    assert bound_gap.verdict(replace(half, logs=half.logs + tilts), 1).said is Verdict.UNDECIDED


def test_the_table_has_every_size(half: BoundGap) -> None:
    told = bound_gap.table([half])
    assert told.column("n") == SIZES
