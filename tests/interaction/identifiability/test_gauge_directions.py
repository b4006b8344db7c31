"""Directions that change nothing: along finite steps of the groups as well, and not along others."""

import numpy as np
import pytest

from mtam.interaction.identifiability.attention_layers import AttentionLayers
from mtam.interaction.identifiability.fisher_rank import fisher_rank, independent, largest_change, tokens
from mtam.interaction.identifiability.gauge_directions import gauges


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (AttentionLayers(2, rank=1), {"factors of A": 2, "scale of A": 2, "constants": 1}),
        (
            AttentionLayers(3, "vector"),
            {"factors of A": 12, "scale of A": 3, "constants": 1, "scale of the value": 3},
        ),
        (
            AttentionLayers(1, "matrix", "stacked"),
            {
                "factors of A": 8, "scale of A": 2, "factors of the value": 18, "scale of the value": 2,
                "frame between layers": 9,
            },
        ),
        (AttentionLayers(2, powers=(1, 2)), {"factors of A": 8, "scale of A": 2}),
        (
            AttentionLayers(3, rank=3, powers=(0, 2)),
            {"factors of A": 27, "scale of A": 3, "constants": 2, "rotations of quadratic heads": 3},
        ),
    ],
)  # fmt: skip
def test_families_have_their_dimensions(model: AttentionLayers, expected: dict[str, int]) -> None:
    rng = np.random.default_rng(2)
    theta = model.draw(rng)
    found = gauges(model, theta)
    assert {gauge.name: gauge.count for gauge in found} == expected
    directions = np.concatenate([gauge.directions for gauge in found])
    assert independent(directions) == sum(expected.values())
    jacobian = model.jacobian(theta, tokens(model, 3, rng))
    assert largest_change(jacobian, directions) < 1e-12
    assert fisher_rank(jacobian).nullity == sum(expected.values())


def test_the_frame_between_layers_may_be_any() -> None:
    """G W_1, G^{-T} A_2 G^{-1}, G^{-T} Z_2, for a G far from one."""
    model = AttentionLayers(2, "matrix", "stacked")
    rng = np.random.default_rng(3)
    theta, g = model.draw(rng), rng.standard_normal((3, 3))
    back, moved = np.linalg.inv(g).T, theta.copy()
    for head in range(2):
        moved[model.slices[0, head, "W"][0]] = (g @ model.part(theta, 0, head, "W")).ravel()
        for name in "PQZ":
            moved[model.slices[1, head, name][0]] = (back @ model.part(theta, 1, head, name)).ravel()
    x = rng.uniform(-1, 1, (4, 3, 3))
    np.testing.assert_allclose(model.response(moved, x), model.response(theta, x), rtol=1e-7)
    residual = AttentionLayers(2, "matrix", "residual")
    assert "frame between layers" not in {gauge.name for gauge in gauges(residual, residual.draw(rng))}


def test_two_linear_heads_are_one_of_the_joint_rank() -> None:
    """1 + 2 d R - R^2 numbers are seen, R = min(H r, d)."""
    for heads, rank in ((2, 1), (3, 1), (2, 2)):
        model = AttentionLayers(heads, rank=rank, powers=(0, 1))
        theta = model.draw(np.random.default_rng(heads))
        joint = min(heads * rank, 3)
        assert model.parameters - sum(g.count for g in gauges(model, theta)) == 1 + 6 * joint - joint**2


def test_a_direction_that_changes_something_is_none() -> None:
    model = AttentionLayers(2)
    rng = np.random.default_rng(4)
    theta = model.draw(rng)
    jacobian = model.jacobian(theta, tokens(model, 3, rng))
    assert largest_change(jacobian, rng.standard_normal((1, model.parameters))) > 1e-3
