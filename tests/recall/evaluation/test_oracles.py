"""The benchmarks against direct formulas, and the order in which knowledge helps."""

import numpy as np
import pytest
import scipy.special
from scipy.spatial import cKDTree

from mtam.problems.registry import run_pack as run
from mtam.recall.evaluation import matern, oracles
from mtam.recall.recall_spec import RecallData, RecallTrial, recall_model


def _points(n: int, m: int, dim: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    train = rng.standard_normal((n, dim))
    return train, np.sin(train).sum(1), rng.standard_normal((m, dim))


def test_the_gaussian_process_is_the_textbook_formula() -> None:
    train, y, test = _points(600, 700)
    radius = np.sqrt(2) * np.linalg.norm(train[:, None] - train, axis=-1) + np.sqrt(2) * 1e-12 * np.eye(600)
    cross = np.sqrt(2) * np.linalg.norm(test[:, None] - train, axis=-1)
    kernel = 1.7 * radius * scipy.special.k1(radius)
    plain = 1.7 * cross * scipy.special.k1(cross) @ np.linalg.solve(kernel + 0.04 * np.eye(600), y)
    np.testing.assert_allclose(oracles.gaussian_process(train, y, test, 1.7, 0.2), plain, atol=1e-6)


def test_without_noise_the_process_interpolates() -> None:
    train, y, _ = _points(100, 1)
    np.testing.assert_allclose(oracles.gaussian_process(train, y, train, 1.0, 0.0), y, atol=1e-5)


def test_nearest_neighbours_against_a_tree() -> None:
    train, y, test = _points(2500, 900)
    noisy = y + np.random.default_rng(2).standard_normal(2500)
    found, k = oracles.nearest_neighbours(train, noisy, test)
    index = np.asarray(cKDTree(train).query(test, k=k)[1])
    np.testing.assert_allclose(found, noisy[index].mean(1), atol=1e-12)
    loss = []
    for each in oracles.NEIGHBOURS:  # leave-one-out: the nearest of each point is itself
        near = np.asarray(cKDTree(train).query(train[: oracles.TRIED], k=each + 1)[1])
        loss.append(((noisy[near[:, 1:]].mean(1) - noisy[: oracles.TRIED]) ** 2).mean())
    assert k == oracles.NEIGHBOURS[int(np.argmin(loss))]


def test_noise_asks_for_more_neighbours() -> None:
    train, y, test = _points(1500, 10)
    few = oracles.nearest_neighbours(train, y, test)[1]
    many = oracles.nearest_neighbours(train, y + 2 * np.random.default_rng(2).standard_normal(1500), test)[1]
    assert few < many


def _error(name: str, n: int, **data: object) -> float:
    trial = RecallTrial(n=n, seed=1, data=RecallData(**data), model=recall_model(name=name))  # type: ignore[arg-type]
    (record,) = run([trial], device="cpu", tick=lambda _: None)
    assert record["attention_mass"] == 1.0
    return float(record["error"])


def test_bayes_is_below_neighbours_and_both_fall() -> None:
    for alpha in (0.5, 2.0):
        gp = [_error("gp", n, alpha=alpha) for n in (64, 512)]
        knn = [_error("knn", n, alpha=alpha) for n in (64, 512)]
        assert gp[1] < gp[0] < knn[0]
        assert gp[1] < knn[1] < knn[0]


def test_a_standardised_constant_does_not_disturb_the_process() -> None:
    """With much data the Bayes rule reaches a small risk on an easy spectrum, wherever the mean of the target lies."""
    assert _error("gp", 2048, alpha=4.0) < 0.003


def test_too_large_a_kernel_matrix_is_refused_in_a_sentence() -> None:
    trial = RecallTrial(n=20000, model=recall_model(name="gp"))
    (record,) = run([trial], device="cpu", tick=lambda _: None)
    assert "limited to n = 16384" in record["failure"]


@pytest.mark.parametrize(("spread", "noise"), [(0.3, 0.1), (1e-2, 1e-5)])
def test_the_factor_in_single_precision_solves_in_double(spread: float, noise: float) -> None:
    """For a matrix of the condition that the studies meet, and for one beyond single precision."""
    train, y, test = _points(900, 300)
    train, test = spread * train, spread * test
    kernel = matern.tabulated((train, test), 1.7)
    matrix = kernel.matrix(train, train)
    matrix[np.diag_indices(900)] = 1.7 + kernel.shift(noise**2)
    direct = kernel.matrix(test, train) @ np.linalg.solve(matrix, y)
    found = oracles.gaussian_process(train, y, test, 1.7, noise)
    assert np.linalg.norm(found - direct) <= (1e-9 if noise == 0.1 else 1e-4) * np.linalg.norm(direct)


@pytest.mark.bits
def test_the_bayes_rule_beside_a_model_is_the_one_alone() -> None:
    data = RecallData(test=512)
    beside = RecallTrial(n=1024, seed=1, data=data, model=recall_model(benchmark=True, steps=2.0))
    alone = RecallTrial(n=1024, seed=1, data=data, model=recall_model(name="gp"))
    heard: list[float] = []
    (record,) = run([beside], device="cpu", tick=heard.append)
    assert record["bayes_error"] == run([alone], device="cpu", tick=lambda _: None)[0]["error"]
    assert heard == sorted(heard)
    assert heard[-1] == 1.0
    small = beside.model_copy(update={"n": 512})
    assert "bayes_error" not in run([small], device="cpu", tick=lambda _: None)[0]
