"""The estimator on simulated data, started next to the truth: the minimum it finds, to all orders in the error of A.

The stages are those of ``erm.fit``: A with the K of the rule, the choice of K at that A, and the polish with that K;
for a penalised phi A with coarse splines, its smoothing at that A, and the polish with that smoothing.
There is no search: the start is given. The norm of A is that of the truth in the whitened coordinates of the design,
which may be much smaller than the trial's: its sampling error of the scale would put the ends of [-1, 1], where phi*
has kinks, at a distance from those of phi that the trial's own data exclude.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mtam.interaction.model.low_rank import truncate
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.search.search import polish
from mtam.interaction.simulate.truth import Truth
from mtam.interaction.solver.levenberg_marquardt import Point, start
from mtam.interaction.solver.varpro import Profile, whitener

Array = npt.NDArray[np.float64]
Choice = Callable[[Array], int]  # losses by K, less the mean squared noise -> index of K


@dataclass(frozen=True)
class Nearest:
    """Data of one design under several noises, and pairs under rho on which errors are measured."""

    truth: Truth
    x: Array  # (M, N, d)
    noises: Array  # (noises, M, N)
    pairs: Array  # (samples, 2, d)
    spaces: list[SplineSpace]  # of the rule, then the candidates; coarse and ample, if phi is penalised
    penalised: bool = False

    def errors(self, starts: Array, choose: Choice | None) -> list[tuple[int, float]]:
        """The index of K and ||g_hat - g*||^2 of every noise, A started at ``starts``  # (noises, d, d)."""
        white = whitener(self.x)
        back = np.linalg.pinv(white)
        rank = self.truth.left.shape[1]
        norm = float(np.linalg.norm(back @ self.truth.matrix @ back.T))
        head = self.x[:4096]
        arguments = self.truth.arguments(head[:, 0], head[:, 1])
        exact = self.truth.interactions(self.x)
        pairs = self.pairs.reshape(-1, self.pairs.shape[2]), self.pairs[:, ::-1].reshape(-1, self.pairs.shape[2])
        wanted = self.truth.phi(self.truth.arguments(*pairs))
        found = []
        for noise, matrix in zip(self.noises, starts, strict=True):
            profile = Profile(self.x, exact + noise, white, self.spaces[0], arguments)
            factors = truncate(back @ matrix @ back.T, rank, norm)
            point, index = polish(profile, start(profile, *factors, norm), rank, _silent), 0
            if self.penalised:
                problem = replace(profile, space=self.spaces[1])
                profile, fit, _ = problem.smoothed(problem.fit(point.u, point.v), point.u, point.v)
                point, index = polish(profile, replace(point, fit=fit), rank, _silent), 1
            elif choose is not None:
                problems = [replace(profile, space=space) for space in self.spaces[1:]]
                losses = np.array([problem.fit(point.u, point.v).loss for problem in problems])
                index = 1 + choose(losses - float(np.mean(noise**2)))
                profile = problems[index - 1]
                point = polish(profile, start(profile, point.u, point.v, norm), rank, _silent)
            found.append((index, _error(profile, point, pairs, wanted)))
        return found


def _error(profile: Profile, point: Point, pairs: tuple[Array, Array], wanted: Array) -> float:
    """E_rho (phi_hat(x^T A_hat y) - g*)^2, every pair in both orders."""
    x, y = pairs
    u = np.einsum("nr,nr->n", x @ (profile.white @ point.u), y @ (profile.white @ point.v))
    return float(np.mean((profile.spline(point.fit)(u) - wanted) ** 2))


def _silent() -> None:
    """Nobody waits for progress here."""
