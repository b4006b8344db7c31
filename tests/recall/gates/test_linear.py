"""Affine linear attention: its formula, its start, its gradients, its limits."""

import torch

from mtam.recall.gates import SHARPNESS, SPREAD, gate
from mtam.recall.recall_models import trained_settings
from mtam.recall.recall_spec import recall_model
from tests.recall.gates.helpers import check_gradients, parameters, tags
from tests.recall.helpers import assemble, trials

MODEL = trained_settings(recall_model("linear", init="random"))


def test_weights_are_affine_in_the_scores_and_may_be_negative() -> None:
    at = tags()
    params = parameters(gate("linear"), MODEL, at)
    form = SPREAD * params["score"] + SHARPNESS * params["temperature"].unsqueeze(-1) * torch.eye(4)
    scores = torch.einsum("mbd,mde,mibe->mib", at.query, form, at.tags)
    weights, _ = gate("linear").forward(params, at)
    torch.testing.assert_close(weights, at.log_share.exp() * (params["offset"].unsqueeze(-1) + scores))
    assert weights.min() < 0


def test_it_starts_at_one_plus_beta_times_the_product() -> None:
    at = tags(members=1)
    begin = gate("linear").start(4, trained_settings(recall_model("linear", beta0=3.0)), torch.Generator())
    weights, _ = gate("linear").forward({name: value[None] for name, value in begin.items()}, at)
    products = (at.tags * at.query.unsqueeze(1)).sum(-1)
    torch.testing.assert_close(weights, at.log_share.exp() * (1 + 3 * products))


def test_gradients_are_those_of_automatic_differentiation() -> None:
    at = tags()
    check_gradients(gate("linear"), parameters(gate("linear"), MODEL, at), at)


def test_affine_attention_is_one_hot_on_orthonormal_and_simplex_tags_but_not_on_the_cross_polytope() -> None:
    """One-hot selection is an affine function of the inner products unless these take two values off target."""
    for kind, count, others in (("orthonormal", 4, [0.0]), ("simplex", 5, [-0.25]), ("cross_polytope", 4, [0.0, -1.0])):
        some = trials(1, model={"name": "linear"}, tags=kind, components=count)
        network, _, rows, flat = assemble(some)
        params = network.views(flat)
        slope = 1 / (1 - others[0])
        params["temperature"].fill_(count * slope / SHARPNESS)
        params["offset"].fill_(-count * slope * others[0])
        at = rows.batch(0, 64).at
        weights, _ = network.gate.forward(params, at)
        wanted, _ = gate("oracle").forward({}, at)
        gap = float((weights - wanted).abs().max())
        assert (gap < 1e-5) == (len(others) == 1), (kind, gap)
