"""Recall alone: closed forms against sampling, least squares against descent, the gates' own gradients at work."""

from typing import Any

import numpy as np
import pytest
import torch

from mtam.recall.gates import SHARPNESS, gate
from mtam.recall.recall_spec import RecallData
from mtam.recall.simulate.tags import observe
from mtam.recall.theory import one_hot_error
from mtam.recall.theory.one_hot_error import Descent

SETS = ["orthonormal", "simplex", "equicorrelated", "cross_polytope", "iid", "nuisance"]
BY_HAND = {  # least squares over (b, w) with I = d1 = 4, rho = 1/2
    "orthonormal": 0.0, "simplex": 0.0, "equicorrelated": 0.0, "cross_polytope": 1 / 4, "iid": 3 / 8, "nuisance": 1 / 4,
}  # fmt: skip


@pytest.mark.parametrize("name", SETS)
def test_the_closed_form_is_the_value_by_hand_and_of_least_squares(name: Any) -> None:
    """The second method sees no moments: all d^2 + 1 weights are fitted to drawn contexts."""
    data = RecallData(tags=name, correlation=0.5)
    found = one_hot_error.best_affine(*one_hot_error.moments(data), data.components)
    assert found.error == pytest.approx(BY_HAND[name], abs=1e-12)
    error, se, _ = one_hot_error.least_squares(data, 0, 6000)
    assert abs(error - found.error) < 4.5 * se + 1e-3 * found.error + 1e-12


@pytest.mark.parametrize("name", ["simplex", "cross_polytope", "iid"])
def test_moments_are_those_of_drawn_tags(name: Any) -> None:
    data = RecallData(tags=name)
    at = one_hot_error.contexts(data, 3, "here", 20000)
    products = torch.einsum("bd,ibd->bi", at.query[0], at.tags[0]).numpy()
    others = products[np.arange(4)[None] != at.answering[0].numpy()[:, None]]
    assert (others.mean(), (others**2).mean()) == pytest.approx(one_hot_error.moments(data), abs=0.01)


def test_no_other_affine_gate_is_better() -> None:
    m1, m2 = one_hot_error.moments(RecallData())
    found = one_hot_error.best_affine(m1, m2, 4)
    for b, w in np.random.default_rng(0).normal([found.offset, found.slope], 0.3, (500, 2)):
        assert (b + w - 1) ** 2 + 3 * (b**2 + 2 * b * w * m1 + w**2 * m2) >= found.error - 1e-12


def test_uniform_weights_have_the_error_of_the_formula() -> None:
    at = one_hot_error.contexts(RecallData(components=5, tag_dim=5, tags="orthonormal"), 0, "here", 100)
    found = one_hot_error.measure(gate("mean"), {}, at)[0]
    assert found.value == pytest.approx(1 - 1 / 5)
    assert one_hot_error.measure(gate("oracle"), {}, at)[0].value == 0


def test_descent_reaches_the_optimum_of_the_affine_class() -> None:
    data = RecallData()
    params = one_hot_error.optimise(gate("linear"), data, 0, Descent(300, 128, 2000))
    found = one_hot_error.measure(gate("linear"), params, one_hot_error.contexts(data, 0, "here", 4000))[0]
    assert found.value == pytest.approx(0.25, abs=2e-3)


def test_descent_of_softmax_selects_and_a_shuffled_target_cannot_be_selected(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted violation: with queries that point elsewhere the best that is left is uniform weights."""
    data = RecallData(tags="nuisance")
    plan = Descent(300, 256, 2000)
    params = one_hot_error.optimise(gate("softmax"), data, 0, plan)
    fresh = one_hot_error.contexts(data, 0, "here", 4000)
    assert one_hot_error.measure(gate("softmax"), params, fresh)[0].value < 0.01
    honest = observe

    def shuffled(*given: Any) -> Any:
        keys, query = honest(*given)
        return keys, np.roll(query, 1, axis=0)

    monkeypatch.setattr("mtam.recall.theory.one_hot_error.observe", shuffled)
    params = one_hot_error.optimise(gate("softmax"), data, 0, plan)
    fresh = one_hot_error.contexts(data, 0, "here", 4000)
    assert one_hot_error.measure(gate("softmax"), params, fresh)[0].value == pytest.approx(0.75, abs=0.03)


def test_a_frozen_kernel_on_unit_tags_is_softmax_of_its_bandwidth() -> None:
    data = RecallData(tags="iid")
    h = 0.7
    frozen = one_hot_error.frozen(data, 1, "here", np.array([h]), 2000)[0]
    at = one_hot_error.contexts(data, 1, "selection_frozen_here", 2000)
    sharp = torch.full((1, 1), 1 / h**2 / SHARPNESS, dtype=torch.float64)
    soft = {"score": torch.zeros(1, 4, 4, dtype=torch.float64), "temperature": sharp}
    assert one_hot_error.measure(gate("softmax"), soft, at)[0].value == pytest.approx(frozen.value, rel=1e-9)
