"""Oracle-A: the spline fitted with A* known. What it loses is the nonparametric part of the error, the rest is A's."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mtam.interaction.estimators.choose_k import SMOOTH, Criterion, choose
from mtam.interaction.model.splines import Spline, SplineSpace
from mtam.interaction.solver.row_sums import Data, double
from mtam.interaction.solver.varpro import Profile

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class OracleFit:
    """g(x, y) = phi(x^T A* y), phi fitted."""

    left: Array  # (d, r)
    right: Array  # (d, r), A* = left right^T
    phi: Spline
    loss: float

    def g(self, x: Array, y: Array) -> Array:
        """g(x, y)  # (n, d), (n, d) -> (n,)."""
        return self.phi(np.einsum("nr,nr->n", x @ self.left, y @ self.right))


def fit(
    x: Data,
    y: Array,
    left: Array,
    right: Array,
    space: SplineSpace,
    criterion: Criterion | None = None,
    beta: float = SMOOTH,
    penalised: bool = False,
) -> OracleFit:
    """Least squares at A* = left right^T  # (M, N, d), (M, N), (d, r), (d, r).

    Over ``space``, or with the number of intervals chosen from the data by ``criterion``, see ``choose_k.choose``; or
    ``penalised``, smoothed by REML.
    """
    head = double(x[: max(1, 4000 // x.shape[1])])
    arguments = (head @ left) @ (head @ right).transpose(0, 2, 1)
    pairs = arguments[:, ~np.eye(x.shape[1], dtype=bool)].ravel()
    profile = Profile(x, y, np.eye(x.shape[2]), space, pairs)
    if criterion is not None:
        intervals = choose(profile, left, right, criterion, beta)
        profile = replace(profile, space=SplineSpace(space.degree, intervals))
    found = profile.fit(left, right)
    if penalised:
        profile, found, _ = profile.smoothed(found, left, right)
    return OracleFit(left, right, profile.spline(found), found.loss)
