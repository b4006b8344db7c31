"""Normal equations without features are those of the features."""

import numpy as np
import pytest

from mtam.interaction.model import gram_kernels, pair_kernels
from mtam.interaction.model.splines import SplineSpace
from tests.interaction.model.test_pair_kernels import CASES


@pytest.mark.parametrize(("tokens", "d", "rank", "degree", "intervals"), CASES)
def test_agreement(tokens: int, d: int, rank: int, degree: int, intervals: int) -> None:
    rng = np.random.default_rng(0)
    space = SplineSpace(degree, intervals)
    x, y = rng.standard_normal((20 * tokens, d)), rng.standard_normal(20 * tokens)
    u, v = rng.standard_normal((2, d, rank)) / np.sqrt(3 * d)  # some arguments beyond [-1, 1]
    p, q, size = x @ u, x @ v, space.dimension
    features = np.empty((len(x), size))
    pair_kernels.features(p, q, tokens, space.pieces, intervals, features)
    own, cross, moment = np.zeros((size, size)), np.zeros((size, size)), np.zeros(size)
    gram_kernels.gram(p, q, tokens, space.pieces, intervals, y, own, cross, moment)
    scale = (tokens - 1) ** 2
    np.testing.assert_allclose(own + cross + cross.T, features.T @ features * scale, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(moment, features.T @ y * (tokens - 1), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("tokens", "d", "rank", "degree", "intervals"), CASES)
def test_columns_beside_the_features(tokens: int, d: int, rank: int, degree: int, intervals: int) -> None:
    rng = np.random.default_rng(0)
    space = SplineSpace(degree, intervals)
    x, beside = rng.standard_normal((21 * tokens, d)), rng.standard_normal((21 * tokens, 3))
    u, v = rng.standard_normal((2, d, rank)) / np.sqrt(3 * d)
    p, q = x @ u, x @ v
    features, out = np.empty((len(x), space.dimension)), np.zeros((space.dimension, 3))
    pair_kernels.features(p, q, tokens, space.pieces, intervals, features)
    gram_kernels.mixed(p, q, tokens, space.pieces, intervals, beside, out)
    np.testing.assert_allclose(out, features.T @ beside * (tokens - 1), rtol=1e-9, atol=1e-9)
