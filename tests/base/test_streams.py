"""Streams follow from seed and name, and from nothing else."""

import numpy as np
import pytest

from mtam.base.streams import generator, sequence, torch_seed

NAMES: list[tuple[str | int, ...]] = [("a",), ("b",), ("a", "b"), ("b", "a"), ("ab",), ("a", 1), ("a", 2), (1,)]


def test_the_same_seed_and_name_draw_the_same_whatever_was_drawn_before() -> None:
    one = generator(3, "recall", "target")
    np.random.default_rng(3).standard_normal(10)
    generator(3, "recall", "other").standard_normal(10)
    np.testing.assert_array_equal(one.standard_normal(5), generator(3, "recall", "target").standard_normal(5))


def test_streams_of_different_names_or_seeds_differ() -> None:
    first = {(seed, name): generator(seed, *name).random() for seed in (0, 1, 2**40) for name in NAMES}
    assert len(set(first.values())) == len(first)


def test_streams_of_two_names_are_uncorrelated() -> None:
    """Four standard errors of 1/sqrt(n)."""
    one, other = (generator(0, name).standard_normal(20000) for name in ("a", "b"))
    assert abs(np.corrcoef(one, other)[0, 1]) < 4 / 20000**0.5


def test_seeds_of_torch_are_63_bits_and_of_their_own() -> None:
    seeds = [torch_seed(seed, *name) for seed in (0, 1) for name in NAMES]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert max(seeds) > 2**61  # the high bits are used
    assert torch_seed(0, "a") == int(sequence(0, "a").generate_state(1, np.uint64)[0]) // 2


@pytest.mark.bits
def test_streams_are_those_of_every_record_on_disk() -> None:
    """Another stream under the same name makes other data of the same key: change these figures knowingly."""
    assert sequence(3, "recall", 2).spawn_key == (1261438326, 2)
    assert generator(3, "recall", "target").integers(10**9, size=3).tolist() == [278214110, 768140813, 912026383]
    assert torch_seed(3, "recall", "start") == 4226397822919424217
