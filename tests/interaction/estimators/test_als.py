"""The reference, alternating least squares, against the fast path."""

from typing import Any

import numpy as np
import pytest

from mtam.interaction.estimators import als, erm
from mtam.interaction.interaction_spec import InteractionData, InteractionTrial
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.run_interaction import run
from mtam.interaction.simulate.truth import draw_truth, simulate


def result(name: str, **model: Any) -> dict[str, Any]:
    trial = InteractionTrial.model_validate(
        {"data": {"d": 5, "tokens": 5, "rank": 2}, "model": {"name": name, **model}, "n": 1500}
    )
    return run([trial], device="cpu", tick=lambda _: None)[0]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_reference_and_fast_path_find_the_same_minimum(seed: int) -> None:
    """Same loss to a tenth of a chi^2 unit, same matrix up to the gauge."""
    data = InteractionData(d=5, tokens=5, rank=2)
    x, y = simulate(data, draw_truth(data, seed), 1000, seed)
    space = SplineSpace(3, 8)
    slow = als.fit(x, y, 2, space, np.random.default_rng(0))
    fast = erm.fit(x, y, 2, space, np.random.default_rng(0))
    assert y.size * abs(slow.loss - fast.loss) / fast.loss < 0.1
    cosine = np.vdot(slow.matrix, fast.matrix) / np.linalg.norm(slow.matrix) / np.linalg.norm(fast.matrix)
    assert abs(cosine) > 0.9995


def test_spline_step_is_the_profiled_fit() -> None:
    data = InteractionData(d=5, tokens=5, rank=2)
    truth = draw_truth(data, 0)
    x, y = simulate(data, truth, 400, 0)
    space = SplineSpace(3, 6)
    loss, phi = als.spline_step(x, y, truth.left, truth.right, space)
    profile = erm.prepare(x, y, 2, space, np.random.default_rng(0))
    back = np.linalg.inv(profile.white)
    fit = profile.fit(back @ truth.left, back @ truth.right)
    assert loss == pytest.approx(fit.loss, rel=1e-3)
    u = np.linspace(-0.5, 0.5, 21)
    np.testing.assert_allclose(phi(u), profile.spline(fit)(u), atol=5e-3)


def test_factor_step_is_a_descent_direction() -> None:
    data = InteractionData(d=5, tokens=5, rank=2)
    truth = draw_truth(data, 0)
    x, y = simulate(data, truth, 400, 0)
    u = truth.left + 0.05 * np.random.default_rng(0).standard_normal(truth.left.shape)
    space = SplineSpace(3, 6)
    before, phi = als.spline_step(x, y, u, truth.right, space)
    step = als.factor_step(x, y, u, truth.right, phi, 0)
    after, _ = als.spline_step(x, y, u + step, truth.right, space)
    assert after < before


def test_als_as_an_estimator() -> None:
    found, best = result("als"), result("ips_erm")
    assert found["error"] == pytest.approx(best["error"], rel=0.2)
    assert found["converged"]
