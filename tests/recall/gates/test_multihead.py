"""Several heads, and keys of fewer dimensions than the tags."""

import pytest
import torch

from mtam.recall.gates import SHARPNESS, SPREAD, Tags
from mtam.recall.recall_models import trained_settings
from mtam.recall.recall_spec import recall_model
from tests.recall.gates.helpers import check_gradients, parameters, tags
from tests.recall.helpers import assemble, trials


@pytest.mark.parametrize("settings", [{"heads": 3}, {"key_dim": 2}, {"heads": 2, "key_dim": 3}], ids=str)
@pytest.mark.parametrize("init", ["identity", "random"])
def test_gradients_are_those_of_automatic_differentiation(settings: dict[str, int], init: str) -> None:
    model, at = trained_settings(recall_model("softmax", init=init, **settings)), tags()
    found = model.gate()
    check_gradients(found, parameters(found, model, at), at)


@pytest.mark.parametrize("settings", [{"heads": 3}, {"heads": 2, "key_dim": 2}], ids=str)
def test_every_head_is_a_softmax_of_its_own_form(settings: dict[str, int]) -> None:
    model, at = trained_settings(recall_model("softmax", init="random", **settings)), tags()
    found = model.gate()
    params = parameters(found, model, at)
    weights, _ = found.forward(params, at)
    for head, own in enumerate(weights.split(3, 1)):
        warm = SHARPNESS * params["temperature"][:, head, None, None]
        if "key_dim" in settings:
            form = warm * (params["query_map"][:, head] @ params["key_map"][:, head].transpose(1, 2))
        else:
            form = warm * torch.eye(4) + SPREAD * params["score"][:, head]
        scores = torch.einsum("mbd,mde,mibe->mib", at.query, form, at.tags)
        torch.testing.assert_close(own, torch.softmax(scores + at.log_share, 1))


@pytest.mark.parametrize("key_dim", [1, 2, 4])
def test_matching_tags_start_at_beta_on_average_whatever_the_width_of_keys(key_dim: int) -> None:
    """E q^T W q over unit tags is tr W / d."""
    model = trained_settings(recall_model("softmax", key_dim=key_dim, beta0=3.0))
    begin = model.gate().start(4, model, torch.Generator().manual_seed(0))
    form = SHARPNESS * begin["temperature"][:, None, None] * (begin["query_map"] @ begin["key_map"].transpose(1, 2))
    assert float(form[0].trace()) / 4 == pytest.approx(3.0)
    assert torch.linalg.matrix_rank(form[0]) == key_dim


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
