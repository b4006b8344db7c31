"""Laws with a floor: exact on noise-free curves, no local minimum, intervals that know what is not known."""

import numpy as np
import pytest

from mtam.rates.fitting.fit import fit
from mtam.rates.fitting.floor import floored, project
from mtam.rates.laws import EntropyBalance, Floats, Law, LogPower, PowerLaw, SubPolynomial
from mtam.rates.simulation.simulate_curves import CurveTruth, simulate

SIZES: Floats = np.asarray(2.0 ** np.arange(6, 14), dtype=np.float64)
WIDE = 2.0 ** np.arange(5, 21)
REFERENCE = EntropyBalance(tuple(WIDE), tuple(np.exp(-1.3 * np.log(WIDE) ** 0.6)))
LAWS: list[tuple[Law, float]] = [
    (PowerLaw(), -0.8),
    (PowerLaw(), -0.1),
    (PowerLaw(), -3.0),
    (SubPolynomial(0.5), -2.2),
    (SubPolynomial(1 / 3), -3.0),
    (LogPower(), -2.0),
    (REFERENCE, 1.0),
    (REFERENCE, 0.3),
]


@pytest.mark.parametrize("share", [0.0, 0.001, 0.05, 0.5, 20.0])
@pytest.mark.parametrize(("law", "slope"), LAWS, ids=str)
def test_noise_free_curves_are_recovered(law: Law, slope: float, share: float) -> None:
    """``share`` is the floor in units of what lies above it at the largest size."""
    truth = CurveTruth(law, slope, intercept=0.4, floor=share * float(np.exp(0.4 + slope * law.axis(SIZES[-1]))))
    found = fit(law, SIZES, simulate(truth, SIZES, 3, np.random.default_rng(0)), floor=True)
    assert found is not None
    assert found.slope is not None
    assert found.line == pytest.approx(slope, abs=1e-8)
    assert found.slope.value == pytest.approx(slope, abs=1e-8)
    assert found.intercept == pytest.approx(0.4, abs=1e-8)
    assert found.floor_value == pytest.approx(truth.floor, rel=1e-8, abs=1e-8 * float(truth.mean(SIZES)[-1]))
    assert found.predict(SIZES) == pytest.approx(truth.mean(SIZES), rel=1e-9)
    assert found.r2 == pytest.approx(1)


def test_the_unit_of_the_error_does_not_matter() -> None:
    truth = CurveTruth(PowerLaw(), -0.8, floor=0.01, level=0.3, noise=0.05)
    errors = simulate(truth, SIZES, 5, np.random.default_rng(0))
    here, there = fit(PowerLaw(), SIZES, errors, floor=True), fit(PowerLaw(), SIZES, 1e-9 * errors, floor=True)
    assert here is not None
    assert there is not None
    assert there.line == pytest.approx(here.line, rel=1e-6)
    assert there.floor_value == pytest.approx(1e-9 * here.floor_value, rel=1e-6)


def test_no_slope_on_a_fine_grid_is_better() -> None:
    """On noisy curves the fit beats every slope of a grid far finer than its own scan: no local minimum."""
    rng = np.random.default_rng(1)
    t = np.log(SIZES)
    errors = 0.02 + np.exp(-0.6 * t) * np.exp(0.3 * rng.normal(size=(40, len(SIZES))))
    weight = np.ones_like(errors)
    found = floored(t, errors, weight, -1.0)
    grid = -np.geomspace(0.01, 60, 3000) / np.ptp(t)
    best = np.min([project(np.full(40, b), t, errors, weight / errors**2)[2] for b in grid], axis=0)
    ours = project(np.nan_to_num(found.slope, nan=grid[0]), t, errors, weight / errors**2)[2]
    assert np.all(ours <= best * (1 + 1e-9))


def test_floor_and_scale_are_the_nonnegative_least_squares_of_scipy() -> None:
    from scipy.optimize import nnls

    rng = np.random.default_rng(2)
    t, weight = np.log(SIZES), rng.uniform(0.5, 2, size=(30, len(SIZES)))
    errors = np.abs(rng.normal(size=(30, len(SIZES))))
    for slope in (-0.2, -1.5):
        floors, scales, rss = project(np.full(30, slope), t, errors, weight)
        for k in range(30):
            design = np.stack([np.ones(len(t)), np.exp(slope * (t - t[0]))], axis=1) * weight[k, :, None] ** 0.5
            expected, norm = nnls(design, errors[k] * weight[k] ** 0.5)
            assert (floors[k], scales[k]) == pytest.approx(tuple(expected), abs=1e-9)
            assert rss[k] == pytest.approx(norm**2, rel=1e-9)


def test_a_flat_curve_has_a_floor_and_no_slope() -> None:
    found = fit(PowerLaw(), SIZES, np.full((3, len(SIZES)), 0.2), floor=True)
    assert found is not None
    assert found.slope is None
    assert found.floor_value == pytest.approx(0.2)


def test_three_sizes_are_too_few() -> None:
    assert fit(PowerLaw(), SIZES[:3], np.ones((3, 3)), floor=True) is None
    with pytest.raises(ValueError, match="four sizes"):
        floored(np.log(SIZES[:3]), np.ones(3), np.ones(3), -1.0)


def test_a_floor_beside_a_held_exponent_is_refused() -> None:
    with pytest.raises(ValueError, match="leave the exponent free"):
        fit(EntropyBalance(REFERENCE.sizes, REFERENCE.errors, 1.0), SIZES, np.ones((3, len(SIZES))), floor=True)


def test_the_floor_has_an_interval_that_is_never_negative() -> None:
    truth = CurveTruth(PowerLaw(), -0.8, level=0.3, noise=0.1)
    found = fit(PowerLaw(), SIZES, simulate(truth, SIZES, 5, np.random.default_rng(3)), floor=True)
    assert found is not None
    assert found.floor is not None
    assert found.floor.low == 0
    assert found.floor.high > 0
