"""Compiled softmax attention of one member against the readable gate."""

from typing import Any

import numpy as np
import pytest
import torch

from mtam.recall.gates.softmax_kernels import pull, room, softmax


@pytest.mark.parametrize(("kind", "tolerance"), [(np.float32, 1e-5), (np.float64, 1e-12)])
def test_weights_and_pull_are_those_of_automatic_differentiation(
    kind: type[np.floating[Any]], tolerance: float
) -> None:
    """Over some rows in any order, a component without tokens among them."""
    rng = np.random.default_rng(0)
    form, query = rng.standard_normal((4, 4)).astype(kind), rng.standard_normal((9, 4)).astype(kind)
    tags, share = rng.standard_normal((5, 9, 4)).astype(kind), np.log(rng.dirichlet(np.ones(5), 9).T).astype(kind)
    share[2, 3] = -np.inf
    rows = np.array([8, 0, 3, 3])
    weights, space = np.empty((5, 4), kind), room(4, tags)
    softmax(form, query, tags, share, rows, weights, space)
    leaf = torch.from_numpy(form.astype(np.float64)).requires_grad_(True)
    scores = torch.einsum("bd,de,ibe->ib", *(torch.from_numpy(query[rows].astype(float)), leaf),
                          torch.from_numpy(tags[:, rows].astype(float)))  # fmt: skip
    expected = torch.softmax(scores + torch.from_numpy(share[:, rows].astype(float)), 0)
    np.testing.assert_allclose(weights, expected.detach().numpy(), atol=tolerance)
    assert weights[2, 2] == weights[2, 3] == 0
    grad, slope = rng.standard_normal((5, 4)).astype(kind), np.empty((4, 4), kind)
    (wanted,) = torch.autograd.grad((expected * torch.from_numpy(grad.astype(float))).sum(), leaf)
    pull(weights, grad, slope, space)
    np.testing.assert_allclose(slope, wanted.numpy(), atol=10 * tolerance)


def test_huge_scores_select_and_do_not_overflow() -> None:
    rng = np.random.default_rng(0)
    query, tags = rng.standard_normal((9, 4)).astype(np.float32), rng.standard_normal((5, 9, 4)).astype(np.float32)
    share, rows = np.full((5, 9), -np.log(5), dtype=np.float32), np.array([8, 0, 3])
    weights, space, slope = np.empty((5, 3), np.float32), room(3, tags), np.empty((4, 4), np.float32)
    for scale in (1.0, 1e3, 1e30):
        softmax(np.float32(scale) * np.eye(4, dtype=np.float32), query, tags, share, rows, weights, space)
        scores = scale * np.einsum("bd,ibd->ib", query[rows].astype(float), tags[:, rows])
        expected = torch.softmax(torch.from_numpy(scores), 0).numpy()
        np.testing.assert_allclose(weights, expected, atol=2e-6 if scale == 1 else 1e-3)
        pull(weights, np.ones((5, 3), np.float32), slope, space)
        assert np.abs(slope).max() < 1e-5  # weights sum to one: a slope common to all moves nothing
