"""Noise laws of mean zero and variance one.

Gaussian, uniform and Rademacher noise are sub-Gaussian, as the theorems of paper B assume; Laplace and Student noise
are not, and the specification asks for a word before it accepts them.
"""

import numpy as np
import numpy.typing as npt

from mtam.interaction.interaction_spec import Noise

Array = npt.NDArray[np.float64]

STUDENT_DEGREES = 4.0  # finite variance 2, infinite fourth moment


def draw_noise(law: Noise, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Independent draws of variance one  # shape."""
    if law == "gaussian":
        return rng.standard_normal(shape)
    if law == "uniform":
        return np.asarray(np.sqrt(12.0) * (rng.random(shape) - 0.5))
    if law == "rademacher":
        return np.where(rng.random(shape) < 0.5, -1.0, 1.0)
    if law == "laplace":
        return rng.laplace(scale=np.sqrt(0.5), size=shape)
    return np.asarray(rng.standard_t(STUDENT_DEGREES, shape) * np.sqrt((STUDENT_DEGREES - 2) / STUDENT_DEGREES))
