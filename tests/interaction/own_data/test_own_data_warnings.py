"""Warnings about a user's data: each where it applies, and none where it does not."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from mtam.interaction.own_data.own_data_warnings import distinct, hints, moments, tail_index

Array = npt.NDArray[np.float64]
Change = Callable[[Array, Array, np.random.Generator], Any]


def made(rng: np.random.Generator, samples: int = 200) -> tuple[Array, Array]:
    return rng.standard_normal((samples, 4, 3)), rng.standard_normal((samples, 4))


def placed(array: Array, place: Any, value: Any) -> Array:
    changed = array.copy()
    changed[place] = value
    return changed


def padded(x: Array, y: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    return placed(x, rng.random(y.shape) < 0.3, 0.0), y


WRONG: list[tuple[Change, str]] = [
    (padded, "of 800 tokens are rows of zeros"),
    (lambda x, y, _: (np.concatenate([x, x[:20]]), np.concatenate([y, y[:20]])), "20 of 220 samples repeat"),
    (lambda x, y, _: (x + np.array([0, 50, 0]), y), "coordinate 1 of the tokens lies .* from zero"),
    (lambda x, y, _: (placed(x, (5, 2), 1e4), y), "one token of 800 makes up 100% of the variance"),
    (lambda x, y, _: (x, placed(y, (7, 3), 1e6)), r"one response of 800, Y\[7, 3\] = 1e\+06, makes up 100%"),
    (lambda x, y, rng: (x, rng.standard_t(1.2, y.shape)), r"heavy tails \(index about (0\.9|1\.\d)"),
]


@pytest.mark.parametrize(("change", "says"), WRONG)
@pytest.mark.parametrize("seed", range(3))
def test_what_is_wrong_with_data_is_one_sentence(change: Change, says: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    (found,) = [one for one in hints(*change(*made(rng), rng)) if re.search(says, one)]
    assert "\n" not in found


@pytest.mark.parametrize(
    "draw",
    [
        lambda rng, shape: rng.standard_normal(shape),
        lambda rng, shape: rng.uniform(0, 1, shape),
        lambda rng, shape: rng.integers(0, 4, shape).astype(float),
        lambda rng, shape: rng.exponential(size=shape),
        lambda rng, shape: rng.standard_t(5, shape),
        lambda rng, shape: (rng.random(shape) < 0.1).astype(float),
    ],
)
@pytest.mark.parametrize("samples", [12, 400])
def test_ordinary_data_get_no_warning(draw: Callable[[Any, Any], Array], samples: int) -> None:
    for seed in range(10):
        rng = np.random.default_rng(seed)
        x = rng.uniform(-1, 1, (samples, 5, 3))
        assert hints(x, draw(rng, (samples, 5))) == []
        tokens = draw(rng, (samples, 5, 3))
        assert [one for one in hints(tokens, x[:, :, 0]) if "zeros" not in one] == []


def test_moments_and_distinct_samples_are_counted_block_by_block() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((3000, 200, 3)) + np.array([0, 1e6, 0]), rng.standard_normal((3000, 200))
    mean, deviation = moments(x)
    np.testing.assert_allclose(mean, x.mean(axis=(0, 1)), atol=1e-8)
    np.testing.assert_allclose(deviation, x.std(axis=(0, 1)), rtol=1e-6)
    assert distinct(np.concatenate([x, x[:7]]), np.concatenate([y, y[:7]])) == 3000
    assert distinct(x, np.zeros_like(y)) == 3000


def test_the_tail_index_is_that_of_pareto_laws() -> None:
    rng = np.random.default_rng(0)
    for index in (1.0, 1.5, 3.0):
        values = rng.choice([-1, 1], 100_000) * rng.pareto(index, 100_000)
        assert tail_index(values) == pytest.approx(index, rel=0.15)
    assert tail_index(np.r_[np.zeros(900), np.ones(100)]) == np.inf
