"""Hand-written gradients are the gradients; attention does what its formula says; pooling is the integral."""

from typing import Any

import pytest
import torch

from mtam.recall.gates import names
from mtam.recall.simulate.contexts import problem
from mtam.recall.transformer.network import Room
from tests.recall.helpers import assemble, random_start, trials

MODELS: dict[str, dict[str, Any]] = {
    **{name: {"name": name} for name in names()},
    "mercer": {"name": "mercer", "width": 7},
    "heads": {"heads": 3},
    "keys": {"key_dim": 2},
    "heads and keys": {"heads": 2, "key_dim": 3},
}


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize(("length", "way"), [(None, "fused"), (40, "fused"), (40, "layerwise")])
def test_written_gradients_are_those_of_automatic_differentiation(
    model: dict[str, Any], length: int | None, way: str
) -> None:
    start = random_start(model.get("name", "softmax"))
    network, features, rows, flat = assemble(trials(model={**start, **model}, length=length))
    batch = rows.batch(5, 29)
    buffer = torch.zeros_like(network.pack(flat))
    given = network.layers(network.pack(flat), 3), features, batch, network.layers(buffer, 3)
    loss = network.loss_gradient(*given) if way == "fused" else network.layerwise(*given, Room())
    gradient = network.unpack(buffer, 3)

    leaf = flat.clone().requires_grad_(True)
    params = network.views(leaf)
    weights, _ = network.gate.forward(params, batch.at)
    per_head = weights.view(3, model.get("heads", 1), -1, 24)
    sums = [(batch.moments[..., :-2] * each.unsqueeze(-1)).sum(1) for each in per_head.unbind(1)]
    u = torch.cat([*sums, batch.base[..., -2:]], -1)
    pooled = u @ features  # (M, B, D + 2): the integral of V against the attended measure, x_q and a one
    z1 = pooled @ params["value"]
    h1 = z1 * torch.sigmoid(z1)
    z2 = h1 @ params["second"] + params["second_bias"]
    answers = (z2 * torch.sigmoid(z2)) @ params["out"] + params["out_bias"]
    expected = (answers.squeeze(-1) - batch.observed).square().mean(1)
    (automatic,) = torch.autograd.grad(expected.sum(), leaf)

    torch.testing.assert_close(loss, expected.detach(), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(gradient, automatic, rtol=1e-9, atol=1e-11)
    assert gradient.abs().max() > 1e-3


def test_pooling_is_the_sum_over_nodes_and_components() -> None:
    """sum_i a_i int V d mu^(i), over I components and G nodes one by one, for centred values V."""
    some = trials(2)
    network, features, rows, flat = assemble(some)
    batch = rows.batch(0, 10)
    _, kept = network.forward(network.views(flat), features, batch)
    pooled = (kept.pooled @ features)[..., :-2]  # (M, B, D)
    for m, trial in enumerate(some):
        p = problem(trial.data, trial.seed)
        s = p.sample("train", 10)
        mass = torch.from_numpy(p.law.probabilities(s.coefficients))  # (B, I, G)
        mesh = p.law.grid
        # V on the nodes from its Mercer coefficients and its (zero) mean; orthonormality makes this exact
        values = torch.from_numpy(mesh.values.T) @ features[m, :-2, :-2] / p.law.amplitude  # (G, D)
        for b in range(10):
            total = torch.zeros(features.shape[-1] - 2, dtype=torch.float64)
            for i in range(trial.data.components):
                for g in range(trial.data.nodes):
                    total += kept.weights[m, i, b] * mass[b, i, g] * values[g]
            torch.testing.assert_close(pooled[m, b], total, rtol=1e-5, atol=1e-5)
