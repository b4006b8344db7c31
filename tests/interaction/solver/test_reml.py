"""The smoothing parameter against the likelihood of the mixed model, written out, and its limits."""

import numpy as np
import numpy.typing as npt
import pytest
import scipy.linalg
import scipy.optimize

from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.solver.reml import Smoothing, choose, differences

Array = npt.NDArray[np.float64]

SPACE = SplineSpace(3, 20)
ROWS = 300


def made(phi: str, sigma: float, seed: int) -> tuple[Array, Array]:
    """Uneven arguments, a design and responses."""
    rng = np.random.default_rng(seed)
    u = np.clip(0.45 * rng.standard_normal(ROWS), -1, 1)
    mean = {"line": 1 + 2 * u, "wave": np.sin(5 * u), "noise": 0 * u}[phi]
    return SPACE.design(u), mean + sigma * rng.standard_normal(ROWS)


def chosen(design: Array, y: Array) -> tuple[Smoothing, Array]:
    """By the code, and the Gram matrix that it was given: with a trace of a ridge, as it has to be definite."""
    gram = design.T @ design / ROWS + 1e-7 * np.eye(SPACE.dimension)
    bent = differences(SPACE.dimension)
    return choose(gram, design.T @ y / ROWS, float(np.mean(y**2)), bent.T @ bent, ROWS), gram


def restricted(log: float, design: Array, y: Array) -> float:
    """-2 log of the restricted likelihood of y = X b + Z w + eps, Var w = sigma^2/(n lambda), sigma^2 profiled out."""
    bent = differences(SPACE.dimension)
    fixed = design @ scipy.linalg.null_space(bent)
    random = design @ np.linalg.pinv(bent)
    covariance = np.eye(ROWS) + random @ random.T / (ROWS * np.exp(log))
    whole = np.linalg.inv(covariance)
    inner = fixed.T @ whole @ fixed
    residual = y - fixed @ np.linalg.solve(inner, fixed.T @ whole @ y)
    logs = np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(inner)[1]
    return float((ROWS - 2) * np.log(residual @ whole @ residual) + logs)


@pytest.mark.parametrize("seed", range(4))
def test_lambda_maximises_the_restricted_likelihood_of_the_mixed_model(seed: int) -> None:
    design, y = made("wave", 0.3, seed)
    best = scipy.optimize.minimize_scalar(restricted, bounds=(-12, 6), args=(design, y), options={"xatol": 1e-6})
    found, gram = chosen(design, y)
    assert np.log(found.value) == pytest.approx(best.x, abs=0.01)
    bent = differences(SPACE.dimension)
    hat = np.linalg.solve(gram + found.value * bent.T @ bent, gram)
    assert found.freedom == pytest.approx(np.trace(hat), rel=1e-6)
    assert not found.at_end


def test_what_is_a_line_is_smoothed_to_one_and_noise_as_well() -> None:
    """REML ends at a line in more than half of such data sets, and else bends phi by some degrees of freedom."""
    for phi in ("line", "noise"):
        freedoms = [chosen(*made(phi, 0.3, seed))[0].freedom for seed in range(20)]
        assert np.median(freedoms) < 2.5
        assert max(freedoms) < 9
        assert min(freedoms) >= 2


def test_where_phi_is_rougher_than_the_knots_follow_nothing_is_smoothed_and_it_is_said() -> None:
    rng = np.random.default_rng(0)
    design = SPACE.design(rng.uniform(-1, 1, ROWS))
    y = design @ (10.0 * (-1.0) ** np.arange(SPACE.dimension))
    found, _ = chosen(design, y)
    assert found.at_end
    assert found.freedom > 0.99 * SPACE.dimension
    assert not chosen(*made("wave", 0.3, 0))[0].at_end


def test_units_of_y_do_not_matter() -> None:
    design, y = made("wave", 0.3, 0)
    assert chosen(design, 1e6 * y)[0].value == pytest.approx(chosen(design, y)[0].value, rel=1e-6)


def test_lines_alone_leave_nothing_to_smooth() -> None:
    assert choose(np.eye(2), np.ones(2), 3.0, np.zeros((2, 2)), 10) == Smoothing(0.0, 2.0, False)
