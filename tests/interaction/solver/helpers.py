"""One small profiled problem, and the passes over its data that tests compare."""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from mtam.interaction.model import pair_kernels_reference
from mtam.interaction.model.low_rank import balance
from mtam.interaction.model.row_layout import RowLayout
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.solver.row_sums import Passes
from mtam.interaction.solver.varpro import Profile, whitener

Array = npt.NDArray[np.float64]

CASES = [(2, 1, 1, 1, 5), (5, 3, 2, 3, 12), (10, 6, 6, 8, 20), (70, 4, 1, 9, 3)]  # N, d, r, s, K


def problem(
    degree: int = 3, smoothing: float | None = None, layout: RowLayout | None = None
) -> tuple[Profile, Array, Array]:
    """A profile in four coordinates of unlike spread, and balanced factors of rank 2."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((300, 5, 4)) @ np.diag([1.0, 2.0, 0.5, 3.0])
    y = rng.standard_normal((300, 5)) + np.tanh(x[:, :, 0])
    arguments = rng.standard_normal(2000) / 3
    white, space = whitener(x, layout), SplineSpace(degree, 6)
    profile = Profile(x, y, white, space, arguments, smoothing=smoothing, layout=layout)
    u, v = balance(rng.standard_normal((4, 2)), rng.standard_normal((4, 2)), 1 / 3)
    return profile, u, v


def _close(found: Array, expected: Array) -> None:
    np.testing.assert_allclose(found, expected, atol=1e-9, rtol=1e-9)


def agree(passes: Callable[[Array, Array], Passes], tokens: int, d: int, rank: int, space: SplineSpace) -> None:
    """Every sum over 40 samples is that of plain numpy."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((40, tokens, d)), rng.standard_normal((40, tokens))
    u, v = rng.standard_normal((2, d, rank)) / np.sqrt(3 * d)  # some arguments beyond [-1, 1]
    c, transform = rng.standard_normal(space.dimension), rng.standard_normal((space.dimension, space.dimension))
    white = rng.standard_normal((d, d))
    flat, table = x.reshape(-1, d), space.table(c)
    p, q = flat @ u, flat @ v
    features = pair_kernels_reference.features(p, q, tokens, space)
    sums = passes(x, y)

    for given, expected in ((None, features), (transform, features @ transform)):
        gram, moment = sums.normal(u, v, space, given)
        _close(gram, expected.T @ expected)
        _close(moment, expected.T @ y.ravel())

    residual, grad_p, grad_q = pair_kernels_reference.pullback(p, q, tokens, space, c, y.ravel())
    total, grad_u, grad_v = sums.pullback(u, v, table)
    assert math.isclose(total, float(residual @ residual), rel_tol=1e-9)
    _close(grad_u, flat.T @ grad_p)
    _close(grad_v, flat.T @ grad_q)
    _close(sums.residuals(u, v, space, c).ravel(), residual)

    parts = zip(*sums.scores(u, v, white, space, table), strict=True)
    found = [np.concatenate(part) for part in parts]
    z = pair_kernels_reference.directions(p, q, flat @ white, tokens, table)
    for one, expected in zip(found, (flat @ white, z, features), strict=True):
        _close(one, expected)
