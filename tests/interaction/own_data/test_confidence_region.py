"""Standard errors of A: against the covariance written out, and the share of data sets in which they hold the truth."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from mtam.interaction.estimators import erm
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.own_data import confidence_band, confidence_region
from mtam.interaction.own_data.confidence_band import Covariance, Frame
from mtam.interaction.solver.varpro import whitener
from tests.interaction.simulated import made

Array = npt.NDArray[np.float64]


def known(rank: int = 2) -> Covariance:
    """A covariance of the tangents at a matrix in four coordinates."""
    rng = np.random.default_rng(0)
    matrix = rng.standard_normal((4, rank)) @ rng.standard_normal((rank, 4))
    frame = Frame.at(rng.standard_normal((4, 4)), matrix, rank)
    root = rng.standard_normal((frame.keep.shape[1], frame.keep.shape[1]))
    return Covariance(np.eye(1), np.eye(1), root @ root.T / 1e6, frame, 500, np.eye(1))


def changes(covariance: Covariance, count: int) -> Array:
    """Draws of dA in whitened coordinates, tangent by tangent  # (count, d, d)."""
    frame = covariance.frame
    directions = [np.outer(a, b) for a in frame.columns.T for b in np.eye(4)]
    directions += [np.outer(a, b) for a in frame.rest.T for b in frame.rows.T]
    rng = np.random.default_rng(1)
    theta = rng.multivariate_normal(np.zeros(len(covariance.tangents)), covariance.tangents, count)
    return np.tensordot(theta @ frame.keep.T, np.array(directions), axes=1)


def test_errors_are_the_spread_of_draws_from_the_covariance() -> None:
    """Entries of W dA W^T, and the angles of the singular vectors of A + dA out of the spaces of A."""
    covariance = known()
    frame, found = covariance.frame, confidence_region.errors(covariance)
    moved = changes(covariance, 20000)
    entries = (frame.white @ moved @ frame.white.T).std(axis=0)
    np.testing.assert_allclose(found.entries, entries, rtol=0.04)
    matrix = frame.u @ frame.v.T
    columns, _, rows = np.linalg.svd(matrix + moved[:4000])
    for axes, inside, expected in (
        (columns[:, :, :2], frame.columns, found.columns),
        (np.swapaxes(rows, 1, 2)[:, :, :2], frame.rows, found.rows),
    ):
        outside = axes - inside @ (inside.T @ axes)
        np.testing.assert_allclose(np.sqrt(np.mean(np.sum(outside**2, axis=1), axis=0)), expected, rtol=0.06)


def test_the_statistic_of_wald_is_the_square_of_standard_scores() -> None:
    covariance = known()
    frame = covariance.frame
    matrix = frame.white @ frame.u @ frame.v.T @ frame.white.T
    assert confidence_region.wald(covariance, matrix) == pytest.approx(0, abs=1e-12)
    assert confidence_region.wald(covariance, -3 * matrix) == pytest.approx(0, abs=1e-12)
    scores = [
        confidence_region.wald(covariance, frame.white @ (frame.u @ frame.v.T + one) @ frame.white.T)
        for one in changes(covariance, 400)
    ]
    p = 2 * 2 * 4 - 4 - 1
    assert np.mean(scores) == pytest.approx(p, rel=0.05)  # five standard errors: 2 p / 400
    inside = np.mean(np.array(scores) <= confidence_region.bound(covariance))
    assert 0.93 <= inside <= 0.99
    assert confidence_region.bound(replace(covariance, samples=p)) == np.inf


def region_holds(seed: int, twisted: bool = False) -> tuple[bool, float]:
    """Whether the region of a penalised fit holds A*, or A* turned by six degrees; the share of entries that do."""
    x, y = made(samples=400, seed=seed)
    found = erm.fit(x, y, 2, SplineSpace(3, 40), np.random.default_rng(seed), erm.ErmOptions(5, penalised=True))
    rng = np.random.default_rng(seed)
    left, right = (np.linalg.qr(rng.standard_normal((3, 2)))[0] for _ in range(2))
    matrix = left * [1, 0.8] @ right.T
    if twisted:
        matrix = np.array([[1, -0.1, 0], [0.1, 1, 0], [0, 0, 1]]) @ matrix
    curve = confidence_band.curve(x, y, found.matrix, 2, found.phi, rng, found.smoothing)
    back = np.linalg.pinv(whitener(x))
    here, there = (back @ one @ back.T for one in (found.matrix, matrix))
    factor = np.copysign(np.linalg.norm(here) / np.linalg.norm(there), np.sum(here * there))
    entries = np.abs(factor * matrix - found.matrix) <= 1.96 * confidence_region.errors(curve.covariance).entries
    held = confidence_region.wald(curve.covariance, matrix) <= confidence_region.bound(curve.covariance)
    return bool(held), float(np.mean(entries))


@pytest.mark.slow
def test_the_region_holds_the_truth_as_often_as_it_says_and_not_another_matrix() -> None:
    """Of 40 regions at 95% fewer than 33 hold the truth with probability .001; a matrix off by .1 is held rarely."""
    held, entries = zip(*(region_holds(700 + seed) for seed in range(40)), strict=True)
    assert sum(held) >= 33
    assert 0.88 < np.mean(entries) < 0.99
    wrong, _ = zip(*(region_holds(700 + seed, twisted=True) for seed in range(20)), strict=True)
    assert sum(wrong) <= 4
