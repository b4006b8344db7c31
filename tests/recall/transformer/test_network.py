"""Hand-written gradients are the gradients; attention does what its formula says; pooling is the integral."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from mtam.recall.evaluation.risk import dimension, recall, sensitivity, sharpest
from mtam.recall.gates import SHARPNESS, Tags, gate, names
from mtam.recall.recall_models import trained_settings
from mtam.recall.simulate.contexts import problem
from mtam.recall.transformer import tensors
from mtam.recall.transformer.network import Room
from mtam.recall.transformer.network_reference import factorised, member_inputs
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


def test_one_head_with_full_keys_is_the_plain_softmax() -> None:
    """Rank d1 keys that start orthonormal give W = beta0 times the identity, as the plain form does."""
    plain, _, rows, flat = assemble(trials(2))
    at = rows.batch(0, 30).at
    expected, _ = plain.gate.forward(plain.views(flat), at)
    for model in ({"key_dim": 4}, {"heads": 2}):
        other, _, _, start = assemble(trials(2, model=model))
        weights, _ = other.gate.forward(other.views(start), at)
        for head in weights.view(2, -1, 4, 30).unbind(1):
            torch.testing.assert_close(head, expected, rtol=1e-9, atol=1e-9)


def test_keys_of_fewer_dimensions_see_a_projection_of_the_tags() -> None:
    network, _, rows, flat = assemble(trials(2, model={"key_dim": 2, "init": "random"}))
    at = rows.batch(0, 30).at
    params = network.views(flat)
    before, _ = network.gate.forward(params, at)
    hidden = torch.linalg.svd(params["key_map"][:, 0].transpose(1, 2))[2][:, 2:]  # (M, 2, d): what keys cannot see
    moved = at.tags + 3.0 * hidden.sum(1)[:, None, None]
    after, _ = network.gate.forward(params, Tags(at.query, moved, at.log_share, at.answering, at.bandwidth))
    torch.testing.assert_close(after, before, rtol=1e-8, atol=1e-8)


def test_several_heads_report_the_sharpest() -> None:
    sample = problem(trials(1)[0].data, 0).sample("train", 50)
    hit = torch.zeros(4, 50, dtype=torch.float64).scatter_(0, torch.from_numpy(sample.answering)[None], 1.0)
    own, masses = sharpest(torch.cat([torch.full_like(hit, 0.25), hit]), sample)
    assert masses == [0.25, 1.0]
    torch.testing.assert_close(own, hit)


def test_the_mercer_arm_shows_the_head_the_first_coefficients_and_nothing_else() -> None:
    some = trials(2, model={"name": "mercer", "width": 5})
    network, features, rows, flat = assemble(some)
    _, kept = network.forward(network.views(flat), features, rows.batch(0, 64))
    for m, trial in enumerate(some):
        p = problem(trial.data, trial.seed)
        shown = (kept.pooled[m] @ features[m])[:, :-2]
        truth = torch.from_numpy(p.sample("train", 64).recalled()[:, :5]).double()
        scale = shown[0, 0] / truth[0, 0]
        torch.testing.assert_close(shown, scale * truth, rtol=1e-6, atol=1e-6)


def test_the_tag_only_arm_sees_no_measure() -> None:
    network, features, rows, flat = assemble(trials(2, model={"name": "tag_only"}))
    batch = rows.batch(0, 64)
    before, _ = network.forward(network.views(flat), features, batch)
    after, _ = network.forward(network.views(flat), features, replace(rows, moments=3 * rows.moments).batch(0, 64))
    torch.testing.assert_close(after, before)


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


def _tags(beta: float, **data: Any) -> tuple[torch.Tensor, Any]:
    some = trials(1, n=200, model={"beta0": beta}, **data)
    network, features, rows, flat = assemble(some)
    _, kept = network.forward(network.views(flat), features, rows.batch(0, 200))
    return kept.weights[0], problem(some[0].data, 0).sample("train", 200)


def test_attention_with_large_beta_is_one_hot() -> None:
    weights, sample = _tags(80.0)
    found = recall(weights, sample)
    assert found["attention_mass"] == pytest.approx(1.0, abs=1e-12)
    assert found["attention_entropy"] == pytest.approx(0.0, abs=1e-10)
    assert found["recall_accuracy"] == 1.0


def test_attention_at_the_start_is_the_closed_form() -> None:
    """Cross-polytope, I = 4 in pairs: products 1, -1, 0, 0, so the mass is e^b / (e^b + e^-b + 2)."""
    weights, sample = _tags(2.0)
    expected = torch.exp(torch.tensor(2.0, dtype=torch.float64))
    expected = expected / (expected + 1 / expected + 2)
    assert recall(weights, sample)["attention_mass"] == pytest.approx(float(expected), abs=1e-6)


def test_attention_with_vanishing_beta_is_diffuse() -> None:
    weights, sample = _tags(1e-9)
    found = recall(weights, sample)
    assert found["attention_mass"] == pytest.approx(0.25, abs=1e-6)
    assert found["attention_entropy"] == pytest.approx(float(torch.log(torch.tensor(4.0))), abs=1e-6)


def test_affine_attention_is_one_hot_on_orthonormal_and_simplex_tags_but_not_on_the_cross_polytope() -> None:
    """One-hot selection is an affine function of the inner products unless these take two values off target."""
    for tags, count, others in (("orthonormal", 4, [0.0]), ("simplex", 5, [-0.25]), ("cross_polytope", 4, [0.0, -1.0])):
        some = trials(1, model={"name": "linear"}, tags=tags, components=count)
        network, _, rows, flat = assemble(some)
        params = network.views(flat)
        slope = 1 / (1 - others[0])
        params["temperature"].fill_(count * slope / SHARPNESS)
        params["offset"].fill_(-count * slope * others[0])
        at = rows.batch(0, 64).at
        weights, _ = network.gate.forward(params, at)
        wanted, _ = gate("oracle").forward({}, at)
        gap = float((weights - wanted).abs().max())
        assert (gap < 1e-5) == (len(others) == 1), (tags, gap)


def test_the_oracle_gate_recalls_the_true_coefficients() -> None:
    some = trials(2, model={"name": "oracle"})
    network, features, rows, flat = assemble(some)
    _, kept = network.forward(network.views(flat), features, rows.batch(0, 64))
    for m, trial in enumerate(some):
        truth = problem(trial.data, trial.seed).sample("train", 64).recalled()
        torch.testing.assert_close(kept.pooled[m, :, :-2], torch.from_numpy(truth).double())


@pytest.mark.parametrize("name", ["softmax", "linear_elu", "frozen_rbf"])
def test_normalised_gates_ignore_the_order_of_components_and_sum_to_one(name: str) -> None:
    network, _, rows, flat = assemble(trials(2, model={"name": name}, length=30))
    at = rows.batch(0, 40).at
    weights, _ = network.gate.forward(network.views(flat), at)
    torch.testing.assert_close(weights.sum(1), torch.ones(2, 40, dtype=torch.float64))
    turned = Tags(at.query, at.tags.flip(1), at.log_share.flip(1), at.answering, at.bandwidth)
    torch.testing.assert_close(network.gate.forward(network.views(flat), turned)[0], weights.flip(1))


def test_a_narrow_frozen_kernel_is_one_hot_and_a_wide_one_is_not() -> None:
    masses = []
    for width in (0.1, 2.0):
        some = trials(1, model={"name": "frozen_rbf", "bandwidth": width})
        network, _, rows, flat = assemble(some)
        weights, _ = network.gate.forward(network.views(flat), rows.batch(0, 64).at)
        masses.append(recall(weights[0], problem(some[0].data, 0).sample("train", 64))["attention_mass"])
    assert masses[0] > 1 - 1e-9
    assert masses[1] < 0.5


def test_features_see_every_kept_mode() -> None:
    """Well conditioned: no Mercer coefficient reaches the head much more weakly than another."""
    trial = trials(1, modes=48, nodes=128, model={"width": 96})[0]
    c = tensors.features(problem(trial.data, 0), trained_settings(trial.model), torch.float64)
    strength = torch.linalg.svdvals(c[:-2, :-2])
    assert strength.max() / strength.min() < 60


@pytest.mark.parametrize("length", [None, 80])
def test_sensitivity_is_the_derivative_by_the_true_coefficients(length: int | None) -> None:
    """Against automatic differentiation through the coefficients of the attended measure."""
    some = trials(2, length=length)
    network, features, rows, flat = assemble(some)
    batch = rows.batch(0, 32)
    problems = [problem(t.data, t.seed) for t in some]
    found = sensitivity(network, flat, features, rows.rows(0, 32), problems)
    for m, p in enumerate(problems):
        module = factorised(network, flat, features, m)
        given = list(member_inputs(batch, m))
        shift = torch.zeros(32, p.data.modes, dtype=torch.float64, requires_grad=True)
        moments = shift @ torch.from_numpy(p.presentation())
        given[-1] = given[-1] + torch.nn.functional.pad(moments, (0, 2))
        (slope,) = torch.autograd.grad(module(*given).sum(), shift)
        expected = slope.square().mean(0) * torch.from_numpy(p.law.eigenvalues)
        torch.testing.assert_close(found[m], expected, rtol=1e-6, atol=1e-9)


def test_effective_dimension_counts_what_rises_above_the_error() -> None:
    strength = torch.tensor([1.0, 1.0, 0.1, 0.0], dtype=torch.float64)
    assert dimension(strength, 0.05)["effective_dimension"] == 3
    assert dimension(strength, 0.5)["effective_dimension"] == 2
    assert dimension(torch.ones(7, dtype=torch.float64), 0.1)["participation"] == pytest.approx(7)
