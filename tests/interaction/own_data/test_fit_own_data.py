"""A fit to own data: from a file to numbers, without a truth."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from pydantic import ValidationError

from mtam.interaction.files import dataset
from mtam.interaction.files.own_samples import OwnSamples
from mtam.interaction.model import pair_kernels_reference
from mtam.interaction.own_data import fit_own_data
from mtam.interaction.own_data.fitted_interaction import FittedInteraction, from_record
from mtam.interaction.own_data.own_data_spec import OwnTrial
from tests.interaction.simulated import made

Array = npt.NDArray[np.float64]
Result = dict[str, Any]

PROMISED = {
    "rank", "K", "intervals", "spline_degree", "holdout_error", "holdout_se", "noise_sd", "explained", "explainable",
    "converged", "starts", "agreeing", "lack_of_fit", "seconds", "d", "tokens", "samples", "rank_tried", "rank_error",
    "rank_se", "rank_converged", "phi_grid", "phi_hat", "band_low", "band_high", "u_density", "singular_hat", "matrix",
    "coefficients", "variance", "parameters", "reach", "warnings", "found", "explains", "fits", "basin",
    "no_interaction_p", "linear_p", "constant_p", "linear_explained", "structure_p", "structure_p_values",
    "structure_shares", "angles", "zero_tokens", "matrix_se", "column_angles_se", "row_angles_se",
    "angle_se", "linear_phi_p", "next_rank_p", "prediction_low", "prediction_high",
    "softmax_error", "softmax_gain", "softmax_gain_se",
    "residual_prediction", "residual_standardised", "residual_leverage", "residual_cook", "residual_sample",
    "residual_token", "residual_responses", "residual_mean_leverage", "residual_correlation", "order_share",
    "order_residual", "trend_prediction", "trend_residual", "trend_error",
}  # fmt: skip


def trial(folder: Path, x: Array, y: Array, **settings: Any) -> OwnTrial:
    path = folder / "own.npz"
    np.savez(path, X=x, Y=y)
    samples, tokens, d = x.shape
    data = {"path": str(path), "sha256": dataset.digest(path), "samples": samples, "tokens": tokens, "d": d}
    return OwnTrial.model_validate({"data": data, "n": samples, **settings})


def once(folder: Path, x: Array, y: Array, **settings: Any) -> Result:
    settings["model"] = {"max_starts": 10, **settings.get("model", {})}  # enough here, and it is the starts that cost
    return fit_own_data.run([trial(folder, x, y, **settings)], device="cpu", tick=lambda _: None)[0]


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return once(tmp_path_factory.mktemp("own"), *made())


def test_promised_fields_as_json(result: Result) -> None:
    assert set(result) == PROMISED
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert (result["d"], result["tokens"], result["samples"]) == (3, 5, 600)
    assert len({len(result[name]) for name in ("phi_grid", "phi_hat", "band_low", "band_high", "u_density")}) == 1
    step = result["phi_grid"][1] - result["phi_grid"][0]
    assert sum(result["u_density"]) * step == pytest.approx(1, abs=0.01)
    assert result["rank_tried"] == sorted(result["rank_tried"])


def test_what_can_be_known_is_found(result: Result) -> None:
    assert result["rank"] == 2
    assert result["converged"]
    assert result["noise_sd"] == pytest.approx(0.3, rel=0.04)  # three standard errors, each 1/sqrt(2 M N) = 1.3%
    assert abs(result["explained"] - result["explainable"]) < 0.1
    assert result["holdout_error"] > result["noise_sd"] ** 2 - 3 * result["holdout_se"]
    assert np.linalg.matrix_rank(np.reshape(result["matrix"], (3, 3)), 1e-9) == 2


def test_the_gauge(result: Result) -> None:
    x, _ = made()
    fitted = from_record(result)
    moment = np.einsum("mna,mnb->ab", x, x) / (600 * 5)
    assert np.trace(fitted.matrix @ moment @ fitted.matrix.T @ moment) == pytest.approx(1 / 9)
    grid, phi = np.array(result["phi_grid"]), np.array(result["phi_hat"])
    assert np.cov(grid, phi, aweights=result["u_density"])[0, 1] > 0
    np.testing.assert_allclose(fitted.phi(grid), phi)
    assert fitted.band is not None
    assert np.all(fitted.band.low < phi)


def test_reflecting_the_interaction_changes_its_names_only() -> None:
    """phi(u) and phi(-u) with -A: one of the two is chosen, whichever the fit found."""
    x, _ = made(samples=50)
    rng = np.random.default_rng(1)
    for even in (False, True):
        coefficients = rng.standard_normal(9)
        coefficients = coefficients + coefficients[::-1] if even else np.sort(coefficients)
        one = FittedInteraction(rng.standard_normal((3, 3)), coefficients, 3, 6)
        two = FittedInteraction(-one.matrix, one.coefficients[::-1].copy(), 3, 6)
        np.testing.assert_array_equal(fit_own_data._sign(one, x).matrix, fit_own_data._sign(two, x).matrix)
        np.testing.assert_array_equal(fit_own_data._sign(one, x).coefficients, fit_own_data._sign(two, x).coefficients)
        np.testing.assert_allclose(fit_own_data._sign(one, x).predict(x), one.predict(x), atol=1e-12)


def test_equal_trials_give_equal_numbers(result: Result, tmp_path: Path) -> None:
    again = once(tmp_path, *made())
    again["seconds"] = result["seconds"]
    assert again == result


def test_units_of_y_do_not_matter(result: Result, tmp_path: Path) -> None:
    """Y -> a + b Y moves phi alike and nothing else; a = 10^6 standard deviations costs digits, not the fit."""
    x, y = made()
    moved = once(tmp_path, x, 1e3 * (y + 1e6))
    assert moved["rank"] == result["rank"]
    for name, unit in (("holdout_error", 1e6), ("noise_sd", 1e3), ("explained", 1), ("explainable", 1)):
        assert moved[name] == pytest.approx(unit * result[name], rel=1e-4)
    np.testing.assert_allclose(moved["matrix"], result["matrix"], atol=1e-4)
    np.testing.assert_allclose(np.array(moved["phi_hat"]) / 1e3 - 1e6, result["phi_hat"], atol=1e-3)


def test_noise_alone_explains_nothing(tmp_path: Path) -> None:
    x, _ = made(samples=400)
    found = once(tmp_path, x, np.random.default_rng(3).standard_normal((400, 5)))
    assert found["rank"] == 1
    assert found["explained"] < 0.02
    assert abs(found["explainable"]) < 0.1
    inside = np.array(found["band_low"]) * np.array(found["band_high"]) < 0
    assert np.average(inside, weights=found["u_density"]) > 0.8


def test_settings_are_obeyed(tmp_path: Path) -> None:
    found = once(tmp_path, *made(samples=300), model={"rank": 3, "intervals": 5, "degree": 2})
    assert (found["rank"], found["K"], found["spline_degree"]) == (3, 5, 2)
    assert found["rank_tried"] == [3]
    assert len(found["coefficients"]) == found["intervals"] + 2


@pytest.mark.parametrize("rule", ["cp", "holdout", "bic"])
def test_intervals_from_the_data(tmp_path: Path, rule: str) -> None:
    found = once(tmp_path, *made(), model={"rank": 2, "k_rule": rule})
    assert 1 <= found["K"] <= found["intervals"]
    assert found["converged"]


def test_a_penalised_fit_tells_both_bands_and_what_is_not_known_of_the_matrix(tmp_path: Path) -> None:
    found = once(tmp_path, *made(), model={"rank": 2, "k_rule": "reml"})
    assert set(found) - PROMISED == {
        "simultaneous_low", "simultaneous_high", "simultaneous_critical", "simultaneous_from", "simultaneous_to",
        "freedom", "smoothing",
    }  # fmt: skip
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["converged"]
    assert found["K"] == 40
    assert 2 < found["freedom"] < 20
    low, high, phi = (np.array(found[name]) for name in ("band_low", "band_high", "phi_hat"))
    wider = found["simultaneous_critical"] / 1.959964
    assert 1.2 < wider < 2
    np.testing.assert_allclose(np.array(found["simultaneous_high"]) - phi, wider * (high - phi))
    np.testing.assert_allclose(phi - np.array(found["simultaneous_low"]), wider * (phi - low))
    assert found["noise_sd"] == pytest.approx(0.3, rel=0.04)
    entries = np.reshape(found["matrix_se"], (3, 3))
    assert np.all(entries > 0)
    assert np.linalg.norm(entries) < 0.3 * np.linalg.norm(found["matrix"])
    grid = np.array(found["phi_grid"])
    inside = (grid > found["simultaneous_from"]) & (grid < found["simultaneous_to"])
    assert 0.2 < np.mean(inside) < 1
    assert len(found["column_angles_se"]) == len(found["row_angles_se"]) == 2


def test_one_coordinate(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((200, 3, 1))
    y = pair_kernels_reference.off_diagonal_mean(np.tanh(x @ x.transpose(0, 2, 1))).reshape(200, 3)
    found = once(tmp_path, x, y + 0.1 * rng.standard_normal((200, 3)))
    assert (found["rank"], found["parameters"], found["rank_tried"]) == (1, 0, [1])
    assert found["noise_sd"] == pytest.approx(0.1, rel=0.1)


def test_changed_and_missing_files_are_sentences(tmp_path: Path) -> None:
    planned = trial(tmp_path, *made(samples=50))
    x, y = made(samples=50, seed=1)
    np.savez(tmp_path / "own.npz", X=x, Y=y)
    (found,) = fit_own_data.run([planned], device="cpu", tick=lambda _: None)
    assert "has changed since" in found["failure"]
    (tmp_path / "own.npz").unlink()
    (found,) = fit_own_data.run([planned], device="cpu", tick=lambda _: None)
    assert "no such file" in found["failure"]
    false = trial(tmp_path, x, y).model_dump()
    false["data"]["d"] = 4
    (found,) = fit_own_data.run([OwnTrial.model_validate(false)], device="cpu", tick=lambda _: None)
    assert "as planned" in found["failure"]


def test_progress_rises_to_one_and_may_stop_the_run(tmp_path: Path) -> None:
    seen: list[float] = []
    planned = trial(tmp_path, *made(samples=200), model={"rank": 1})
    fit_own_data.run([planned, planned], device="cpu", tick=seen.append)
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0, 1)

    def stop(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit_own_data.run([planned], device="cpu", tick=stop)


def test_large_data_stay_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit a random part chooses the rank and all samples make the fit, in the order of the file."""
    x, y = made()
    monkeypatch.setattr(fit_own_data, "IN_MEMORY", 300 * 15)
    split, whole, place = fit_own_data._shuffled(OwnSamples(x, y), 0)
    assert (len(split.x), len(split.x_test)) == (240, 60)
    assert whole.x is x
    assert whole.y is y
    assert place.tolist() == list(range(600))
    assert once(tmp_path, x, y, model={"rank": 2})["noise_sd"] == pytest.approx(0.3, rel=0.04)


def test_identity_is_the_content_and_the_settings(tmp_path: Path) -> None:
    one = trial(tmp_path, *made(samples=50))
    fields = one.model_dump()
    elsewhere = OwnTrial.model_validate({**fields, "data": {**fields["data"], "path": "/elsewhere/b.npz"}})
    assert elsewhere.key() == one.key()
    others = [
        {**fields, "data": {**fields["data"], "sha256": "0" * 64}},
        {**fields, "seed": 1},
        {**fields, "model": {**fields["model"], "rank": 2}},
    ]
    assert len({one.key(), *(OwnTrial.model_validate(other).key() for other in others)}) == 4
    assert OwnTrial.from_json(one.model_dump_json()) == one
    assert (one.shape(), one.law(), one.facts()) == (None, {"name": "power_law"}, {})
    assert one.cost() > 0


@pytest.mark.parametrize(
    ("d", "rows", "ranks"),
    [(1, 100, [1]), (2, 100, [1, 2]), (6, 500, [1, 2, 4, 6]), (8, 500, [1, 2, 4, 8]), (8, 60, [1, 2])],
)
def test_ranks_double_up_to_d_as_the_data_allow(d: int, rows: int, ranks: list[int]) -> None:
    data = {"path": "a.npz", "sha256": "0" * 64, "samples": rows // 2, "tokens": 2, "d": d}
    assert OwnTrial.model_validate({"data": data, "n": rows // 2}).ranks() == ranks


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"n": 49}, "differs from the 50 samples"),
        ({"model": {"rank": 4}}, "larger than d = 3"),
        ({"model": {"name": "oracle_a"}}, "valid: ips_erm"),
        ({"model": {"intervals": 123}}, "valid: at most 122"),
    ],
)
def test_settings_without_sense_are_refused(tmp_path: Path, change: Result, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        trial(tmp_path, *made(samples=50), **change)


def test_too_few_samples_for_a_rank_are_refused() -> None:
    data = {"path": "a.npz", "sha256": "0" * 64, "samples": 50, "tokens": 2, "d": 8}
    with pytest.raises(ValidationError, match=r"too few for the 63 parameters .* at least 63"):
        OwnTrial.model_validate({"data": data, "n": 50, "model": {"rank": 8}})


def test_a_rough_phi_is_said_to_be_cut_off_and_followed_by_splines_of_lower_degree(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1.7, 1.7, (1000, 2, 1))
    phi = np.sin(12 * x @ x.transpose(0, 2, 1))
    y = pair_kernels_reference.off_diagonal_mean(phi).reshape(1000, 2) + 0.1 * rng.standard_normal((1000, 2))
    cut, rough = (once(tmp_path, x, y, model={"degree": degree, "k_rule": "cp"}) for degree in (3, 2))
    assert [one for one in cut["warnings"] if "largest K that was tried" in one]
    assert rough["K"] > 1.4 * cut["K"]
    assert rough["holdout_error"] < cut["holdout_error"]
