"""The readable kernels against loops over pairs and finite differences."""

import numpy as np
import numpy.typing as npt

from mtam.interaction.model import pair_kernels_reference as reference
from mtam.interaction.model.pair_kernels_reference import derivative
from mtam.interaction.model.splines import Spline, SplineSpace

Array = npt.NDArray[np.float64]
SPACE = SplineSpace(3, 6)


def data(samples: int = 5, tokens: int = 4, rank: int = 2) -> tuple[Array, Array]:
    """P and Q with u_ij inside [-1, 1]."""
    p, q = np.random.default_rng(0).uniform(-0.6, 0.6, (2, samples * tokens, rank))
    return p, q


def test_derivative_is_the_slope() -> None:
    space = SplineSpace(4, 6)
    phi = Spline(space, np.random.default_rng(3).standard_normal(space.dimension))
    u = np.concatenate([np.linspace(-0.99, 0.99, 57), [-1.5, 1.5]])
    slope = (phi(u + 1e-6) - phi(u - 1e-6)) / 2e-6
    np.testing.assert_allclose(derivative(phi.table, u), slope, atol=1e-6)


def test_features_and_directions_are_means_over_the_other_tokens_by_loops() -> None:
    p, q = data()
    rng = np.random.default_rng(1)
    x, c = rng.standard_normal((20, 3)), rng.standard_normal(SPACE.dimension)
    features = reference.features(p, q, 4, SPACE)
    directions = reference.directions(p, q, x, 4, SPACE.table(c))
    for row in range(20):
        others = [other for other in range(row - row % 4, row - row % 4 + 4) if other != row]
        u = np.array([p[row] @ q[other] for other in others])
        np.testing.assert_allclose(features[row], SPACE.design(u).mean(axis=0), atol=1e-12)
        slopes = derivative(SPACE.table(c), u)
        np.testing.assert_allclose(directions[row], slopes @ x[others] / 3, atol=1e-12)


def test_the_pullback_is_half_the_negative_gradient() -> None:
    """Of the sum of squared residuals, by central differences in every coordinate of P and Q."""
    p, q = data(samples=2)
    rng = np.random.default_rng(2)
    c, y = rng.standard_normal(SPACE.dimension), rng.standard_normal(8)

    def loss(p: Array, q: Array) -> float:
        return float(np.sum((y - reference.features(p, q, 4, SPACE) @ c) ** 2))

    residual, grad_p, grad_q = reference.pullback(p, q, 4, SPACE, c, y)
    assert float(residual @ residual) == loss(p, q)
    h = 1e-6
    for k in range(8):
        for r in range(2):
            unit = np.zeros((8, 2))
            unit[k, r] = h
            slopes = [loss(p + unit, q) - loss(p - unit, q), loss(p, q + unit) - loss(p, q - unit)]
            np.testing.assert_allclose(np.array(slopes) / (-4 * h), [grad_p[k, r], grad_q[k, r]], atol=1e-7)
