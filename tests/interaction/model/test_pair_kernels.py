"""The fused kernels agree with plain numpy to 1e-9."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest

from mtam.interaction.model import pair_kernels, pair_kernels_reference
from mtam.interaction.model.row_layout import RowLayout
from mtam.interaction.model.splines import SplineSpace

Layout = Callable[[int, int], RowLayout | None]


def laid_out(causal: bool, itself: bool) -> Layout:
    """A third of the tokens missing, weights from 0 to 1."""

    def layout(samples: int, tokens: int) -> RowLayout:
        rng = np.random.default_rng(1)
        there, weights = rng.random((samples, tokens)) < 2 / 3, rng.random((samples, tokens))
        return RowLayout.of(there, weights, None, causal, itself)

    return layout


LAYOUTS: list[Layout] = [
    lambda _samples, _tokens: None,
    *(laid_out(*flags) for flags in itertools.product((False, True), repeat=2)),
]
CASES = [(2, 1, 1, 1, 5), (5, 3, 2, 3, 12), (10, 6, 6, 8, 20), (7, 4, 1, 9, 3)]  # N, d, r, s, K


@pytest.mark.parametrize(("tokens", "d", "rank", "degree", "intervals"), CASES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_agreement(tokens: int, d: int, rank: int, degree: int, intervals: int, layout: Layout) -> None:
    here = layout(20, tokens)
    mask = None if here is None else here.mask()
    rng = np.random.default_rng(0)
    space = SplineSpace(degree, intervals)
    x = rng.standard_normal((20 * tokens, d))
    u, v = rng.standard_normal((2, d, rank)) / np.sqrt(3 * d)  # some arguments beyond [-1, 1]
    p, q, y, c = x @ u, x @ v, rng.standard_normal(len(x)), rng.standard_normal(space.dimension)
    table = space.table(c)

    out = np.full((len(x), space.dimension), np.nan)
    pair_kernels.features(p, q, tokens, space.pieces, intervals, out, mask)
    np.testing.assert_allclose(out, pair_kernels_reference.features(p, q, tokens, space, here), atol=1e-9)

    residual, grad_p, grad_q = np.empty(len(x)), np.empty_like(p), np.empty_like(q)
    pair_kernels.pullback(p, q, tokens, table, y, residual, grad_p, grad_q, mask)
    for fast, slow in zip(
        (residual, grad_p, grad_q), pair_kernels_reference.pullback(p, q, tokens, space, c, y, here), strict=True
    ):
        np.testing.assert_allclose(fast, slow, atol=1e-9, rtol=1e-9)

    z = np.empty_like(x)
    pair_kernels.directions(p, q, x, tokens, table, z, mask)
    np.testing.assert_allclose(z, pair_kernels_reference.directions(p, q, x, tokens, table, here), atol=1e-9, rtol=1e-9)

    rows = np.empty((len(x), 2 * d * rank))
    pair_kernels.jacobian(x, z, p, z @ v, rows)
    left = np.einsum("na,nb->nab", x, z @ v).reshape(len(x), -1)
    right = np.einsum("na,nb->nab", z, p).reshape(len(x), -1)
    np.testing.assert_allclose(rows, np.concatenate([left, right], axis=1), atol=1e-12)


def test_arguments_at_knots_and_ends() -> None:
    space = SplineSpace(3, 4)
    u = np.array([-1.0, -0.5, 0.0, 0.5, 1.0, 2.0])
    p, q = np.repeat(u, 2)[:, None], np.ones((12, 1))
    out = np.empty((12, space.dimension))
    pair_kernels.features(p, q, 2, space.pieces, 4, out)
    np.testing.assert_allclose(out[::2], space.design(u), atol=1e-14)


@pytest.mark.parametrize("degree", [3, 2])
@pytest.mark.parametrize("rank", [1, 2, 5])
def test_samples_are_taken_in_parts_of_any_size(rank: int, degree: int) -> None:
    """The loops over samples are unrolled: a whole part, a part that is no multiple of a turn, a last short one."""
    rng = np.random.default_rng(1)
    tokens, intervals = 3, 7
    space = SplineSpace(degree, intervals)
    for samples in (1, 15, 255, 256, 601):
        p, q = rng.standard_normal((2, samples * tokens, rank)) * 0.8
        y, c = rng.standard_normal(len(p)), rng.standard_normal(space.dimension)
        out = np.full((len(p), space.dimension), np.nan)
        pair_kernels.features(p, q, tokens, space.pieces, intervals, out)
        np.testing.assert_allclose(out, pair_kernels_reference.features(p, q, tokens, space), atol=1e-12)
        found = np.empty(len(p)), np.full_like(p, np.nan), np.full_like(q, np.nan)
        pair_kernels.pullback(p, q, tokens, space.table(c), y, *found)
        for fast, slow in zip(found, pair_kernels_reference.pullback(p, q, tokens, space, c, y), strict=True):
            np.testing.assert_allclose(fast, slow, atol=1e-10)
