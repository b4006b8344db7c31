"""The bilinear form of scores: what it starts as, and the gradients of its two parts."""

from types import SimpleNamespace

import pytest
import torch

from mtam.recall.gates.form import SHARPNESS, SPREAD, form_gradient, form_pull, form_scores, form_start, scores
from tests.recall.gates.helpers import tags

AT = tags()
RANDOM = torch.Generator().manual_seed(3)
PARAMS = {
    "score": torch.randn(2, 4, 4, generator=RANDOM, dtype=torch.float64),
    "temperature": torch.randn(2, 1, generator=RANDOM, dtype=torch.float64),
}
FORM = SPREAD * PARAMS["score"] + SHARPNESS * PARAMS["temperature"].unsqueeze(-1) * torch.eye(4, dtype=torch.float64)


def test_scores_are_those_of_the_form_made_of_both_parts() -> None:
    expected = torch.einsum("mbd,mde,mibe->mib", AT.query, FORM, AT.tags)
    torch.testing.assert_close(scores(PARAMS, AT), expected)
    torch.testing.assert_close(form_scores(FORM.requires_grad_(True), AT).detach(), expected)  # as torch sees it
    FORM.requires_grad_(False)


def test_it_starts_at_beta_times_the_identity_or_at_gaussian_entries() -> None:
    random = torch.Generator().manual_seed(0)
    begin = form_start(4, SimpleNamespace(init="identity", beta0=2.5), random)
    form = SPREAD * begin["score"] + SHARPNESS * begin["temperature"] * torch.eye(4)
    torch.testing.assert_close(form, 2.5 * torch.eye(4, dtype=torch.float64))
    wide = form_start(200, SimpleNamespace(init="random", beta0=2.5), random)
    assert float((SPREAD * wide["score"]).var()) == pytest.approx(1 / 200, rel=0.05)
    assert float(wide["temperature"]) == 0


def test_the_pull_is_the_derivative_by_the_form_and_its_parts() -> None:
    grad = torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    leaf = FORM.clone().requires_grad_(True)
    (expected,) = torch.autograd.grad((form_scores(leaf, AT) * grad).sum(), leaf)
    torch.testing.assert_close(form_pull(AT, grad), expected)
    into = {name: torch.empty_like(value) for name, value in PARAMS.items()}
    form_gradient(AT, grad, into)
    parts = {name: value.clone().requires_grad_(True) for name, value in PARAMS.items()}
    by_parts = torch.autograd.grad((scores(parts, AT) * grad).sum(), list(parts.values()))
    torch.testing.assert_close(into["score"], by_parts[0])
    torch.testing.assert_close(into["temperature"], by_parts[1])
