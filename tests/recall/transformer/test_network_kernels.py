"""The fused pass of one member after the other against the layerwise one."""

import numpy as np
import pytest
import torch

from mtam.recall.transformer import network_kernels
from mtam.recall.transformer.network import Room
from tests.recall.helpers import assemble, trials


def test_single_precision_agrees_with_the_layerwise_pass_at_small_and_at_huge_sums() -> None:
    """The fused pass has an exponential of its own in float32; beyond its range silu is 0 or the identity."""
    network, features, rows, flat = assemble(trials(), torch.float32)
    for scale in (1.0, 30.0, 1e4):
        params = network.layers(network.pack(flat), 3)
        params["value"].mul_(scale)
        found, expected = torch.zeros_like(network.pack(flat)), torch.zeros_like(network.pack(flat))
        losses = network.loss_gradient(params, features, rows.batch(5, 29), network.layers(found, 3))
        told = network.layerwise(params, features, rows.batch(5, 29), network.layers(expected, 3), Room())
        torch.testing.assert_close(losses, told, rtol=2e-6, atol=1e-7)
        for one, other in zip(network.layers(found, 3).values(), network.layers(expected, 3).values(), strict=True):
            assert (one - other).abs().max() <= 2e-5 * other.abs().max()


@pytest.mark.parametrize(("model", "components"), [({}, 3), ({"heads": 2}, 4), ({}, 7), ({}, 8)], ids=str)
def test_a_pass_over_some_rows_is_that_over_a_batch_of_them(model: dict[str, int], components: int) -> None:
    """In any order: losses are means, gradients sums. Components are taken by fours, and those left over one by one."""
    network, features, rows, flat = assemble(trials(2, model=model, components=components))
    params = network.layers(network.pack(flat), 2)
    picked = torch.tensor([9, 3, 40, 3, 17])
    chosen = rows.rows(0, 5)
    chosen.permute_from(rows, [picked, picked])
    into, expected = (network.layers(torch.zeros_like(network.pack(flat)), 2) for _ in range(2))
    losses = network.layerwise(params, features, chosen.batch(0, 5), expected, Room())
    weights, _ = network.gate.forward(params, chosen.batch(0, 5).at)
    head, grads = network_kernels.flat_head(params), network_kernels.flat_head(into)
    space = network_kernels.room(5, features.numpy()[0], head[1][0])
    for m in range(2):
        pulled = np.full_like(weights.numpy()[m], np.nan)
        found = network_kernels.through(
            True, picked.numpy(), features.numpy()[m], rows.moments.numpy()[m], rows.base.numpy()[m],
            rows.observed.numpy()[m], weights.numpy()[m], tuple(layer[m] for layer in head),
            tuple(layer[m] for layer in grads), pulled, space,
        )  # fmt: skip
        assert found == pytest.approx(float(losses[m]), rel=1e-12)
        assert np.isfinite(pulled).all()
    for name in network_kernels.HEAD:
        torch.testing.assert_close(into[name], expected[name], rtol=1e-9, atol=1e-11)


def test_attention_that_is_not_trained_is_not_pulled() -> None:
    network, features, rows, flat = assemble(trials(2, model={"name": "oracle"}))
    params, into = (network.layers(network.pack(flat), 2) for _ in range(2))
    batch = rows.batch(0, 8)
    weights, _ = network.gate.forward(params, batch.at)
    pulled = torch.full_like(weights, torch.nan)
    network_kernels.step(features, batch, weights, params, into, pulled, False)
    assert pulled.isnan().all()
    network_kernels.step(features, batch, weights, params, into, pulled, True)
    assert pulled.isfinite().all()
