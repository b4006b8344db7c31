"""Score tests of residuals: silent at their level whatever the noise, loud for what the fit cannot express."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import scipy.stats

from mtam.interaction.estimators import erm
from mtam.interaction.model.pair_kernels_reference import off_diagonal_mean
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.own_data.residuals.residual_structure import Structure, _tail, structure
from mtam.interaction.reading.own_data_notes import GROUPS, LEVEL
from mtam.interaction.solver.levenberg_marquardt import start

Array = npt.NDArray[np.float64]
A = np.array([[0.5, 0.3], [-0.4, 0.6]])
Extra = Callable[[Array, Array], Array]  # tokens (M, N, d), interaction of pairs (M, N, N) -> (M, N)


def others(values: Array) -> Array:
    return np.asarray((values.sum(axis=1, keepdims=True) - values) / (values.shape[1] - 1))


def fitted(noise: Array, seed: int, extra: Extra | None = None, share: float = 1.0) -> Structure:
    """phi fitted at the true A to tanh(u) + extra + noise; tangents of A are projected out although it is known."""
    rng = np.random.default_rng([1, seed])
    x = np.sqrt(3) * rng.uniform(-1, 1, (*noise.shape, 2))
    pairs = np.tanh(x @ A @ x.transpose(0, 2, 1))
    y = share * off_diagonal_mean(pairs).reshape(noise.shape) + noise + (0 if extra is None else extra(x, pairs))
    profile = erm.prepare(x, y, 2, SplineSpace(3, 6), np.random.default_rng(0))
    back = np.asarray(np.linalg.inv(profile.white), dtype=np.float64)
    point = start(profile, back @ A, back, 1 / 3)
    matrix = (profile.white @ point.u) @ (profile.white @ point.v).T
    return structure(x, y, matrix, 2, profile.spline(point.fit))


def noise_of(seed: int, samples: int = 250) -> Array:
    """Common to a sample in part, skewed, of a scale that differs between samples."""
    rng = np.random.default_rng([2, seed])
    common = rng.standard_normal((samples, 1)) + rng.exponential(size=(samples, 4)) - 1
    return np.asarray(0.5 * common * rng.exponential(size=(samples, 1)))


@pytest.fixture(scope="module")
def without() -> list[Structure]:
    """300 fits with nothing left."""
    return [fitted(noise_of(seed), seed) for seed in range(300)]


def test_the_level_holds_whatever_the_law_of_the_noise(without: list[Structure]) -> None:
    """Of 300 the number with p < .1 is at most 47 but for a chance of 1e-3, if each has at most a chance of .1."""
    p = [found.p_value for found in without]
    assert 3 <= sum(one < 0.1 for one in p) <= 47
    assert sum(one < LEVEL for one in p) <= 10


def test_single_groups_keep_their_level_too(without: list[Structure]) -> None:
    """2700 tests at 5%, those of one data set dependent: a standard error of at most .0126."""
    p = np.array([found.p_values for found in without])
    assert 0.005 < np.mean(p < 0.05) < 0.05 + 3 * 0.0126


@pytest.mark.parametrize(
    ("group", "extra"),
    [
        ("tokens", lambda x, _g: 0.2 * x[..., 0]),
        ("other tokens", lambda x, _g: 0.3 * others(x)[..., 1]),
        ("squares", lambda x, _g: 0.2 * x[..., 0] * x[..., 1]),
        ("squares of the others", lambda x, _g: 0.4 * others(x**2)[..., 1]),
        ("products with squares", lambda x, _g: 0.5 * (x[..., 0] ** 2 - 1) * others(x)[..., 1]),
        ("position", lambda x, _g: 0.2 * np.broadcast_to(np.arange(4) == 2, x.shape[:2])),
        ("order", lambda _x, g: np.tril(g, -1).sum(axis=2)),
        ("order", lambda _x, g: 0.4 * g[:, np.arange(4), np.arange(4)]),
    ],
)
def test_what_the_fit_cannot_express_is_seen_where_it_is(group: str, extra: Extra) -> None:
    found = fitted(0.3 * np.random.default_rng(0).standard_normal((500, 4)), 0, extra)
    assert found.p_value < LEVEL
    assert GROUPS[int(np.argmin(found.p_values))] == group
    assert found.shares[GROUPS.index(group)] > 0.01


def test_what_the_fit_can_express_is_not_seen() -> None:
    """More of the interaction, and a constant: both are in the span of the fit."""
    noise = 0.3 * np.random.default_rng(3).standard_normal((500, 4))
    plain, more = fitted(noise, 3), fitted(noise, 3, lambda x, _g: np.full(x.shape[:2], 5.0), share=4.0)
    np.testing.assert_allclose(more.p_values[plain.shares > 1e-3], plain.p_values[plain.shares > 1e-3], rtol=0.3)
    assert min(plain.p_value, more.p_value) > LEVEL


def test_significant_but_negligible_structure_does_not_count() -> None:
    """Without noise every trace of the spline's bias is significant."""
    assert fitted(np.zeros((500, 4)), 4).p_value == 1


def test_one_outlying_sample_says_nothing() -> None:
    """Its sign is one coin: structure that only one sample shows has p = 1, not 0."""
    noise = 0.1 * np.random.default_rng(5).standard_normal((200, 4))
    noise[17] += 1e6
    assert fitted(noise, 5).p_value > 0.5


def test_the_tail_is_that_of_weighted_chi_squares() -> None:
    """Pearson's approximation is within a quarter at the level of one group, .01 / 9; exact for equal weights."""
    rng = np.random.default_rng(0)
    weights = np.array([3.0, 1.0, 0.5, 0.5])
    draws = rng.chisquare(1, (10**6, 4)) @ weights
    for q in np.quantile(draws, [0.9, 0.99, 1 - LEVEL / 9]):
        told = _tail(float(q), *(float(np.sum(weights**k)) for k in (1, 2, 3)))
        assert told == pytest.approx(np.mean(draws > q), rel=0.25)
    assert _tail(11.0, 5.0, 5.0, 5.0) == pytest.approx(scipy.stats.chi2.sf(11, 5))


@pytest.mark.parametrize("shape", [(10, 2), (3, 40)])
def test_few_samples_and_many_tokens_do(shape: tuple[int, int]) -> None:
    assert 0 <= fitted(np.random.default_rng(0).standard_normal(shape), 0).p_value <= 1
