"""What is true of every gate."""

import pytest
import torch

from mtam.recall.gates import Tags, gate, names
from mtam.recall.recall_models import trained_settings
from mtam.recall.recall_spec import recall_model
from tests.recall.gates.helpers import parameters, tags
from tests.recall.helpers import assemble, trials


@pytest.mark.parametrize("name", ["softmax", "linear_elu", "frozen_rbf"])
def test_normalised_gates_ignore_the_order_of_components_and_sum_to_one(name: str) -> None:
    network, _, rows, flat = assemble(trials(2, model={"name": name}, length=30))
    at = rows.batch(0, 40).at
    weights, _ = network.gate.forward(network.views(flat), at)
    torch.testing.assert_close(weights.sum(1), torch.ones(2, 40, dtype=torch.float64))
    turned = Tags(at.query, at.tags.flip(1), at.log_share.flip(1), at.answering, at.bandwidth)
    torch.testing.assert_close(network.gate.forward(network.views(flat), turned)[0], weights.flip(1))


@pytest.mark.parametrize("name", names())
def test_every_gate_has_the_shapes_that_it_starts_with(name: str) -> None:
    found, model, at = gate(name), trained_settings(recall_model(name)), tags()
    begin = found.start(4, model, torch.Generator().manual_seed(0))
    assert {key: tuple(value.shape) for key, value in begin.items()} == found.shapes(4)
    weights, _ = found.forward(parameters(found, model, at), at)
    assert weights.shape == (2, found.heads * 3, 5)
    assert weights.isfinite().all()


@pytest.mark.parametrize("name", names())
def test_members_do_not_see_each_other(name: str) -> None:
    found, model, at = gate(name), trained_settings(recall_model(name)), tags()
    params = parameters(found, model, at)
    together, _ = found.forward(params, at)
    for m in range(2):
        own = slice(m, m + 1)
        alone = Tags(at.query[own], at.tags[own], at.log_share[own], at.answering[own], at.bandwidth[own])
        weights, _ = found.forward({key: value[own] for key, value in params.items()}, alone)
        torch.testing.assert_close(weights[0], together[m])


@pytest.mark.parametrize("name", ["softmax", "linear", "linear_elu", "frozen_rbf", "mean"])
def test_a_component_without_tokens_gets_no_attention(name: str) -> None:
    found, model, at = gate(name), trained_settings(recall_model(name)), tags()
    weights, _ = found.forward(parameters(found, model, at), at)
    assert weights[0, 1, 2] == 0
