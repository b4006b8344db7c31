"""Numbers of trials by size and seed: what a record lacks is not invented."""

import numpy as np

from mtam.rates.trial_numbers import TrialNumbers

CELL = TrialNumbers({(n, seed): {"error": seed / n} for n in (64, 256) for seed in (1, 2)} | {(64, 3): {"error": 1.0}})


def test_a_seed_that_lacks_a_size_is_not_complete() -> None:
    assert CELL.sizes == [64, 256]
    assert CELL.seeds(64) == [1, 2, 3]
    assert CELL.complete == (1, 2)
    matrix = CELL.matrix("error")
    assert matrix is not None
    assert matrix.tolist() == [[1 / 64, 1 / 256], [2 / 64, 2 / 256]]
    points = CELL.curve("error")
    assert points is not None
    assert points.seeds == (1, 2)


def test_what_no_record_holds_is_nan_or_none() -> None:
    assert np.isnan(CELL.values("attention_mass", 64)).all()
    assert CELL.matrix("attention_mass") is None
    assert TrialNumbers({}).matrix("error") is None
