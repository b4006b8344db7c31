"""Every pass holds every row once; members of one seed share their order; any border is a place to begin."""

import numpy as np
import pytest
import torch

from mtam.recall.training.batches import Feed
from tests.recall.helpers import assemble, trials


def _feed(n: int, batch: int, taken: int = 0, seeds: tuple[int, ...] = (5, 7, 5)) -> Feed:
    return Feed(assemble(trials(3, n=n))[2], seeds, batch, taken)


@pytest.mark.parametrize(("n", "batch", "parts"), [(48, 16, 3), (50, 16, 3), (40, 64, 1)])
def test_a_pass_takes_no_row_twice_and_passes_differ(n: int, batch: int, parts: int) -> None:
    rows = _feed(n, batch).rows(4 * parts).reshape(2, 4, -1)  # the seeds, the passes
    assert rows.shape[-1] == n // parts * parts
    for lap in rows.reshape(8, -1):
        assert len(set(lap.tolist())) == len(lap)
        assert lap.max() < n
    assert len({tuple(lap) for lap in rows.reshape(8, -1).tolist()}) == (8 if parts > 1 else 1)


def test_members_of_one_seed_share_their_order_whoever_is_beside_them() -> None:
    feed, alone = _feed(48, 16), _feed(48, 16, seeds=(7, 7, 7))
    assert feed.stream.tolist() == [0, 1, 0]
    np.testing.assert_array_equal(feed.rows(7)[1], alone.rows(7)[0])


@pytest.mark.parametrize("taken", [0, 1, 3, 200])
def test_rows_are_those_of_the_batches_from_any_border_on(taken: int) -> None:
    whole, later, batches = _feed(48, 16), _feed(48, 16, taken), _feed(48, 16, taken)
    rows = whole.rows(taken + 5)[:, taken:]
    np.testing.assert_array_equal(later.rows(5), rows)
    for step in range(5):
        batch = batches.next()
        for m, of in enumerate(whole.stream):
            theirs = whole.source.observed[m, torch.from_numpy(rows[of, step])]
            torch.testing.assert_close(batch.observed[m], theirs, rtol=0, atol=0)
            own = whole.source.tags[m, :, torch.from_numpy(rows[of, step])]
            torch.testing.assert_close(batch.at.tags[m], own, rtol=0, atol=0)
