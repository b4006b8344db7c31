"""Component measures with exponentially or polynomially decaying Mercer spectra (paper A, Assumption 1).

    p(x) = 1 + s sum_j u_j e_j(x),   u_j = sqrt(lambda_j) xi_j,   xi_j i.i.d. uniform on [-sqrt 3, sqrt 3],

so that E u_j^2 = lambda_j; s is the largest amplitude for which every such p keeps a margin above zero.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mtam.recall.recall_spec import RecallData
from mtam.recall.simulate.bases import Grid, grid
from mtam.recall.spectrum import Spectrum

Array = NDArray[np.float64]
Array32 = NDArray[np.float32]

FAINT = 1e-16
MARGIN = 0.05  # the least value of any density; zero would make the amplitude's bound tight and the test of it blind


def eigenvalues(spectrum: Spectrum, alpha: float, decay: float, modes: int) -> Array:
    """lambda_j = exp(-c j^alpha) (exponential) or j^{-2 alpha} (polynomial), j = 1 .. J. (J,)"""
    j = np.arange(1, modes + 1, dtype=np.float64)
    return np.exp(-decay * j**alpha) if spectrum == "exponential" else j ** (-2 * alpha)


@dataclass(frozen=True)
class MeasureFamily:
    """The law of the component measures: a grid, the eigenvalues (J,) and the amplitude s."""

    grid: Grid
    eigenvalues: Array
    amplitude: float

    @property
    def scale(self) -> float:
        """The root mean square of the coefficient vector, sqrt(sum_j lambda_j)."""
        return float(np.sqrt(self.eigenvalues.sum()))

    def coefficients(self, uniforms: Array32) -> Array32:
        """u from uniforms on [0, 1); spectra of the same J share their xi. (..., J) -> (..., J)"""
        return np.asarray((2 * uniforms - 1) * self.half_widths())

    def half_widths(self) -> Array32:
        """sqrt(3 lambda_j), so that u uniform on |u_j| <= sqrt(3 lambda_j) has variance lambda_j. (J,)

        Modes below FAINT of the first are zero: they change no density in double precision, and their denormal
        numbers would slow the training by half.
        """
        visible = self.eigenvalues >= FAINT * self.eigenvalues.max()
        return np.asarray(np.sqrt(3 * np.where(visible, self.eigenvalues, 0.0)).astype(np.float32))

    def probabilities(self, coefficients: NDArray[np.floating]) -> Array:
        """w_g p(x_g): what a token falls on. Nonnegative and summing to one. (..., J) -> (..., G)"""
        density = 1 + self.amplitude * (coefficients.astype(np.float64) @ self.grid.values)
        return density * self.grid.weights


def family(data: RecallData) -> MeasureFamily:
    """The component law of a specification.

    The amplitude is s = (1 - margin) / sup_x sum_j sqrt(3 lambda_j) |e_j(x)|: over the whole box of coefficients, so
    that it does not depend on the sample. Raises what ``bases.grid`` raises.
    """
    mesh = grid(data.basis, data.modes, data.nodes)
    lam = eigenvalues(data.spectrum, data.alpha, data.decay, data.modes)
    worst = float((np.sqrt(3 * lam) @ mesh.profile).max())
    return MeasureFamily(mesh, lam, (1 - MARGIN) / worst)
