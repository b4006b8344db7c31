"""How many levels lie below an energy: the saddle point against enumeration, closed forms and Chernoff's bound."""

import numpy as np
import pytest

from mtam.recall.theory import level_density, pinsker
from tests.recall.theory.helpers import levels_of

RATES = np.log(np.array([1.0, 1.7, 2.9, 4.1]))  # ln sqrt(s_j)
TAUS = np.linspace(1.0, -6.0, 40)


def test_the_density_of_states_is_the_enumerated_one() -> None:
    _, top, levels = levels_of(0.5, "exponential", 1.5)
    more = pinsker.log_rates(0.5, 1.0, "exponential", top + 3)
    found = level_density.density(more, -2 * np.linspace(-2, top + 1, 800))
    for share in (0.2, 0.5, 0.9):
        energy = levels[int(share * len(levels))]
        exact = np.log(np.searchsorted(levels, energy, side="right"))
        assert np.interp(np.log(energy), found.log_energy, found.log_count) == pytest.approx(exact, abs=0.05)


def test_one_axis_has_the_partition_function_of_a_line() -> None:
    """theta(x) = sum_k exp(-x k^2) on both sides of where its integral takes over."""
    for x in (1e-3, 0.29, 0.31, 2.0):
        direct = np.exp(-x * np.arange(2000.0) ** 2).sum()
        found = level_density.density(np.zeros(1), np.array([np.log(x)]))
        assert found.log_partition[0] == pytest.approx(np.log(direct), rel=1e-10, abs=1e-12)


def test_mean_and_energy_are_those_of_the_partition_sum() -> None:
    """Over all levels of four axes, one by one."""
    found = level_density.density(RATES, TAUS)
    k2 = np.arange(120.0) ** 2
    for at in (0, 10, 20):
        tau = np.exp(TAUS[at])
        parts = [np.exp(-tau * np.exp(2 * rate) * k2) for rate in RATES]
        partition = np.prod([part.sum() for part in parts])
        mean = sum(tau * np.exp(2 * r) * (k2 * part).sum() / part.sum() for r, part in zip(RATES, parts, strict=True))
        assert found.log_partition[at] == pytest.approx(np.log(partition), rel=1e-9, abs=1e-12)
        assert found.mean[at] == pytest.approx(mean, rel=1e-9)
        assert tau * np.exp(found.log_energy[at]) == pytest.approx(1 + mean)


def test_the_mean_is_minus_the_slope_of_the_partition_function() -> None:
    """m_1 = -d ln Theta / d ln tau, by central differences; across where theta becomes its integral, too."""
    h = 1e-5
    middle, up, down = (level_density.density(RATES, TAUS + step) for step in (0.0, h, -h))
    slope = (up.log_partition - down.log_partition) / (2 * h)
    np.testing.assert_allclose(-slope, middle.mean, rtol=1e-6, atol=1e-8)


def test_cumulants_of_a_steep_axis_are_those_of_two_levels() -> None:
    """At large x only k = 0 and k = 1 count: a Bernoulli variable of chance p = e^-x / (1 + e^-x)."""
    x = 12.0
    logs, found = level_density._moments(np.array([np.log(x)]))
    p = np.exp(-x) / (1 + np.exp(-x))
    expected = [x * p, x**2 * p * (1 - p), x**3 * p * (1 - p) * (1 - 2 * p), x**4 * p * (1 - p) * (1 - 6 * p * (1 - p))]
    np.testing.assert_allclose(found[:, 0], expected, rtol=1e-6)
    assert logs[0] == pytest.approx(np.log1p(np.exp(-x)))


def test_counts_rise_with_the_energy_and_stay_below_chernoffs_bound() -> None:
    found = level_density.density(RATES, TAUS)
    assert np.all(np.diff(found.log_energy) > 0)
    assert np.all(np.diff(found.log_count) > 0)
    bound = np.exp(found.log_tau + found.log_energy) + found.log_partition
    assert np.all(found.log_count < bound)


def test_blocks_and_the_order_of_axes_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = level_density.density(RATES, TAUS)
    monkeypatch.setattr(level_density, "BLOCK", 7)
    parts = level_density.density(RATES[::-1].copy(), TAUS)
    np.testing.assert_allclose(parts.log_count, whole.log_count, rtol=1e-12)


def test_far_out_the_count_is_the_area_of_an_ellipse_but_for_stirlings_error() -> None:
    """Weyl: N(E) of two axes tends to pi E / (4 sqrt(s_1 s_2)), a quarter of an ellipse. There the cumulants are those
    of a gamma law of shape z = 2, and the saddle point has Stirling's formula for Gamma(z), to 1 / (12 z)."""
    found = level_density.density(np.log(np.array([1.0, 2.0])), np.array([np.log(1e-8)]))
    energy, z = float(np.exp(found.log_energy[0])), 2
    stirling = np.exp(z) * float(z) ** (1 - z) / np.sqrt(2 * np.pi * z) * (1 - 1 / (12 * z))
    border = 0.75 * np.sqrt(energy)  # levels on the axes count whole
    assert float(np.exp(found.log_count[0])) == pytest.approx((np.pi * energy / 8 + border) * stirling, rel=1e-5)
