"""Attention layers as a function of one vector of parameters, and its derivatives."""

from typing import Any

import numpy as np
import pytest

from mtam.interaction.identifiability.attention_layers import OUTPUTS, AttentionLayers

MODELS = [
    AttentionLayers(2),
    AttentionLayers(2, "vector"),
    AttentionLayers(1, "matrix"),
    AttentionLayers(2, "matrix", "residual"),
    AttentionLayers(2, "scalar", "stacked"),
]


def slow(model: AttentionLayers, theta: Any, x: Any, layer: int) -> Any:
    """One layer, token by token, as it is defined."""
    rows = []
    for i in range(len(x)):
        told: Any = 0.0
        for head in range(model.heads):
            c, p, q = (model.part(theta, layer, head, name) for name in "cPQ")
            for j in set(range(len(x))) - {i}:
                u = x[i] @ p @ q.T @ x[j]
                phi = sum(c[k] * u**power for k, power in enumerate(model.powers)) / (len(x) - 1)
                if model.has(layer, head, "v"):
                    told = told + phi * model.part(theta, layer, head, "v")
                elif model.has(layer, head, "W"):
                    w, z = (model.part(theta, layer, head, name) for name in "WZ")
                    told = told + phi * w @ z.T @ x[j]
                else:
                    told = told + np.array([phi])
        rows.append(told)
    return np.array(rows)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: f"{m.layers}-{m.value}")
def test_the_response_is_that_of_the_definition(model: AttentionLayers) -> None:
    rng = np.random.default_rng(0)
    theta, x = model.draw(rng), rng.uniform(-1, 1, (3, 4, 3))
    found = model.response(theta, x)
    assert found.shape == (3, 4, 1 if model.value == "scalar" else OUTPUTS)
    for sample, told in zip(x, found, strict=True):
        first = slow(model, theta, sample, 0)
        if model.depth == 2:
            first = slow(model, theta, sample + first if model.layers == "residual" else first, 1)
        np.testing.assert_allclose(told, first, rtol=1e-12)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: f"{m.layers}-{m.value}")
def test_the_jacobian_is_that_of_differences(model: AttentionLayers) -> None:
    rng = np.random.default_rng(1)
    theta, x = model.draw(rng), rng.uniform(-1, 1, (5, 3, 3))
    step = rng.standard_normal(model.parameters)
    ahead, behind = (model.response(theta + h * step, x).ravel() for h in (1e-6, -1e-6))
    np.testing.assert_allclose(model.jacobian(theta, x) @ step, (ahead - behind) / 2e-6, rtol=1e-5, atol=1e-7)


def test_blocks_fill_the_vector_once() -> None:
    model = AttentionLayers(3, "matrix", "stacked")
    covered = np.zeros(model.parameters)
    for where, shape in model.slices.values():
        covered[where] += 1
        assert where.stop - where.start == np.prod(shape)
    assert (covered == 1).all()
