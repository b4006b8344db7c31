"""What may be said of a fit to own data, in three words, none of which follows from another.

- *found*: the search found the bottom of the loss (``search.Search.converged``), and there is something to find: a
  test of no interaction on held-out samples rejects at level 5%;
- *explains*: on held-out samples the fit predicts better than a constant and better than a linear regression on the
  token and the mean of the others, each at level 5% (``heldout``);
- *fits*: nothing is left in the residuals (``structure``, ``adequacy``).

*converged* is all three.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from mtam.interaction import adequacy, heldout, structure
from mtam.interaction.erm import Erm
from mtam.interaction.fitted import FittedInteraction
from mtam.interaction.ownnotes import LEVEL
from mtam.interaction.ownrank import Attempt, Split
from mtam.interaction.structure import Structure

Array = npt.NDArray[np.float64]


def against_rivals(split: Split, held: Attempt) -> dict[str, Any]:
    """Held-out tests of no interaction, and of a fit against a constant and a linear regression."""
    constant = heldout.constant(split.y, split.y_test)
    linear = heldout.linear(split.x, split.y, split.x_test, split.y_test)
    return {
        "explained": 1 - float(held.losses.mean() / constant.mean()),
        "linear_explained": 1 - float(linear.mean() / constant.mean()),
        "no_interaction_p": heldout.p_value(held.products),
        "constant_p": heldout.p_value(constant - held.losses),
        "linear_p": heldout.p_value(linear - held.losses),
    }


def left(x: Array, y: Array, fitted: FittedInteraction, rank: int) -> dict[str, Any]:
    """Score tests of the residuals of a fit to x (M, N, d), y (M, N)."""
    found: Structure = structure.structure(x, y, fitted.matrix, rank, fitted.spline)
    return {
        "structure_p": found.p_value,
        "structure_p_values": found.p_values.tolist(),
        "structure_shares": found.shares.tolist(),
    }


def words(fit: Erm, numbers: Mapping[str, Any]) -> dict[str, bool]:
    """The three words and their conjunction; ``numbers`` are those of the two functions above."""
    found = {
        "found": fit.converged and numbers["no_interaction_p"] < heldout.LEVEL,
        "explains": max(numbers["constant_p"], numbers["linear_p"]) < heldout.LEVEL,
        "fits": numbers["structure_p"] >= LEVEL and fit.lack_of_fit < adequacy.ALARM,
    }
    return found | {"basin": fit.converged, "converged": all(found.values())}
