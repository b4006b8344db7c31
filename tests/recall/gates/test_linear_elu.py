"""Linear attention with positive features: its formula, its start, its gradients."""

import pytest
import torch

from mtam.recall.gates import gate
from mtam.recall.recall_models import trained_settings
from mtam.recall.recall_spec import recall_model
from tests.recall.gates.helpers import check_gradients, parameters, tags
from tests.recall.helpers import assemble, trials

MODEL = trained_settings(recall_model("linear_elu"))


def test_weights_are_the_normalised_kernel_of_the_feature_maps() -> None:
    at = tags()
    params = parameters(gate("linear_elu"), MODEL, at)

    def feature(x: torch.Tensor) -> torch.Tensor:
        return torch.where(x > 0, x + 1, x.exp())

    weights, _ = gate("linear_elu").forward(params, at)
    for m in range(2):
        for b in range(5):
            query = feature(at.query[m, b] @ params["query_map"][m])
            kernel = feature(at.tags[m, :, b] @ params["key_map"][m]) @ query
            share = at.log_share[m, :, b].exp() * kernel
            torch.testing.assert_close(weights[m, :, b], share / share.sum())


def test_gradients_are_those_of_automatic_differentiation() -> None:
    at = tags()
    check_gradients(gate("linear_elu"), parameters(gate("linear_elu"), MODEL, at), at)


@pytest.mark.parametrize(("dim", "width"), [(4, 16), (8, 16), (9, 18)])
def test_features_are_at_least_twice_the_dimensions_of_tags_and_start_alike(dim: int, width: int) -> None:
    begin = gate("linear_elu").start(dim, MODEL, torch.Generator().manual_seed(0))
    assert begin["query_map"].shape == (dim, width)
    torch.testing.assert_close(begin["query_map"], begin["key_map"])
    assert begin["query_map"].data_ptr() != begin["key_map"].data_ptr()


def test_a_kernel_that_vanishes_gives_finite_gradients() -> None:
    network, features, rows, flat = assemble(trials(1, model={"name": "linear_elu"}), torch.float32)
    buffer = network.pack(flat)
    params, gradient = network.layers(buffer, 1), torch.zeros_like(buffer)
    params["query_map"].mul_(200)
    params["key_map"].mul_(-200)
    network.loss_gradient(params, features, rows.batch(0, 40), network.layers(gradient, 1))
    assert gradient.isfinite().all()
