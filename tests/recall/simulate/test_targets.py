"""Targets are Lipschitz with the constant they claim, standardised, and rough where they should be."""

from typing import Any

import numpy as np
import pytest

from mtam.recall.evaluation import matern
from mtam.recall.recall_spec import TARGETS, RecallData
from mtam.recall.recall_variants import BY_POPULATION, OF_BOX_PRIOR
from mtam.recall.simulate import targets
from mtam.recall.simulate.contexts import problem


@pytest.mark.parametrize("name", TARGETS)
def test_lipschitz_in_the_coefficients(name: str) -> None:
    """At distances from 1e-3 to 1: the claimed constant holds, and is not idle by orders of magnitude."""
    rng = np.random.default_rng(5)
    f = targets.draw(name, 7, 2)
    z = rng.standard_normal((4000, 7))
    z *= np.sqrt(3) * rng.random((4000, 1)) / np.linalg.norm(z, axis=1, keepdims=True)
    step = rng.standard_normal((4000, 7))
    step *= 10 ** rng.uniform(-3, 0, (4000, 1)) / np.linalg.norm(step, axis=1, keepdims=True)
    slope = np.abs(f(z + step) - f(z)) / np.linalg.norm(step, axis=1)
    assert slope[np.linalg.norm(z + step, axis=1) <= np.sqrt(3)].max() <= f.lipschitz * (1 + 1e-9)
    # Slopes of thousands of product cosines add up nowhere, which no bound in closed form knows.
    assert slope.max() > f.lipschitz / (1e4 if name in OF_BOX_PRIOR else 100)


@pytest.mark.parametrize("target", [name for name in TARGETS if name not in BY_POPULATION])
@pytest.mark.parametrize("alpha", [0.5, 2.0])
def test_answers_are_standardised_on_fresh_contexts(target: Any, alpha: float) -> None:
    sample = problem(RecallData(target=target, alpha=alpha), 0).sample("test", 4000)
    assert abs(sample.clean.mean()) < 0.1
    assert sample.clean.var() == pytest.approx(1.0, abs=0.12)
    assert (sample.observed - sample.clean).std() == pytest.approx(0.1, rel=0.05)


def test_the_matern_draw_has_the_matern_covariance() -> None:
    """Over seeds, E f(z) f(z') = sqrt2 r K_1(sqrt2 r): the kernel that the Bayes oracle uses."""
    radii = np.array([0.0, 0.05, 0.2, 0.5, 1.0, 2.0])
    z = np.zeros((len(radii), 3))
    z[:, 0] = radii
    values = np.stack([targets.draw("matern", 3, seed)(z) for seed in range(400)])
    expected = matern.matern1(radii)
    assert expected[0] == pytest.approx(1.0, abs=1e-9)
    np.testing.assert_allclose((values[:, :1] * values).mean(0), expected, atol=0.2)
    np.testing.assert_allclose(  # increments: the roughness at small scales is where kernels differ
        ((values[:, :1] - values) ** 2).mean(0)[1:], 2 * (1 - expected[1:]), rtol=0.25
    )


def test_functions_are_called_on_blocks_of_one_shape_and_alignment() -> None:
    """Whatever a library does with the last rows of a product, it then does with the same rows in every sample."""
    places: list[tuple[tuple[int, ...], int]] = []

    class Place:
        lipschitz = 0.0

        def __call__(self, z: targets.Array) -> targets.Array:
            places.append((z.shape, z.ctypes.data % 64))
            return np.arange(len(z)) + z[:, 0]

    for n in (1, 33, targets.BLOCK, targets.BLOCK + 1, 3 * targets.BLOCK - 1):
        z = np.arange(n * 5.0).reshape(n, 5)
        np.testing.assert_array_equal(targets.in_blocks(Place(), z), np.arange(n) % targets.BLOCK + z[:, 0])
    assert set(places) == {((targets.BLOCK, 5), 0)}
    assert targets.in_blocks(Place(), np.empty((0, 5))).shape == (0,)


@pytest.mark.bits
@pytest.mark.parametrize("name", TARGETS)
def test_an_answer_does_not_depend_on_the_rows_after_it(name: str) -> None:
    f, z = targets.draw(name, 41, 2), np.random.default_rng(3).standard_normal((600, 41))
    whole = targets.in_blocks(f, z)
    np.testing.assert_allclose(whole, f(z), rtol=1e-12, atol=1e-12)
    for n in (1, 2, 3, 33, 255, 257, 598):
        np.testing.assert_array_equal(targets.in_blocks(f, z[:n]), whole[:n])


@pytest.mark.bits
def test_one_seed_asks_the_same_function_of_every_spectrum_and_size() -> None:
    a, b = (problem(RecallData(alpha=alpha), 4) for alpha in (0.5, 2.0))
    z = np.random.default_rng(0).standard_normal((10, 49))
    np.testing.assert_array_equal(a.answer.function(z), b.answer.function(z))
    other = problem(RecallData(), 5)
    assert np.abs(other.answer.function(z) - a.answer.function(z)).max() > 0.1


def test_blocks_that_were_answered_keep_their_bits_and_are_not_computed_again() -> None:
    calls: list[int] = []

    def counted(z: np.ndarray) -> np.ndarray:
        calls.append(len(z))
        return np.asarray(np.sin(z).sum(1))

    z, kept = np.random.default_rng(0).standard_normal((600, 3)), targets.KeptBlocks(most=3)
    plain = targets.in_blocks(counted, z)  # type: ignore[arg-type]
    assert len(calls) == 3
    np.testing.assert_array_equal(targets.in_blocks(counted, z, kept), plain)  # type: ignore[arg-type]
    np.testing.assert_array_equal(targets.in_blocks(counted, z, kept), plain)  # type: ignore[arg-type]
    assert len(calls) == 6
    other = z + 1e-12
    assert (targets.in_blocks(counted, other, kept) != plain).any()  # type: ignore[arg-type]
    assert len(calls) == 9
    targets.in_blocks(counted, z, kept)  # type: ignore[arg-type]
    assert len(calls) == 12  # three blocks are kept, and those were others
