"""The simulator draws what it says: the law without noise, and its spreads and correlation with it."""

from dataclasses import replace

import numpy as np
import pytest

from mtam.rates.laws import EntropyBalance, Floats, Law, LogPower, PowerLaw, SubPolynomial
from mtam.rates.simulation.simulate_curves import CurveTruth, simulate

SIZES: Floats = np.asarray(2.0 ** np.arange(6, 14), dtype=np.float64)
PLAIN = CurveTruth(PowerLaw(), -0.8, intercept=0.3, floor=0.001)


@pytest.mark.parametrize("law", [PowerLaw(), SubPolynomial(0.4), LogPower(), EntropyBalance((64, 8192), (1.0, 0.1))])
def test_without_noise_it_is_the_law(law: Law) -> None:
    slope = 1.0 if isinstance(law, EntropyBalance) else -0.8
    errors = simulate(CurveTruth(law, slope, intercept=0.3, floor=0.001), SIZES, 3, np.random.default_rng(0))
    assert errors == pytest.approx(np.tile(0.001 + np.exp(0.3 + slope * law.axis(SIZES)), (3, 1)))


@pytest.mark.parametrize("skewed", [False, True])
def test_spreads_and_correlation(skewed: bool) -> None:
    truth = replace(PLAIN, noise=0.2, trend=-0.25, correlation=0.6, skewed=skewed)
    draws = simulate(truth, SIZES, 10, np.random.default_rng(1), replications=4000)
    rest = (np.log(draws) - np.log(truth.mean(SIZES))).reshape(-1, len(SIZES))
    assert rest.std(axis=0) == pytest.approx(0.2 * (SIZES / 64) ** -0.25, rel=0.05)
    assert rest.mean(axis=0) == pytest.approx(0, abs=0.01)
    correlations = [np.corrcoef(rest[:, k], rest[:, k + 1])[0, 1] for k in range(7)]
    assert correlations == pytest.approx([0.6] * 7, abs=0.03)
    third = ((rest[:, 0] / rest[:, 0].std()) ** 3).mean()
    assert third == pytest.approx(2.0 if skewed else 0.0, abs=0.2)


def test_levels_and_tilts_belong_to_seeds() -> None:
    errors = simulate(replace(PLAIN, level=0.5, tilt=0.1), SIZES, 4000, np.random.default_rng(2))
    rest, x = np.log(errors) - np.log(PLAIN.mean(SIZES)), np.log(SIZES) - np.log(SIZES).mean()
    assert rest.mean(axis=1).std() == pytest.approx(0.5, rel=0.05)
    slopes = rest @ x / (x @ x)
    assert slopes.std() == pytest.approx(0.1, rel=0.05)
    assert rest - rest.mean(axis=1, keepdims=True) == pytest.approx(slopes[:, None] * x)


def test_equal_streams_give_equal_curves() -> None:
    noisy = replace(PLAIN, noise=0.2, level=0.1)
    first, second = (simulate(noisy, SIZES, 3, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize("wrong", [{"floor": -1.0}, {"noise": -0.1}, {"correlation": 1.0}])
def test_impossible_truths(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="simulate needs"):
        simulate(replace(PLAIN, **wrong), SIZES, 3, np.random.default_rng(0))  # type: ignore[arg-type]
