"""Blocks follow from (seed, block) and from nothing else, and are samples of the model."""

from typing import Any

import numpy as np
import pytest

from mtam.interaction.interaction_data import InteractionData
from mtam.interaction.simulate.truth import draw_truth
from mtam.interaction.streaming.sample_blocks import SampleBlocks, block_samples
from tests.interaction.streaming.helpers import data


def blocks(of: InteractionData, samples: int, seed: int = 0) -> SampleBlocks:
    return SampleBlocks(of, draw_truth(of, seed, samples), samples, seed)


def test_the_first_samples_are_the_same_whatever_m_is_and_in_whatever_order_they_are_drawn() -> None:
    of = data(30)
    few, many = blocks(of, 3000), blocks(of, 100_000)
    assert many.count == -(-100_000 // many.size) > 2
    late = many.block(1)
    x, y = many.first(many.size + 10)
    np.testing.assert_array_equal(x[many.size :], late[0][:10])
    np.testing.assert_array_equal(y[many.size :], late[1][:10])
    for part, whole in zip(few.first(3000), (x, y), strict=True):
        np.testing.assert_array_equal(part, whole[:3000])


def test_all_samples_are_there_once() -> None:
    one = blocks(data(30), 30_001)
    parts = [one.block(index)[0] for index in range(one.count)]
    assert [len(part) for part in parts] == [one.size] * (one.count - 1) + [30_001 % one.size]
    assert len(np.unique(np.concatenate(parts)[:, 0, 0])) == 30_001


@pytest.mark.parametrize("seed", [0, 1])
def test_blocks_and_seeds_differ(seed: int) -> None:
    of = data(30)
    one = blocks(of, 100_000, seed)
    first, second = (one.block(index)[0][:, 0, 0] for index in (0, 1))
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / len(first) ** 0.5
    assert not np.array_equal(first, blocks(of, 100_000, seed + 1).block(0)[0][:, 0, 0])


@pytest.mark.parametrize(
    "more",
    [
        {"rank": 2, "tokens": 4},
        {"rank": 1, "tokens": 2},
        {"token_law": "cube", "activation": "tanh"},
        {"token_law": "dependent"},
    ],
)
def test_responses_are_those_of_the_truth_with_noise(more: dict[str, Any]) -> None:
    of = data(4, **more)
    one = blocks(of, 20_000)
    x, y = one.first(20_000)
    noise = y - one.truth.interactions(x)
    assert abs(noise.mean()) < 4 * 0.3 / noise.size**0.5
    assert noise.std() == pytest.approx(0.3, rel=4 / (2 * noise.size) ** 0.5)
    quiet = blocks(of.model_copy(update={"noise": 0.0}), 100)
    x, y = quiet.first(100)
    np.testing.assert_allclose(y, quiet.truth.interactions(x), atol=1e-12)


@pytest.mark.parametrize("d", [1, 30, 3000])
def test_a_block_takes_a_few_megabytes(d: int) -> None:
    for tokens in (2, 30):
        assert 64 <= block_samples(data(d, tokens=tokens)) <= max(64, 2**20 // (tokens * max(d, tokens)))
