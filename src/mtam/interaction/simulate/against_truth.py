"""What a figure of one fit needs: phi and the spectrum of A, fit against truth, in one gauge.

(phi(.), A) and (phi(./t), t A) are one interaction for every t != 0. For comparison A_hat is scaled to ||A*||_F and,
where <A_hat, A*> < 0, reflected.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from mtam.base.columns import as_record
from mtam.interaction.interaction_numbers import PictureNumbers
from mtam.interaction.simulate.activations import Function
from mtam.interaction.simulate.truth import Truth

Array = npt.NDArray[np.float64]

POINTS = 201
TAIL = 1e-3  # share of |u| left outside the grid


def picture(truth: Truth, phi: Function, matrix: Array, arguments: Array) -> dict[str, Any]:
    """Lists for the figure: phi on a grid over the range of u, the density of u there, singular values, cosine of A."""
    true = truth.matrix
    norm, size = float(np.linalg.norm(true)), float(np.linalg.norm(matrix))
    cosine = float(np.vdot(matrix, true)) / (size * norm)
    stretch = np.copysign(size / norm, cosine)
    edge = float(np.quantile(np.abs(arguments), 1 - TAIL))
    grid = np.linspace(-edge, edge, POINTS)
    half = edge / (POINTS - 1)
    bins = np.linspace(-edge - half, edge + half, POINTS + 1)
    density = np.histogram(arguments, bins)[0] / (len(arguments) * 2 * half)
    numbers = PictureNumbers(
        a_cosine=abs(cosine),
        phi_grid=grid.tolist(),
        phi_true=None if truth.normalised else truth.phi(grid).tolist(),
        phi_hat=phi(grid * stretch).tolist(),
        u_density=density.tolist(),
        singular_true=np.linalg.svd(true, compute_uv=False).tolist(),
        singular_hat=(np.linalg.svd(matrix, compute_uv=False) * norm / size).tolist(),
    )
    return as_record(numbers)
