"""What theory says about the sizes of the errors of interaction fits."""

from typing import Any

import numpy as np
import pytest

from mtam.interaction.interaction_spec import InteractionTrial
from mtam.interaction.run_interaction import run


def results(seeds: range, **settings: Any) -> list[dict[str, Any]]:
    trials = [InteractionTrial.model_validate({**settings, "seed": seed}) for seed in seeds]
    return run(trials, device="cpu", tick=lambda _: None)


def test_oracle_error_is_dimension_over_samples() -> None:
    """With A known and a smooth phi* the error is (K + s) c0 sigma^2 / M, c0 between 1/N and 1 (N rows per sample, of
    which each carries at least 1/(N-1) of the variance of a feature)."""
    data = {"d": 5, "tokens": 10, "rank": 2, "noise": 0.5}
    found = results(range(12), data=data, n=2000, model={"name": "oracle_a", "intervals": 24})
    c0 = np.mean([one["error"] for one in found]) * 2000 / (27 * 0.5**2)
    assert 0.1 < c0 < 1


@pytest.mark.slow
def test_variance_is_linear_in_the_dimension_of_the_space() -> None:
    data = {"d": 5, "tokens": 10, "rank": 2, "noise": 0.5}
    small, large = (
        np.mean([r["error"] for r in results(range(12), data=data, n=2000, model={"name": "oracle_a", "intervals": k})])
        for k in (24, 96)
    )
    assert 2.5 < large / small < 5  # (96 + 3)/(24 + 3) = 3.7


@pytest.mark.slow
def test_parametric_part_is_parameters_over_samples() -> None:
    """error - oracle error = c1 p sigma^2/M, c1 between 0.4 and 1.2 for N = 10, at two sizes: slope -1."""
    constants = []
    for n in (1000, 4000):
        found = results(range(6), data={"d": 10, "tokens": 10, "rank": 2}, n=n)
        assert all(one["converged"] for one in found)
        constants.append(np.mean([one["excess"] / one["predicted_parametric_error"] for one in found]))
    assert all(0.4 < c < 1.2 for c in constants)
    assert 0.65 < constants[1] / constants[0] < 1.5


def test_default_trial_reaches_the_parametric_bound() -> None:
    """d = 30, N = 10, M = 20000, r = 2: error <= oracle error + 1.5 p sigma^2 / M."""
    (found,) = results(range(1))
    assert found["converged"]
    assert found["error"] <= found["oracle_error"] + 1.5 * found["predicted_parametric_error"]


@pytest.mark.parametrize("activation", ["bspline", "odd", "even"])
@pytest.mark.parametrize("law", ["cube", "anisotropic"])
def test_the_search_finds_the_basin_of_the_truth(activation: str, law: str) -> None:
    """The excess over oracle-A is parametric: no start at the truth is needed, whatever the parity of phi* (d = 12, r
    = 2).

    An even phi* has no linear moment, anisotropic tokens (condition number 100) need whitening.
    """
    data = {"d": 12, "tokens": 6, "rank": 2, "activation": activation, "token_law": law}
    found = results(range(4), data=data, n=3000)
    assert all(one["converged"] for one in found)
    assert all(one["excess"] < 2 * one["predicted_parametric_error"] for one in found)


def test_full_rank() -> None:
    """r = d = 10, an even phi*: 99 parameters and no low rank to lean on."""
    (found,) = results(range(1), data={"d": 10, "tokens": 6, "rank": 10, "activation": "even"}, n=4000)
    assert found["converged"]
    assert found["excess"] < 2 * found["predicted_parametric_error"]
