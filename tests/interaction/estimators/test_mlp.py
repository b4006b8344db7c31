"""The rival: a network trained by Adam on the same risk."""

from typing import Any

import numpy as np
import pytest
import torch

from mtam.interaction.estimators import mlp
from mtam.interaction.interaction_spec import InteractionData, InteractionTrial
from mtam.interaction.run_interaction import run
from mtam.interaction.simulate.truth import draw_truth, simulate
from mtam.interaction.solver.varpro import whitener


def result(name: str, **model: Any) -> dict[str, Any]:
    trial = InteractionTrial.model_validate(
        {"data": {"d": 5, "tokens": 5, "rank": 2}, "model": {"name": name, **model}, "n": 1500}
    )
    return run([trial], device="cpu", tick=lambda _: None)[0]


def test_adam_learns_but_does_not_certify() -> None:
    found = result("mlp", steps=400, width=32, learning_rate=1e-2)
    assert found["error"] < 0.3  # the zero function has error 1
    assert found["error"] > found["oracle_error"]
    assert not found["converged"]
    assert "intervals" not in found


def test_adam_is_deterministic() -> None:
    one, two = (result("mlp", steps=20)["error"] for _ in range(2))
    assert one == two


def test_the_network_answers_with_the_mean_over_the_other_tokens() -> None:
    network = mlp.PhiNetwork(3, 2, 8, torch.Generator().manual_seed(0))
    x = torch.randn(4, 5, 3, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        found = network(x)
        matrix = network.u @ network.v.T
        for m in range(4):
            for i in range(5):
                others = [network.phi(x[m, i] @ matrix @ x[m, j]) for j in range(5) if j != i]
                assert float(found[m, i]) == pytest.approx(float(torch.stack(others).mean()), abs=1e-5)


def test_the_interaction_is_the_network_in_the_coordinates_of_the_tokens() -> None:
    """Tokens are whitened before training; A carries the whitening back."""
    data = InteractionData(d=3, tokens=4, rank=1)
    tokens, y = simulate(data, draw_truth(data, 0), 200, 0)
    x = np.asarray(tokens @ np.diag([1.0, 5.0, 0.2]), dtype=np.float64)
    found = mlp.fit(x, y, 1, 0, mlp.MlpOptions(width=8, steps=3, batch=16, learning_rate=1e-2))
    white = torch.as_tensor(x @ whitener(x), dtype=torch.float32)
    pairs = found.phi(x @ found.matrix @ x.transpose(0, 2, 1))
    mean = (pairs.sum(axis=2) - np.einsum("mii->mi", pairs)) / 3
    with torch.no_grad():
        np.testing.assert_allclose(mean, found.network(white).numpy(), atol=1e-4)
    assert found.loss == pytest.approx(np.mean((mean - y) ** 2), rel=1e-3)
    np.testing.assert_allclose(found.g(x[:, 0], x[:, 1]), pairs[:, 0, 1], atol=1e-4)


def test_the_learning_rate_rises_and_then_falls_along_a_cosine() -> None:
    rates = [mlp._rate(step, 200) for step in range(200)]
    peak = int(np.argmax(rates))
    assert 5 <= peak <= 10  # a twentieth of the steps
    assert rates[:peak] == sorted(rates[:peak])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert 0 < rates[-1] < 2e-3
