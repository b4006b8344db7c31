"""An estimator of the user's own, ``model=own_interaction model.code=MODULE:CLASS``: what it is shown and has to give.

A class without arguments that has

    fit(X, Y, rng)    X (M, N, d), Y (M, N), both read-only and in double precision; rng a numpy Generator, the only
                      source of chance, so that a trial is the same again;
    g(x, y)           the fitted interaction at pairs, (pairs, d), (pairs, d) -> (pairs,).

Where it also has ``A_`` (d, d) and ``phi_``, a function of arrays, with g(x, y) = phi_(x^T A_ y), a record holds the
cosine of A_ with A*, and a page the curve of phi_. The truth is not shown to it.
"""

import numpy as np
import numpy.typing as npt

from mtam.base.compile_time import Stopwatch
from mtam.base.named.named_code import expected, load_named, shown
from mtam.base.named.own_arrays import own_array, read_only
from mtam.base.streams import generator
from mtam.interaction.estimators.estimators import EstimatedInteraction, Tick, settings
from mtam.interaction.interaction_models import OwnInteractionModel
from mtam.interaction.interaction_spec import InteractionTrial
from mtam.interaction.simulate.truth import Truth
from mtam.interaction.solver.row_sums import Data, double

Array = npt.NDArray[np.float64]


def fit(trial: InteractionTrial, truth: Truth, x: Data, y: Array, device: str, tick: Tick) -> EstimatedInteraction:
    """Fit a trial's data. Raises ValueError, which names the class, where it has or gives something else."""
    del truth, device
    model = settings(trial, OwnInteractionModel)
    if lacking := model.lacks():
        raise ValueError(lacking)
    assert model.code is not None
    name, made = shown(model.code), load_named(model.code)()
    fits = callable(getattr(made, "fit", None)) and callable(getattr(made, "g", None))
    expected(model.code, made, fits, "an estimator with fit(X, Y, rng) and g(x, y)")
    tick(0.1)
    watch = Stopwatch()
    made.fit(read_only(double(x)), read_only(y), generator(trial.seed, "interaction", "own estimator", trial.n))
    numbers = {"seconds": watch.cpu}
    matrix, phi = getattr(made, "A_", None), getattr(made, "phi_", None)
    if matrix is not None:
        matrix = own_array(matrix, (trial.data.d, trial.data.d), f"{name}: A_")
        matrix = matrix if matrix.any() else None  # no direction: there is nothing to compare with A*

    def g(left: Array, right: Array) -> Array:
        return own_array(made.g(left, right), (len(left),), f"{name}: g(x, y)")

    return EstimatedInteraction(g, phi, matrix, None, numbers)
