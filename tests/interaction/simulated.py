"""Small simulated problems that several tests start from."""

import numpy as np
import numpy.typing as npt

from mtam.interaction.estimators import erm
from mtam.interaction.interaction_spec import InteractionData
from mtam.interaction.model import pair_kernels_reference
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.simulate.truth import draw_truth, simulate
from mtam.interaction.solver.varpro import Profile

Array = npt.NDArray[np.float64]


def problem() -> tuple[Profile, np.ndarray, np.ndarray]:
    """A profile and the factors of the truth in its whitened coordinates."""
    data = InteractionData(d=6, tokens=5, rank=2)
    truth = draw_truth(data, 0)
    profile = erm.prepare(*simulate(data, truth, 1500, 0), 2, SplineSpace(3, 8), np.random.default_rng(0))
    back = np.linalg.inv(profile.white)
    return profile, back @ truth.left, back @ truth.right


def made(samples: int = 600, d: int = 3, sigma: float = 0.3, seed: int = 0) -> tuple[Array, Array]:
    """Rank 2 with singular values 1 and 0.8, tanh, independent Gaussian tokens."""
    rng = np.random.default_rng(seed)
    left, right = (np.linalg.qr(rng.standard_normal((d, 2)))[0] for _ in range(2))
    matrix = left * [1, 0.8] @ right.T
    x = rng.standard_normal((samples, 5, d))
    phi = np.tanh(x @ (matrix / np.linalg.norm(matrix)) @ x.transpose(0, 2, 1))
    return x, pair_kernels_reference.off_diagonal_mean(phi).reshape(samples, 5) + sigma * rng.standard_normal(
        (samples, 5)
    )
