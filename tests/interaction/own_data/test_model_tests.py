"""Tests of "phi is linear" and of the rank: their level where they hold, their power where they do not."""

from functools import cache

import numpy as np
import numpy.typing as npt
import pytest

from mtam.interaction.own_data import fit_own_data, model_tests
from mtam.interaction.own_data.own_data_spec import OwnTrial

Array = npt.NDArray[np.float64]
LAWS = {"linear": lambda u: u, "tanh": lambda u: np.tanh(1.5 * u), "square": lambda u: 0.7 * u**2}


def drawn(law: str, rank: int, seed: int, scale: float = 0.3) -> tuple[Array, Array]:
    """X, Y with noise that is in part common to a sample, skewed and of its own scale in every sample."""
    rng = np.random.default_rng(np.random.SeedSequence([7, seed, rank]))
    x = rng.uniform(-1, 1, (250, 4, 3)) * np.sqrt(3)
    left, right = (np.linalg.qr(rng.normal(size=(3, 3)))[0][:, :rank] for _ in range(2))
    g = LAWS[law]((x @ left) @ (x @ right).transpose(0, 2, 1) / np.sqrt(rank))
    noise = rng.normal(size=(250, 1)) + rng.exponential(size=(250, 4)) - 1
    y = (g.sum(axis=2) - np.einsum("mii->mi", g)) / 3
    return x, y + scale * noise * rng.exponential(size=(250, 1))


@cache
def p_values(law: str, rank: int, fitted_rank: int, count: int, scale: float = 0.3) -> Array:
    """p of a linear phi and of the rank, per data set  # (count, 2)."""
    told = []
    for seed in range(count):
        x, y = drawn(law, rank, seed, scale)
        data = {"path": "none", "sha256": "0" * 64, "samples": len(x), "tokens": 4, "d": 3}
        model = {"name": "ips_erm", "rank": fitted_rank, "k_rule": "reml", "max_starts": 8}
        trial = OwnTrial.model_validate({"data": data, "n": len(x), "seed": 0, "model": model})
        fit = fit_own_data.at_rank(trial, x, y, fitted_rank)
        rank_p = model_tests.next_rank(x, y, fit.matrix, fitted_rank, fit.spline, np.random.default_rng(seed))
        told.append((model_tests.linear_phi(x, y, fit.matrix, fitted_rank), rank_p))
    return np.array(told)


@pytest.mark.parametrize("rank", [1, 2])
def test_a_linear_phi_of_the_right_rank_is_rejected_at_the_level(rank: int) -> None:
    """Of 40 at a level of 10% at most 10 but for a chance of .5%; and the p are not all large."""
    p = p_values("linear", rank, rank, 40)
    assert np.all((p < 0.1).sum(axis=0) <= 10)
    assert np.all(p.min(axis=0) < 0.25)


@pytest.mark.parametrize("law", ["tanh", "square"])
def test_a_bent_phi_is_found_and_its_rank_left_alone(law: str) -> None:
    p = p_values(law, 1, 1, 12, 0.15)
    assert (p[:, 0] < 0.05).sum() >= 11
    assert (p[:, 1] < 0.05).sum() <= 4  # chance of more: 2e-4


@pytest.mark.parametrize("law", ["tanh", "linear"])
def test_a_rank_too_small_is_found(law: str) -> None:
    assert (p_values(law, 2, 1, 8, 0.15)[:, 1] < 0.05).sum() >= 7


def test_a_full_rank_has_none_above_it() -> None:
    x, y = drawn("linear", 2, 0)
    assert model_tests.next_rank(x, y, np.eye(3), 3, None, np.random.default_rng(0)) is None  # type: ignore[arg-type]


def test_neither_knows_units_of_the_responses_or_the_order_of_the_samples() -> None:
    x, y = drawn("tanh", 2, 1)
    matrix = np.diag([1.0, 0.5, 0.0])
    p = model_tests.linear_phi(x, y, matrix, 2)
    assert model_tests.linear_phi(x, 1e6 * y + 3, matrix, 2) == pytest.approx(p, rel=1e-5)
    assert model_tests.linear_phi(x[::-1], y[::-1], matrix, 2) == pytest.approx(p, rel=1e-5)
