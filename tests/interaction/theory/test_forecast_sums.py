"""Sums for linear least squares: those of the dense rows, whatever the blocks."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest

from mtam.interaction.interaction_spec import InteractionData
from mtam.interaction.model import pair_kernels_reference
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.simulate.tokens import TokenStream
from mtam.interaction.simulate.truth import draw_truth
from mtam.interaction.theory.forecast_sums import ForecastSums, Model, mixed
from mtam.interaction.theory.tangents import Tangents

Array = npt.NDArray[np.float64]
TRUTH = draw_truth(InteractionData(d=3, tokens=4, rank=2), 0)
SPACES = [SplineSpace(3, 4), SplineSpace(3, 7)]
BASES = [np.random.default_rng(k).standard_normal((space.dimension,) * 2) for k, space in enumerate(SPACES)]
MODEL = Model(SPACES, BASES, Tangents(TRUTH))
X = TokenStream(TRUTH.law, 1, "test").take(30, 4)


def targets(x: Array) -> Array:
    """The truth and a function of the tokens in the place of noise, per row."""
    return np.stack([TRUTH.interactions(x).ravel(), np.sin(5 * x[:, :, 0]).ravel()], axis=1)


def parts(x: Array, step: int) -> Iterator[Array]:
    for first in range(0, len(x), step):
        yield x[first : first + step]


def close(one: ForecastSums, two: ForecastSums) -> None:
    for a, b in zip(one.levels, two.levels, strict=True):
        for name in ("gram", "side", "moment"):
            np.testing.assert_allclose(getattr(a, name), getattr(b, name), atol=1e-12)
    for name in ("gram", "moment", "power"):
        np.testing.assert_allclose(getattr(one, name), getattr(two, name), atol=1e-12)


def test_sums_are_means_of_products_of_dense_rows() -> None:
    found = MODEL.sums(parts(X, 7), targets)
    wanted, sides = targets(X), MODEL.tangents.features(X)
    p, q = MODEL.tangents.arguments(X)
    rows = len(wanted)
    np.testing.assert_allclose(found.gram, sides.T @ sides / rows, atol=1e-12)
    np.testing.assert_allclose(found.moment, sides.T @ wanted / rows, atol=1e-12)
    np.testing.assert_allclose(found.power, wanted[:, 0] @ wanted / rows, atol=1e-12)
    for level, space, basis in zip(found.levels, SPACES, BASES, strict=True):
        features = pair_kernels_reference.features(p, q, 4, space) @ basis
        np.testing.assert_allclose(level.gram, features.T @ features / rows, atol=1e-12)
        np.testing.assert_allclose(level.side, features.T @ sides / rows, atol=1e-12)
        np.testing.assert_allclose(level.moment, features.T @ wanted / rows, atol=1e-12)


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_a_mixture_by_the_shares_of_the_rows_is_the_sum_over_all(share: float) -> None:
    cut = round(30 * share)
    one, two = MODEL.sums([X[:cut]], targets), MODEL.sums([X[cut:]], targets)
    close(mixed(one, share, two), MODEL.sums([X], targets))


def test_louder_noise_is_that_of_louder_targets() -> None:
    """The first target is the truth, which stays."""
    here = MODEL.sums([X], targets).louder(3.0)
    close(here, MODEL.sums([X], lambda x: targets(x) * [1.0, 3.0]))


def test_louder_leaves_the_quiet_one_as_it_is() -> None:
    quiet = MODEL.sums([X], targets)
    quiet.louder(3.0)
    close(quiet, MODEL.sums([X], targets))
