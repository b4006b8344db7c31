"""Gradients against finite differences, in every set of coordinates; sums that know no blocks."""

from dataclasses import replace

import numpy as np
import pytest

from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.row_normalised import attention_problem as module
from mtam.interaction.row_normalised.attention_forms import FORMS
from mtam.interaction.row_normalised.attention_problem import AttentionParameters, AttentionProblem

RNG = np.random.default_rng(1)
X, Y, V = RNG.standard_normal((6, 5, 3)), RNG.standard_normal((6, 5)), RNG.standard_normal((6, 5))
SPACE = SplineSpace(3, 4, bends=(1, 3), reach=12.0)


def case(name: str, rank: int, known: bool) -> tuple[AttentionProblem, AttentionParameters]:
    rng = np.random.default_rng(2)
    left, right = rng.standard_normal((2, 3, rank))
    right = np.eye(3) if rank == 3 else right
    values = V if known else None
    linear = None if known else np.asarray(rng.standard_normal(3))
    if name != "spline":
        return AttentionProblem(X, Y, values, FORMS[name]), AttentionParameters(left, right, linear)
    problem = AttentionProblem(X, Y, values, None, SPACE, float(np.linalg.norm(left @ right.T)))
    curve = np.asarray(rng.standard_normal(problem.basis.shape[1]))
    return problem, AttentionParameters(left, right, linear, curve)


CASES = [
    (name, rank, known) for name in ("softmax", "sigmoid_rows", "spline") for rank in (1, 3) for known in (True, False)
]
CASES += [("spline", 2, True), ("sigmoid", 2, True), ("sigmoid", 3, True), ("relu", 3, True)]


@pytest.mark.parametrize(("name", "rank", "known"), CASES)
def test_the_gradient_is_a_difference_quotient(name: str, rank: int, known: bool) -> None:
    """d loss = -2 g^T step for every coordinate, along the path that ``moved`` takes."""
    problem, at = case(name, rank, known)
    sums = problem.sums(at)
    assert sums.loss == pytest.approx(problem.loss(at))
    step = 1e-6
    for place in range(len(sums.gradient)):
        move = np.zeros(len(sums.gradient))
        move[place] = step
        ends = [problem.loss(problem.moved(at, sign * move)) for sign in (1, -1)]
        assert (ends[0] - ends[1]) / (2 * step) == pytest.approx(-2 * sums.gradient[place], abs=1e-6)


@pytest.mark.parametrize(("name", "rank", "known"), CASES)
def test_curvature_is_that_of_the_jacobian_and_blocks_change_nothing(
    name: str, rank: int, known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem, at = case(name, rank, known)
    jacobian, residual = problem.linearised(at)
    monkeypatch.setattr(module, "BLOCK", 1)  # a sample at a time
    sums = problem.sums(at)
    np.testing.assert_allclose(sums.curvature, jacobian.T @ jacobian / len(residual), atol=1e-12)
    np.testing.assert_allclose(sums.gradient, jacobian.T @ residual / len(residual), atol=1e-12)


def test_the_directions_that_tell_nothing_are_those_of_the_gauge() -> None:
    """phi known: r^2 between the factors. ln phi fitted: its level and the norm of A as well."""
    rng = np.random.default_rng(3)
    for name, rank, known in CASES:
        if name == "relu":
            continue
        problem, at = case(name, rank, known)
        x, y = rng.standard_normal((60, 5, 3)), rng.standard_normal((60, 5))
        many = replace(problem, x=x, y=y, values=None if problem.values is None else y)
        values = np.linalg.eigvalsh(many.sums(at).curvature)
        rank_found = int(np.sum(values > 1e-10 * values[-1]))
        assert rank_found == many.parameters(at), (name, rank, known)
