"""Softmax attention with one head: its formula, its gradients, and the limits of its sharpness."""

from typing import Any

import pytest
import torch

from mtam.recall.evaluation.risk import recall
from mtam.recall.gates import SHARPNESS, SPREAD, gate
from mtam.recall.recall_models import trained_settings
from mtam.recall.recall_spec import recall_model
from mtam.recall.simulate.contexts import problem
from tests.recall.gates.helpers import check_gradients, parameters, tags
from tests.recall.helpers import assemble, trials

MODEL = trained_settings(recall_model("softmax", init="random"))


def test_weights_are_shares_times_exponentials_normalised() -> None:
    at = tags()
    params = parameters(gate("softmax"), MODEL, at)
    form = SPREAD * params["score"] + SHARPNESS * params["temperature"].unsqueeze(-1) * torch.eye(4)
    raw = at.log_share.exp() * torch.einsum("mbd,mde,mibe->mib", at.query, form, at.tags).exp()
    weights, _ = gate("softmax").forward(params, at)
    torch.testing.assert_close(weights, raw / raw.sum(1, keepdim=True))


def test_gradients_are_those_of_automatic_differentiation() -> None:
    at = tags()
    check_gradients(gate("softmax"), parameters(gate("softmax"), MODEL, at), at)


def started(beta: float, **data: Any) -> tuple[torch.Tensor, Any]:
    some = trials(1, n=200, model={"beta0": beta}, **data)
    network, features, rows, flat = assemble(some)
    _, kept = network.forward(network.views(flat), features, rows.batch(0, 200))
    return kept.weights[0], problem(some[0].data, 0).sample("train", 200)


def test_attention_with_large_beta_is_one_hot() -> None:
    weights, sample = started(80.0)
    found = recall(weights, sample)
    assert found["attention_mass"] == pytest.approx(1.0, abs=1e-12)
    assert found["attention_entropy"] == pytest.approx(0.0, abs=1e-10)
    assert found["recall_accuracy"] == 1.0


def test_attention_at_the_start_is_the_closed_form() -> None:
    """Cross-polytope, I = 4 in pairs: products 1, -1, 0, 0, so the mass is e^b / (e^b + e^-b + 2)."""
    weights, sample = started(2.0)
    expected = torch.exp(torch.tensor(2.0, dtype=torch.float64))
    expected = expected / (expected + 1 / expected + 2)
    assert recall(weights, sample)["attention_mass"] == pytest.approx(float(expected), abs=1e-6)


def test_attention_with_vanishing_beta_is_diffuse() -> None:
    weights, sample = started(1e-9)
    found = recall(weights, sample)
    assert found["attention_mass"] == pytest.approx(0.25, abs=1e-6)
    assert found["attention_entropy"] == pytest.approx(float(torch.log(torch.tensor(4.0))), abs=1e-6)
