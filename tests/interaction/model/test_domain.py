"""Where phi lives, taken from the arguments at the fitted A."""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from mtam.interaction.estimators import erm
from mtam.interaction.model import domain, pair_kernels_reference
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.solver.levenberg_marquardt import start
from mtam.interaction.solver.varpro import Profile

Array = npt.NDArray[np.float64]
LEFT, RIGHT = np.array([[1.0], [0], [0]]), np.array([[0], [1.0], [0]])
MATRIX = LEFT @ RIGHT.T


def made(samples: int, phi: Any, seed: int = 0, sigma: float = 0.3) -> tuple[Array, Array]:
    """Gaussian tokens, products of two of them: 1.9% lie beyond three standard deviations."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((samples, 3, 3))
    y = pair_kernels_reference.off_diagonal_mean(phi(x @ MATRIX @ x.transpose(0, 2, 1))).reshape(samples, 3)
    return x, y + sigma * rng.standard_normal((samples, 3))


def problem(samples: int = 400) -> Profile:
    x, y = made(samples, np.sin)
    return Profile(x, y, np.eye(3), SplineSpace(3, 12), np.linspace(-1, 1, 500))


def test_the_domain_takes_in_every_argument_and_bends_where_they_are_many() -> None:
    profile = problem()
    point = start(profile, LEFT, RIGHT, 1 / 3)
    found = domain.domain(profile, point)
    u = (profile.x @ MATRIX @ profile.x.transpose(0, 2, 1))[:, ~np.eye(3, dtype=bool)].ravel() * found.norm
    assert np.abs(u).max() == pytest.approx(1 / domain.MARGIN)
    assert found.inner is not None
    low, high = (end * (1 + 1e-9) for end in found.inner)  # rounding
    assert np.sum(u < low) == np.sum(u > high) == domain.BEYOND * 2
    assert found.space.bending == 12
    assert found.spline(found.fit(*(np.sqrt(3 * found.norm) * part for part in (point.u, point.v)))).space.reach > 1


def test_far_outliers_do_not_empty_the_domain() -> None:
    profile = problem()
    x = profile.x.copy()
    x[7, 0] = 1e4
    found = domain.domain(replace(profile, x=x), start(profile, LEFT, RIGHT, 1 / 3))
    assert found.inner is not None
    assert max(np.abs(found.inner)) >= 1 / domain.FURTHEST - 1e-12


def test_arguments_that_are_alike_leave_the_domain_as_it_is() -> None:
    profile = replace(problem(), x=np.ones((400, 3, 3)))
    point = start(profile, np.ones((3, 1)), np.ones((3, 1)), 1 / 3)
    assert domain.domain(profile, point) is profile


def test_blocks_do_not_change_what_is_known_of_the_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    profile = problem(100)
    u, v = LEFT, RIGHT
    whole = domain.arguments(profile, u, v, 5)
    values = (profile.x @ MATRIX @ profile.x.transpose(0, 2, 1))[:, ~np.eye(3, dtype=bool)].ravel()
    np.testing.assert_array_equal(whole.low, np.sort(values)[:6])
    np.testing.assert_array_equal(whole.high, np.sort(values)[::-1][:6])
    monkeypatch.setattr(domain, "BLOCK_ROWS", 24)
    monkeypatch.setattr(domain, "KEPT", 200)
    parts = domain.arguments(profile, u, v, 5)
    np.testing.assert_array_equal(parts.low, whole.low)
    assert parts.largest == whole.largest
    np.testing.assert_array_equal(parts.some, values.reshape(100, 6)[::3].ravel())


def curved(u: Array) -> Array:
    return np.sin(1.6 * u) + 0.6 * u


@pytest.mark.parametrize("phi", [curved, lambda u: np.maximum(u, 0)])
def test_a_phi_that_goes_on_beyond_three_deviations_is_found_to_its_ends(phi: Any) -> None:
    """Held constant there, as simulated truths are, the error has a floor; the noise is overestimated."""
    x, y = made(1500, phi)
    fresh, true = made(20000, phi, seed=1, sigma=0.0)
    errors = []
    for wide in (False, True):
        options = erm.ErmOptions(10, "cp", wide=wide)
        found = erm.fit(x, y, 1, SplineSpace(3, 12), np.random.default_rng(0), options)
        values = pair_kernels_reference.off_diagonal_mean(found.phi(fresh @ found.matrix @ fresh.transpose(0, 2, 1)))
        errors.append(float(np.mean((values.reshape(true.shape) - true) ** 2)))
        assert found.converged
    assert errors[1] < errors[0] / 4
    assert errors[1] < 0.01 * true.var()
