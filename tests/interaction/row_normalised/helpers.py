"""Small attention data whose truth is known."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mtam.interaction.row_normalised.attention_forms import FORMS, AttentionForm, respond, scores

Array = npt.NDArray[np.float64]
EVEN = AttentionForm(True, lambda u: u**2, lambda u: 2 * u)  # phi = exp(u^2)


@dataclass(frozen=True)
class KnownAttention:
    """Gaussian tokens, values w^T x, noise of a share of the response's standard deviation."""

    x: Array
    y: Array
    values: Array
    matrix: Array
    linear: Array
    clean: Array
    sigma: float


def known(
    seed: int, shape: tuple[int, int, int], rank: int, form: AttentionForm = FORMS["softmax"], noise: float = 0.3
) -> KnownAttention:
    rng = np.random.default_rng([seed, *shape, rank])
    x, d = rng.standard_normal(shape), shape[2]
    matrix = rng.standard_normal((d, rank)) @ rng.standard_normal((rank, d))
    matrix /= np.linalg.norm(matrix)
    linear = rng.standard_normal(d)
    linear /= np.linalg.norm(linear)
    clean = respond(form, scores(x, matrix, np.eye(d)), x @ linear).mean
    sigma = noise * float(clean.std())
    return KnownAttention(x, clean + sigma * rng.standard_normal(clean.shape), x @ linear, matrix, linear, clean, sigma)


def squared_error(matrix: Array, truth: Array) -> float:
    return float(((matrix - truth) ** 2).sum())


def direction_error(matrix: Array, truth: Array) -> float:
    """Up to norm and sign."""
    cosine = abs(float((matrix * truth).sum())) / float(np.linalg.norm(matrix) * np.linalg.norm(truth))
    return 2 - 2 * cosine
