"""Noise laws have mean zero and variance one, and heavy tails need consent."""

import numpy as np
import pytest

from mtam.interaction.interaction_spec import InteractionData, Noise
from mtam.interaction.simulate.noise import draw_noise


@pytest.mark.parametrize("law", ["gaussian", "uniform", "rademacher", "laplace", "student"])
def test_standardised(law: Noise) -> None:
    draws = draw_noise(law, (400000,), np.random.default_rng(0))
    assert draws.mean() == pytest.approx(0, abs=0.01)
    assert draws.var() == pytest.approx(1, abs=0.05 if law == "student" else 0.02)


@pytest.mark.parametrize("law", ["gaussian", "uniform", "rademacher", "laplace", "student"])
def test_draws_do_not_depend_on_the_chunks(law: Noise) -> None:
    rng = np.random.default_rng(5)
    parts = [draw_noise(law, (3, 4), rng), draw_noise(law, (7, 4), rng)]
    np.testing.assert_array_equal(np.concatenate(parts), draw_noise(law, (10, 4), np.random.default_rng(5)))


@pytest.mark.parametrize("law", ["laplace", "student"])
def test_heavy_tails_are_refused_by_name_of_the_assumption(law: Noise) -> None:
    with pytest.raises(ValueError, match="sub-Gaussian"):
        InteractionData(noise_law=law)
    assert InteractionData(noise_law=law, allow_heavy_tails=True).noise_law == law
