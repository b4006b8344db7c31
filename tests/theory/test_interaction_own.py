"""Own data, generated here in plain numpy: the fit knows the file and nothing of how it came about.

The bound on ||g_hat - g*||^2. For exchangeable tokens that are i.i.d. given a latent variable, as here, coercivity
says E[Z Z^T] >= E[W W^T]/(N-1), with Z the score features of a row, W those of a pair. Least squares over D parameters
has the error sigma^2/(M N) tr(E[W W^T] E[Z Z^T]^{-1}) <= D (N-1)/N sigma^2/M to first order. The K + s coefficients of
phi are the nonparametric part, which oracle-A has as well; the parametric part is p sigma^2/M with p of the true rank,
and 1.5 is the margin asked of the method. The bias is negligible: see the first test.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from mtam.interaction.files import dataset
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.own_data import fit_own_data
from mtam.interaction.own_data.fitted_interaction import from_record, load_interaction
from mtam.interaction.own_data.own_data_spec import OwnTrial

Array = npt.NDArray[np.float64]

M, N, D, R, SIGMA = 6000, 6, 8, 3, 0.3


def tokens(rng: np.random.Generator, samples: int, count: int) -> Array:
    """Gaussian tokens of identity covariance, two tokens of a sample with correlation 1/2."""
    both = rng.standard_normal((samples, 1, D)) + rng.standard_normal((samples, count, D))
    return np.asarray(both / np.sqrt(2))


def generate(path: Path, seed: int) -> Array:
    """A* of rank 3 and norm 1/3; phi* = tanh(3 u)."""
    rng = np.random.default_rng(seed)
    matrix = rng.standard_normal((D, R)) @ rng.standard_normal((R, D))
    matrix /= 3 * np.linalg.norm(matrix)
    x = tokens(rng, M, N)
    pairs = np.tanh(3 * (x @ matrix @ x.transpose(0, 2, 1)))
    pairs[:, np.arange(N), np.arange(N)] = 0
    np.savez(path, X=x, Y=pairs.sum(axis=2) / (N - 1) + SIGMA * rng.standard_normal((M, N)))
    return matrix


def fit(path: Path, seed: int, **model: Any) -> dict[str, Any]:
    data = {"path": str(path), "sha256": dataset.digest(path), "samples": M, "tokens": N, "d": D}
    trial = OwnTrial.model_validate({"data": data, "n": M, "seed": seed, "model": model})
    return fit_own_data.run([trial], device="cpu", tick=lambda _: None)[0]


def error(found: dict[str, Any], matrix: Array) -> float:
    """||g_hat - g*||^2 on fresh pairs."""
    pairs = tokens(np.random.default_rng(10**6), 2**17, 2)
    x, y = pairs[:, 0], pairs[:, 1]
    true = np.tanh(3 * np.einsum("nd,de,ne->n", x, matrix, y))
    return float(np.mean((from_record(found).g(x, y) - true) ** 2))


def bound(found: dict[str, Any]) -> float:
    """1.5 times (nonparametric part + p sigma^2/M)."""
    p = 2 * R * D - R * R - 1
    nonparametric = (found["K"] + found["spline_degree"]) * (N - 1) / N
    return float(1.5 * (nonparametric + p) * SIGMA**2 / M)


def coverage(found: dict[str, Any], matrix: Array, x: Array) -> float:
    """The share of the grid, by density of u, on which the band covers phi* in the gauge of the fit."""
    moment = np.einsum("mna,mnb->ab", x, x) / (M * N)
    hat = np.reshape(found["matrix"], (D, D))
    size = np.sqrt(np.trace(matrix @ moment @ matrix.T @ moment) / np.trace(hat @ moment @ hat.T @ moment))
    true = np.tanh(3 * np.copysign(size, np.vdot(hat, matrix)) * np.array(found["phi_grid"]))
    inside = (np.array(found["band_low"]) <= true) & (true <= np.array(found["band_high"]))
    return float(np.average(inside, weights=found["u_density"]))


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Array, dict[str, Any]]:
    path = tmp_path_factory.mktemp("own") / "data.npz"
    matrix = generate(path, 0)
    return path, matrix, fit(path, 0)


def test_the_bias_is_negligible() -> None:
    """Least squares of tanh(3u) by cubic splines on 23 intervals, over the law of u = x^T A* y."""
    rng = np.random.default_rng(0)
    singular, pairs = np.array([0.8, 0.5, 0.33]) / 3, tokens(rng, 40000, 2)
    u = (pairs[:, 0, :R] * singular * pairs[:, 1, :R]).sum(axis=1)
    design = SplineSpace(3, 23).design(u)
    residual = np.tanh(3 * u) - design @ np.linalg.lstsq(design, np.tanh(3 * u), rcond=None)[0]
    p = 2 * R * D - R * R - 1
    assert np.mean(residual**2) < 0.01 * p * SIGMA**2 / M


def test_the_interaction_is_recovered(example: tuple[Path, Array, dict[str, Any]]) -> None:
    _, matrix, found = example
    assert found["rank"] in (3, 4)
    assert found["converged"]
    assert error(found, matrix) < bound(found)
    assert abs(found["noise_sd"] - SIGMA) < 4 * SIGMA / np.sqrt(2 * M * N)
    assert abs(found["explainable"] - found["explained"]) < 4 * found["holdout_se"] / found["variance"]


def test_the_record_makes_the_same_predictions_from_disk(
    example: tuple[Path, Array, dict[str, Any]], tmp_path: Path
) -> None:
    path, matrix, found = example
    from_record(found).save(tmp_path / "model.npz")
    fitted = load_interaction(tmp_path / "model.npz")
    x = np.load(path)["X"]
    pairs = np.tanh(3 * (x @ matrix @ x.transpose(0, 2, 1)))
    pairs[:, np.arange(N), np.arange(N)] = 0
    assert np.mean((fitted.predict(x) - pairs.sum(axis=2) / (N - 1)) ** 2) < bound(found)


@pytest.mark.slow
def test_error_and_band_over_several_data_sets(tmp_path: Path) -> None:
    """Errors of one fit are correlated along u, so coverage varies from data set to data set; its mean is near 95%."""
    shares = []
    for seed in range(1, 7):
        path = tmp_path / f"{seed}.npz"
        matrix = generate(path, seed)
        found = fit(path, seed, rank=3)
        assert found["converged"]
        assert error(found, matrix) < bound(found)
        shares.append(coverage(found, matrix, np.load(path)["X"]))
    assert np.mean(shares) > 0.85
