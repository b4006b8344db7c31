"""What theory says of a recall cell: the curves of its own data, and nothing where there is none."""

import numpy as np
import pytest

from mtam.recall.recall_problem import lower_bound, reference
from mtam.recall.recall_spec import RecallData, RecallTrial
from mtam.recall.theory import minimax

SIZES = [64, 256, 1024]


def test_curves_are_those_of_the_data_of_the_trial() -> None:
    trial = RecallTrial(data=RecallData(alpha=2.0, decay=0.5, noise=0.3, spectrum="polynomial"))
    wanted = minimax.reference_curve(2.0, 0.5, SIZES, 0.3, spectrum="polynomial")
    assert reference(trial, SIZES) == pytest.approx(wanted.tolist())
    bound = lower_bound(trial, SIZES)
    assert bound == pytest.approx(minimax.lower_bound(2.0, 0.5, SIZES, 0.3, spectrum="polynomial").tolist())
    assert bound is not None
    assert all(type(value) is float for value in [*reference(trial, SIZES), *bound])


def test_every_setting_of_the_spectrum_and_the_noise_moves_the_reference() -> None:
    changes = [{}, {"alpha": 2.0}, {"decay": 0.5}, {"noise": 0.3}, {"spectrum": "polynomial"}]
    curves = [reference(RecallTrial(data=RecallData.model_validate(change)), SIZES) for change in changes]
    assert len({tuple(np.round(curve, 9)) for curve in curves}) == len(changes)


def test_without_noise_and_for_the_toy_there_is_no_lower_bound() -> None:
    assert lower_bound(RecallTrial(data=RecallData(noise=0.0)), SIZES) is None
    assert lower_bound(RecallTrial(protocol="reported"), SIZES) is None
