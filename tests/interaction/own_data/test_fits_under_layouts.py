"""Fits with weights, groups, missing tokens and other partners, on simulated truths; and what is lost without."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from mtam.interaction.own_data import fit_own_data
from mtam.interaction.own_data.fitted_interaction import load_interaction
from mtam.interaction.own_data.interaction_regressor import InteractionRegressor
from mtam.interaction.own_data.own_data_spec import OwnTrial

Array = npt.NDArray[np.float64]
M, N, D, SIGMA = 240, 5, 3, 0.3
SMALL: dict[str, Any] = {"rank": 1, "max_starts": 8}


def drawn(seed: int, pairs: Array | None = None, noise: Array | None = None) -> tuple[Array, Array, Array]:
    """X, Y and A of rank 1 and norm 1, phi = tanh(3 u / 2), Y averaged over ``pairs`` (M, N, N)."""
    rng = np.random.default_rng(np.random.SeedSequence([31, seed]))
    x = rng.standard_normal((M, N, D))
    a, b = (v / np.linalg.norm(v) for v in rng.standard_normal((2, D)))
    pairs = np.broadcast_to(1 - np.eye(N), (M, N, N)) if pairs is None else pairs
    g = np.tanh(1.5 * x @ np.outer(a, b) @ x.transpose(0, 2, 1))
    errors = SIGMA * rng.standard_normal((M, N)) if noise is None else noise
    return x, (g * pairs).sum(axis=2) / np.maximum(pairs.sum(axis=2), 1) + errors, np.outer(a, b)


def miss(fit: InteractionRegressor, matrix: Array) -> float:
    """sin^2 of the angle between A and the fitted A."""
    return 1 - float(np.sum(fit.A_ * matrix)) ** 2 / float(np.sum(fit.A_**2))


def covers(fit: InteractionRegressor, matrix: Array) -> float:
    """The share of the entries of A, at the norm of the fit, within 1.96 standard errors."""
    factor = float(np.sum(fit.A_ * matrix))
    return float(np.mean(np.abs(factor * matrix - fit.A_) <= 1.96 * fit.A_se_))


def test_weights_halve_the_error_where_variances_differ_and_standard_errors_follow() -> None:
    """Six data sets with standard deviations from about 1/8 to 8 times the middle one."""
    told = []
    for seed in range(6):
        weights = np.exp(2 * np.random.default_rng(seed).standard_normal(M))
        noise = SIGMA * np.random.default_rng(100 + seed).standard_normal((M, N)) / np.sqrt(weights)[:, None]
        x, y, matrix = drawn(seed, noise=noise)
        fit, plain = InteractionRegressor(**SMALL).fit(x, y, weights), InteractionRegressor(**SMALL).fit(x, y)
        assert fit.noise_sd_ == pytest.approx(SIGMA / np.sqrt(weights.mean()), rel=0.1)
        told.append((miss(fit, matrix), miss(plain, matrix), covers(fit, matrix)))
    ours, theirs, covered = np.array(told).T
    assert np.exp(np.mean(np.log(ours / theirs))) < 0.25
    assert covered.mean() > 0.8
    assert "least squares weighted" in str(fit.summary())


def test_weights_have_no_unit_and_equal_ones_are_none() -> None:
    x, y, _ = drawn(0)
    weights = np.random.default_rng(0).exponential(size=M)
    one, two = (InteractionRegressor(**SMALL).fit(x, y, factor * weights) for factor in (1.0, 1e6))
    np.testing.assert_allclose(one.A_, two.A_, rtol=1e-6, atol=1e-9)
    assert one.noise_sd_ == pytest.approx(two.noise_sd_)
    equal, none = InteractionRegressor(**SMALL).fit(x, y, np.full(M, 7.0)), InteractionRegressor(**SMALL).fit(x, y)
    np.testing.assert_array_equal(equal.A_, none.A_)
    assert "responses" not in none.numbers_


def test_a_layout_that_says_nothing_is_the_fit_without_it() -> None:
    """Weights that differ in the last digits: the kernels with a mask give what those without do."""
    x, y, _ = drawn(1)
    one = InteractionRegressor(**SMALL).fit(x, y)
    two = InteractionRegressor(**SMALL).fit(x, y, 1 + 1e-15 * np.arange(M))
    assert two.numbers_["responses"] == M * N
    assert two.numbers_["weighted"] is False
    # Softmax over rows is compared where all rows are alike only.
    same = {name for name in one.numbers_ if not name.startswith("softmax")} - {"seconds", "iterations"}
    for name in sorted(same):
        if one.numbers_[name] is None or isinstance(one.numbers_[name], (str, bool)):
            assert two.numbers_[name] == one.numbers_[name], name
        elif name != "warnings":
            size = np.abs(one.numbers_[name]).max(initial=1e-12)
            np.testing.assert_allclose(
                two.numbers_[name], one.numbers_[name], rtol=1e-5, atol=1e-6 * size, err_msg=name
            )


def test_groups_are_held_out_whole_and_repeated_samples_are_no_evidence() -> None:
    """Every sample five times: standard errors of groups are those of the samples given once, others are too small."""
    x, y, matrix = drawn(2)
    groups = np.repeat(np.arange(M), 5)
    often = np.repeat(x, 5, axis=0), np.repeat(y, 5, axis=0)
    once = InteractionRegressor(**SMALL).fit(x, y)
    grouped = InteractionRegressor(**SMALL).fit(*often, groups=groups)
    ignored = InteractionRegressor(**SMALL).fit(*often)
    size = np.linalg.norm(once.A_se_)
    assert np.linalg.norm(grouped.A_se_) == pytest.approx(size, rel=0.1)
    assert np.linalg.norm(ignored.A_se_) < 0.5 * size
    assert grouped.numbers_["freedom"] < 2 * once.numbers_["freedom"] < ignored.numbers_["freedom"] * 0.9
    assert miss(grouped, matrix) < miss(ignored, matrix)  # whose phi follows the noise that repeats
    assert f"{5 * M} in {M} groups" in str(grouped.summary())
    order = np.random.default_rng(0).permutation(5 * M)
    order, cut = fit_own_data._groups_held_out(groups, order)
    fitted, held = set(groups[order[:cut]].tolist()), set(groups[order[cut:]].tolist())
    assert not fitted & held
    assert len(held) == M // 5
    assert sorted(order.tolist()) == list(range(5 * M))


def test_samples_of_unequal_length() -> None:
    """With a mask phi and noise are those of the truth; padding taken for tokens moves both, and the fit says so."""
    lengths = np.random.default_rng(4).integers(2, N + 1, M)
    there = np.arange(N) < lengths[:, None]
    pairs = (1 - np.eye(N)) * there[:, None, :]
    x, y, matrix = drawn(3, pairs)
    marked = np.where(there[..., None], x, np.nan)
    fit = InteractionRegressor(**SMALL).fit(marked, y)
    assert fit.converged_
    assert miss(fit, matrix) < 0.01
    assert fit.noise_sd_ == pytest.approx(SIGMA, rel=0.1)
    assert fit.numbers_["missing_tokens"] == np.count_nonzero(~there)
    by_mask = InteractionRegressor(**SMALL).fit(np.where(there[..., None], x, 7.0), y, mask=there)
    np.testing.assert_array_equal(by_mask.A_, fit.A_)  # what stands in place of a missing token is not looked at
    longer = np.concatenate([marked, np.full((M, 2, D), np.nan)], axis=1)
    more = InteractionRegressor(**SMALL).fit(longer, np.concatenate([y, np.zeros((M, 2))], axis=1))
    np.testing.assert_allclose(more.A_, fit.A_, atol=2e-3 * np.abs(fit.A_).max())
    told = fit.predict(marked)
    np.testing.assert_array_equal(np.isnan(told), ~there)
    np.testing.assert_allclose(told[there], fit.predict(x, mask=there)[there], atol=1e-12)
    assert fit.score(marked, y) > 0.5
    for m in range(3):
        np.testing.assert_allclose(told[m, : lengths[m]], fit.predict(x[m : m + 1, : lengths[m]])[0], atol=1e-12)
    padded = InteractionRegressor(**SMALL).fit(np.where(there[..., None], x, 0.0), np.where(there, y, 0.0))
    full = lengths == N  # samples that both are right to take as they are
    truth = drawn(3, pairs, np.zeros((M, N)))[1][full]
    ours, theirs = (float(np.mean((one.predict(x[full]) - truth) ** 2)) for one in (fit, padded))
    assert theirs > 5 * ours


@pytest.mark.parametrize(("name", "k"), [("earlier", -1), ("all", N), ("earlier_and_self", 0)])
def test_other_partners_are_an_option_and_without_it_predictions_are_wrong(name: str, k: int, tmp_path: Path) -> None:
    pairs = np.broadcast_to(np.tri(N, k=k), (M, N, N))
    noise = SIGMA / 2 * np.random.default_rng(4).standard_normal((M, N))
    x, y, matrix = drawn(4, pairs, noise)
    fit = InteractionRegressor(**SMALL).set_params(partners=name).fit(x, y)
    assert fit.converged_
    assert miss(fit, matrix) < 0.01
    counted = pairs[0].sum(axis=1) > 0
    assert fit.noise_sd_ == pytest.approx(np.std((y - fit.predict(x))[:, counted]), rel=0.02)
    assert fit.noise_sd_ == pytest.approx(SIGMA / 2, rel=0.1)
    u = x @ fit.A_ @ x.transpose(0, 2, 1)
    expected = (fit.phi_(u) * pairs).sum(axis=2)[:, counted] / pairs.sum(axis=2)[:, counted]
    np.testing.assert_allclose(fit.predict(x)[:, counted], expected, atol=1e-12)
    assert np.all(np.isnan(fit.predict(x)[:, ~counted]))
    fit.interaction_.save(tmp_path / "model.npz")
    np.testing.assert_array_equal(load_interaction(tmp_path / "model.npz").predict(x), fit.predict(x))
    ignored = InteractionRegressor(**SMALL).fit(x, y)
    truth = drawn(4, pairs, np.zeros((M, N)))[1][:, counted]
    ours, theirs = (float(np.mean((one.predict(x)[:, counted] - truth) ** 2)) for one in (fit, ignored))
    assert theirs > 5 * ours


def trial_of(**data: Any) -> OwnTrial:
    given = {"path": "a.npz", "sha256": "0" * 64, "samples": 100, "tokens": 5, "d": 3, **data.pop("data", {})}
    return OwnTrial.model_validate({"data": given, "n": 100, **data})


def test_keys_of_fits_without_a_layout_have_not_moved_and_those_with_one_differ() -> None:
    assert trial_of().key() == "061c3bb2c4592747b057"
    others = [
        trial_of(data={"arrays": ["weights"]}),
        trial_of(data={"responses": 490}),
        trial_of(model={"name": "ips_erm", "partners": "earlier"}),
        trial_of(model={"name": "ips_erm", "partners": "all"}),
    ]
    assert len({one.key() for one in (trial_of(), *others)}) == 5
    with pytest.raises(ValueError, match="6 responses that count are too few for the 4 parameters"):
        trial_of(data={"responses": 6})


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_entries_of_a_are_covered_with_groups_and_not_without(seed: int) -> None:
    """60 data sets whose tokens and noise are alike within each of 40 groups of 6 samples."""
    group, shares = np.arange(M) % 40, []
    for k in range(60):
        rng = np.random.default_rng(np.random.SeedSequence([77, seed, k]))
        a, b = (v / np.linalg.norm(v) for v in rng.standard_normal((2, D)))
        x = 0.6 * rng.standard_normal((M, N, D)) + 0.8 * rng.standard_normal((40, 1, D))[group]
        u = x @ np.outer(a, b) @ x.transpose(0, 2, 1)
        slope = rng.standard_normal((40, D))[group]  # what a group's noise does with its tokens
        noise = 0.3 * np.einsum("mia,ma->mi", x, slope) + 0.2 * rng.standard_normal((M, N))
        y = (np.tanh(1.5 * u) * (1 - np.eye(N))).sum(axis=2) / (N - 1) + noise
        fits = (InteractionRegressor(**SMALL).fit(x, y, groups=each) for each in (group, None))
        shares.append([covers(fit, np.outer(a, b)) for fit in fits])
    with_groups, without = np.mean(shares, axis=0)
    assert with_groups > 0.85
    assert without < 0.75
