"""What may be said of a fit to own data, in three words, none of which follows from another.

- *found*: the search found the bottom of the loss (``search.Search.converged``), and there is something to find: a
  test of no interaction on held-out samples rejects at level 5%;
- *explains*: on held-out samples the fit predicts better than a constant and better than a linear regression on the
  token and the mean of the others, each at level 5% (``held_out_tests``);
- *fits*: nothing is left in the residuals (``residual_structure``, ``lack_of_fit``).

*converged* is all three.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from mtam.interaction.estimators.erm import Erm
from mtam.interaction.model.row_layout import RowLayout
from mtam.interaction.own_data import held_out_tests
from mtam.interaction.own_data.choose_rank import Attempt, Split
from mtam.interaction.own_data.fitted_interaction import FittedInteraction
from mtam.interaction.own_data.residuals import residual_structure
from mtam.interaction.own_data.residuals.residual_structure import Structure
from mtam.interaction.reading.own_data_notes import LEVEL
from mtam.interaction.search import lack_of_fit

Array = npt.NDArray[np.float64]


def against_rivals(split: Split, held: Attempt) -> dict[str, Any]:
    """Held-out tests of no interaction, and of a fit against a constant and a linear regression."""
    layouts = split.layout, split.layout_test
    constant = held_out_tests.constant(split.y, split.y_test, *layouts)
    linear = held_out_tests.linear(split.x, split.y, split.x_test, split.y_test, *layouts)
    return {
        "explained": 1 - float(held.losses.mean() / constant.mean()),
        "linear_explained": 1 - float(linear.mean() / constant.mean()),
        "no_interaction_p": held_out_tests.p_value(held.products),
        "constant_p": held_out_tests.p_value(constant - held.losses),
        "linear_p": held_out_tests.p_value(linear - held.losses),
    }


def left(x: Array, y: Array, fitted: FittedInteraction, rank: int, layout: RowLayout | None = None) -> dict[str, Any]:
    """Score tests of the residuals of a fit to x (M, N, d), y (M, N)."""
    found: Structure = residual_structure.structure(x, y, fitted.matrix, rank, fitted.spline, layout)
    return {
        "structure_p": found.p_value,
        "structure_p_values": found.p_values.tolist(),
        "structure_shares": found.shares.tolist(),
    }


def words(fit: Erm, numbers: Mapping[str, Any]) -> dict[str, bool]:
    """The three words and their conjunction; ``numbers`` are those of the two functions above."""
    found = {
        "found": fit.converged and numbers["no_interaction_p"] < held_out_tests.LEVEL,
        "explains": max(numbers["constant_p"], numbers["linear_p"]) < held_out_tests.LEVEL,
        "fits": numbers["structure_p"] >= LEVEL and fit.lack_of_fit < lack_of_fit.ALARM,
    }
    return found | {"basin": fit.converged, "converged": all(found.values())}
