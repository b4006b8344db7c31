"""Softmax attention with one head: its formula, its gradients, and the limits of its sharpness."""

from typing import Any

import pytest
import torch

from mtam.base.streams import torch_seed
from mtam.recall.evaluation.risk import recall
from mtam.recall.gates import SHARPNESS, SPREAD, gate
from mtam.recall.gates.softmax import FrozenForm
from mtam.recall.recall_models import trained_settings
from mtam.recall.recall_spec import RecallData, RecallTrial, recall_model
from mtam.recall.run_recall import fit, run
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


def test_a_frozen_form_attends_as_a_trained_one_and_hands_on_no_gradient() -> None:
    at = tags()
    params = parameters(gate("softmax"), MODEL, at)
    weights, kept = FrozenForm().forward(params, at)
    torch.testing.assert_close(weights, gate("softmax").forward(params, at)[0])
    into = {name: torch.full_like(value, torch.nan) for name, value in params.items()}
    FrozenForm().backward(params, at, kept, torch.ones_like(weights), into)
    assert not any(layer.any() for layer in into.values())


@pytest.mark.parametrize("start", ["random", "random_frozen"])
def test_training_moves_a_random_form_unless_it_is_frozen(start: str) -> None:
    """Weight decay alone takes a share of lr * weight_decay a step at most."""
    model = recall_model(width=16, hidden=8, init=start, steps=4)
    some = [RecallTrial(n=256, data=RecallData(modes=12, nodes=32, test=64), model=model)]
    problems = [problem(some[0].data, 0)]
    network, _, trained = fit(some, problems, torch.device("cpu"), lambda _: None)
    random = torch.Generator().manual_seed(torch_seed(0, "recall", "start"))
    network.start_head(random)
    begun = network.gate.start(4, model, random)["score"].float()
    moved = (network.views(trained.best)["score"][0] - begun).norm() / begun.norm()
    assert (moved < 1e-3) == (start == "random_frozen")


def test_a_frozen_form_is_one_full_form() -> None:
    with pytest.raises(ValueError, match="random_frozen takes one head with full keys"):
        RecallTrial(model=recall_model(init="random_frozen", heads=2))


def test_a_frozen_form_and_a_trained_one_are_no_pack() -> None:
    some = [RecallTrial(model=recall_model(init=start)) for start in ("random", "random_frozen")]
    with pytest.raises(ValueError, match="different shapes"):
        run(some, device="cpu", tick=lambda _: None)
