"""The band for phi: the sandwich of the dense problem, and the share of data sets in which it covers."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from mtam.interaction.model import pair_kernels_reference
from mtam.interaction.model.low_rank import truncate
from mtam.interaction.model.splines import Spline, SplineSpace
from mtam.interaction.own_data import confidence_band
from mtam.interaction.own_data.confidence_band import BandCurve, Frame, pseudoinverse, scores
from mtam.interaction.solver.varpro import RIDGE, Profile, whitener
from tests.interaction.simulated import made

Array = npt.NDArray[np.float64]


def test_the_band_is_the_sandwich_of_the_dense_problem() -> None:
    """Against explicit derivatives with respect to the factors, scale held by <dA, A> = 0 in whitened coordinates."""
    x, y = made(samples=120, d=3)
    x = x @ np.diag([1.0, 2.0, 0.5])
    white, space, n = whitener(x), SplineSpace(3, 4), y.size
    rng = np.random.default_rng(0)
    u, v = truncate(rng.standard_normal((3, 3)), 2, 1 / 3)
    matrix, phi = (white @ u) @ (white @ v).T, Spline(space, rng.standard_normal(7))
    xw = x.reshape(-1, 3) @ white
    z = pair_kernels_reference.directions(xw @ u, xw @ v, xw, 5, phi.table)
    factors = [np.einsum("na,nb->nab", xw, z @ v).reshape(n, 6), np.einsum("na,nb->nab", z, xw @ u).reshape(n, 6)]
    jacobian = np.concatenate(factors, axis=1)
    scale = np.concatenate([(u @ (v.T @ v)).ravel(), (v @ (u.T @ u)).ravel()])
    jacobian -= np.outer(jacobian @ scale, scale) / (scale @ scale)
    basis = space.orthonormaliser(confidence_band.arguments(x, matrix))
    raw = pair_kernels_reference.features(xw @ u, xw @ v, 5, space)
    joint = np.concatenate([raw @ basis, jacobian], axis=1)
    residual = y.ravel() - raw @ phi.coefficients
    ridge = np.diag([RIDGE] * 7 + [0.0] * 12)
    sums = (joint * residual[:, None]).reshape(120, 5, -1).sum(axis=1)
    unknowns = 7 + 2 * 2 * 3 - 4 - 1
    factor = n / (n - unknowns) * 120 / 119
    inner = factor * sums.T @ sums + ridge * (residual @ residual) / (n - unknowns)
    bread = np.linalg.pinv(joint.T @ joint + ridge, rcond=1e-10, hermitian=True)
    found = confidence_band.curve(x, y, matrix, 2, phi, rng)
    at = space.design(found.grid) @ basis
    variance = np.einsum("nb,bc,nc->n", at, (bread @ inner @ bread)[:7, :7], at)
    np.testing.assert_allclose((found.high - found.low) / 2, 1.959964 * np.sqrt(variance), rtol=1e-7)
    assert found.simultaneous() is None
    assert found.covariance.tangents.shape == (2 * 2 * 3 - 4 - 1,) * 2


def test_the_frame_is_the_matrix_and_its_tangents_in_whitened_coordinates() -> None:
    rng = np.random.default_rng(0)
    white = rng.standard_normal((4, 4))
    matrix = rng.standard_normal((4, 2)) @ rng.standard_normal((2, 4))
    frame = Frame.at(white, matrix, 2)
    np.testing.assert_allclose(white @ frame.u @ frame.v.T @ white.T, matrix, atol=1e-10)
    directions = [np.outer(a, b) for a in frame.columns.T for b in np.eye(4)]
    directions += [np.outer(a, b) for a in frame.rest.T for b in frame.rows.T]
    flat = np.array(directions).reshape(len(directions), -1)
    np.testing.assert_allclose(flat @ flat.T, np.eye(2 * 2 * 4 - 2**2), atol=1e-10)
    kept = frame.keep.T @ flat
    np.testing.assert_allclose(kept @ (frame.u @ frame.v.T).ravel(), 0, atol=1e-10)
    assert len(kept) == len(flat) - 1


def test_scores_are_the_derivatives_of_the_prediction_along_the_tangents() -> None:
    """By central differences in the whitened matrix, and the residuals are those of the prediction."""
    x, y = made(samples=20)
    rng = np.random.default_rng(1)
    white, space = whitener(x), SplineSpace(3, 4)
    u, v = truncate(rng.standard_normal((3, 3)), 2, 1 / 3)
    phi, frame = Spline(space, rng.standard_normal(7)), Frame.at(white, (white @ u) @ (white @ v).T, 2)

    def predicted(inner: Array) -> Array:
        return pair_kernels_reference.off_diagonal_mean(phi(x @ (white @ inner @ white.T) @ x.transpose(0, 2, 1)))

    z, residual = scores(x, y, frame, phi, np.eye(7))
    np.testing.assert_allclose(residual, y.ravel() - predicted(u @ v.T), atol=1e-10)
    np.testing.assert_allclose(z[:, :7] @ phi.coefficients, predicted(u @ v.T), atol=1e-10)
    directions = [np.outer(a, b) for a in frame.columns.T for b in np.eye(3)]
    directions += [np.outer(a, b) for a in frame.rest.T for b in frame.rows.T]
    h = 1e-6
    for k, direction in enumerate(directions):
        slope = (predicted(u @ v.T + h * direction) - predicted(u @ v.T - h * direction)) / (2 * h)
        np.testing.assert_allclose(z[:, 7 + k], slope, atol=1e-5)


def test_the_pseudoinverse_forgets_what_was_never_seen_whatever_the_units() -> None:
    rng = np.random.default_rng(2)
    root = rng.standard_normal((6, 3))
    gram, unit = root @ root.T + np.diag([1.0, 1, 1, 0, 0, 0]), np.diag([1e6, 1.0, 1e-5, 1, 1, 1])
    gram[3:] = 0
    gram[:, 3:] = 0
    found = pseudoinverse(unit @ gram @ unit)
    np.testing.assert_allclose((unit @ found @ unit)[:3, :3], np.linalg.inv(gram[:3, :3]), rtol=1e-8)
    np.testing.assert_array_equal(found[3:], 0)


def test_arguments_are_spread_over_the_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(3).standard_normal((40, 3, 2))
    matrix = np.array([[1.0, 2], [0, -1]])
    whole = np.array([x[m, i] @ matrix @ x[m, j] for m in range(40) for i in range(3) for j in range(3) if i != j])
    np.testing.assert_allclose(confidence_band.arguments(x, matrix), whole, atol=1e-12)
    monkeypatch.setattr(confidence_band, "ARGUMENTS", 100)
    np.testing.assert_allclose(confidence_band.arguments(x, matrix), whole.reshape(40, 6)[::3].ravel(), atol=1e-12)


def test_the_band_covers_the_best_spline_and_narrows_as_data_grow() -> None:
    """A known and phi fitted, over 60 data sets; the share varies by 5%, errors along u being correlated."""
    space, rng = SplineSpace(3, 4), np.random.default_rng(4)
    phi, matrix = Spline(space, rng.standard_normal(7)), np.array([[0.3]])
    hits, widths = [], []
    for k in range(60):
        samples = 100 if k < 30 else 400
        x = rng.uniform(-1.7, 1.7, (samples, 3, 1))
        mean = pair_kernels_reference.off_diagonal_mean(phi(x @ matrix @ x.transpose(0, 2, 1)))
        y = mean.reshape(samples, 3) + 0.3 * rng.standard_normal((samples, 3))
        flat = x.reshape(-1, 1)
        raw = pair_kernels_reference.features(flat @ matrix, flat, 3, space)
        fitted = Spline(space, np.asarray(np.linalg.lstsq(raw, y.ravel(), rcond=None)[0], dtype=np.float64))
        found = confidence_band.curve(x, y, matrix, 1, fitted, rng)
        hits.append(np.average((found.low <= phi(found.grid)) & (phi(found.grid) <= found.high), weights=found.density))
        widths.append(np.average(found.high - found.low, weights=found.density))
    assert 0.88 < np.mean(hits) <= 1
    assert np.mean(widths[:30]) / np.mean(widths[30:]) == pytest.approx(2, rel=0.1)


def penalised(samples: int, seed: int, smoothing: float | None = None) -> tuple[BandCurve, Array]:
    """The bands of a fit with A known, smoothed by REML unless said otherwise, and phi*, a wave, on their grid."""
    rng, matrix = np.random.default_rng(seed), np.array([[0.3]])
    x = rng.uniform(-1.7, 1.7, (samples, 3, 1))
    truth = pair_kernels_reference.off_diagonal_mean(np.sin(6 * x @ matrix @ x.transpose(0, 2, 1)))
    y = truth.reshape(samples, 3) + 0.3 * rng.standard_normal((samples, 3))
    root = np.full((1, 1), 0.3**0.5)
    profile = Profile(x, y, np.eye(1), SplineSpace(3, 30), confidence_band.arguments(x, matrix))
    profile, fit, _ = profile.smoothed(profile.fit(root, root), root, root)
    if smoothing is not None:
        profile = replace(profile, smoothing=smoothing)
        fit = profile.fit(root, root)
    found = confidence_band.curve(x, y, matrix, 1, profile.spline(fit), rng, profile.smoothing)
    return found, np.sin(6 * found.grid)


def shares(curves: list[tuple[BandCurve, Array]]) -> tuple[float, float]:
    """How often the pointwise band holds phi*, weighted with the density of u, and how often the other one at once."""
    pointwise, at_once = [], []
    for found, truth in curves:
        pointwise.append(np.average((found.low <= truth) & (truth <= found.high), weights=found.density))
        low, high = found.simultaneous() or (found.low, found.high)
        there = (found.grid >= found.middle[0]) & (found.grid <= found.middle[1])
        at_once.append(bool(np.all(((low <= truth) & (truth <= high))[there])))
    return float(np.mean(pointwise)), float(np.mean(at_once))


def test_bands_of_a_penalised_fit_cover_pointwise_and_at_once() -> None:
    """100 data sets: the pointwise share varies by about 1%; fewer than 88 hold all at once with probability .002."""
    pointwise, at_once = shares([penalised(150, seed) for seed in range(800, 900)])
    assert 0.92 < pointwise < 0.98
    assert at_once >= 0.88


def test_bands_of_a_fit_that_is_smoothed_too_much_for_its_band_do_not_cover() -> None:
    """The band knows the bias that lambda implies; it cannot know that phi* is rougher than that."""
    pointwise, at_once = shares([penalised(150, seed, smoothing=30.0) for seed in range(800, 830)])
    assert pointwise < 0.8
    assert at_once < 0.2


def test_critical_values_of_independent_points_are_those_of_their_maximum() -> None:
    """Of m independent normal variables: Phi(c)^m = .95 on both sides; one point: 1.96; all the same: 1.96 as well."""
    rng = np.random.default_rng(0)
    for count, expected in ((1, 1.96), (20, 3.016)):
        found = confidence_band._critical(np.eye(count), np.diag(rng.uniform(1, 9, count)), rng)
        assert found == pytest.approx(expected, abs=0.05)
    assert confidence_band._critical(np.ones((50, 3)), np.eye(3), rng) == pytest.approx(1.96, abs=0.05)
