"""Trials are light to plan, refuse what cannot be, and pack by tensor shape alone."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from mtam.recall.recall_spec import RecallData, RecallTrial, ReportedToy, recall_model
from mtam.recall.run_recall import run
from mtam.recall.theory.minimax import reference_curve


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("mtam.recall.recall_spec", {"torch", "scipy", "numba"}),
        ("mtam.recall.reading.reported_toy", {"torch", "scipy", "numba"}),
        ("mtam.recall.theory.minimax", {"torch", "numba"}),
    ],
)
def test_planning_and_theory_do_not_load_torch(module: str, heavy: set[str]) -> None:
    code = f"import {module}, sys; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_members_that_differ_in_everything_but_shape_are_one_pack() -> None:
    """Spectrum, basis, target, tags, noise, seed, start: none of them changes a tensor's shape or the optimiser."""
    small: dict[str, Any] = {"modes": 12, "nodes": 32, "test": 64}
    some = [
        RecallTrial(n=40, seed=0, data=RecallData(alpha=0.5, **small)),
        RecallTrial(n=40, seed=1, data=RecallData(spectrum="polynomial", basis="haar", target="takagi", **small)),
        RecallTrial(n=40, seed=2, data=RecallData(basis="bspline", tags="iid", noise=0.5, **small)),
        RecallTrial(n=40, seed=3, data=RecallData(basis="legendre", tags="equicorrelated", query_noise=0.2, **small)),
        RecallTrial(n=40, seed=4, data=RecallData(target="quadratic", tags="simplex", decay=2.0, **small)),
        RecallTrial(n=40, seed=5, data=RecallData(**small), model=recall_model(init="random", beta0=1.0, band=0.5)),
    ]
    assert len({t.shape() for t in some}) == 1
    together = run(some, device="cpu", tick=lambda _: None)
    for t, record in zip(some, together, strict=True):
        (alone,) = run([t], device="cpu", tick=lambda _: None)
        assert record["error"] == pytest.approx(alone["error"], rel=5e-3)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ({"n": 64}, {"n": 65}),
        ({"model": recall_model(lr=1e-3)}, {}),
        ({"model": recall_model(name="linear")}, {}),
        ({"data": RecallData(length=100)}, {}),
        ({"data": RecallData(components=3)}, {}),
        ({"data": RecallData(tags="nuisance")}, {}),
        ({"model": recall_model("frozen_rbf")}, {"model": recall_model("frozen_rbf", bandwidth=1.0)}),
        ({"protocol": "reported"}, {}),
    ],
)
def test_what_changes_the_program_changes_the_shape(a: dict[str, object], b: dict[str, object]) -> None:
    first, second = RecallTrial.model_validate(a), RecallTrial.model_validate(b)
    assert first.shape() != second.shape()
    assert first.key() != second.key()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"components": 6, "tags": "orthonormal"}, "at most 4"),
        ({"components": 6, "tags": "simplex"}, "at most 5"),
        ({"components": 9}, "at most 8"),
        ({"modes": 128}, "at most 127"),
        ({"modes": 65, "basis": "bspline"}, "at most 64"),
        ({"nodes": 100, "basis": "haar"}, "power of two"),
        ({"noise": -0.1}, "greater than or equal to 0"),
        ({"alpha": 0.0}, "greater than 0"),
    ],
)
def test_impossible_trials_are_refused(data: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        RecallTrial.model_validate({"data": data})


def test_heads_must_share_the_width() -> None:
    with pytest.raises(ValidationError, match="no multiple"):
        ReportedToy(width=6, heads=4)


def test_steps_of_the_reported_toy_are_epochs_or_their_own_number() -> None:
    trial = RecallTrial(protocol="reported", n=64)
    assert trial.optimiser_steps() == 20 * 4
    free = RecallTrial(protocol="reported", n=64, reported=ReportedToy(steps=500))
    assert free.optimiser_steps() == 500


def test_forecasts_grow_with_the_sample() -> None:
    for name in ("softmax", "knn", "gp"):
        costs = [RecallTrial(n=n, model=recall_model(name=name)).cost() for n in (64, 1024, 8192)]
        assert costs == sorted(costs)
        assert costs[0] > 0


@pytest.mark.parametrize("alpha", [1.0, 2.0, 3.0])
def test_the_polynomial_law_is_the_limit_of_the_reference_curve(alpha: float) -> None:
    """Far out, the local slope of R_ref in ln ln n approaches -(2 alpha - 1)."""
    law = RecallTrial(data=RecallData(spectrum="polynomial", alpha=alpha)).law()
    assert law["name"] == "log_power"
    n = np.array([1e60, 1e120])
    risk = reference_curve(alpha, 1.0, n.tolist(), 0.1, spectrum="polynomial")
    slope = np.diff(np.log(risk)) / np.diff(np.log(np.log(n)))
    assert float(slope[0]) == pytest.approx(-law["exponent"], rel=0.1)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"model": recall_model(key_dim=5)}, "tags have 4 dimensions"),
        ({"model": recall_model("mercer", width=96)}, "there are data.modes = 48"),
    ],
)
def test_models_that_do_not_fit_the_data_are_refused(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        RecallTrial(**settings)


def test_heads_and_key_width_are_of_softmax() -> None:
    for wrong in ({"heads": 2}, {"key_dim": 2}):
        with pytest.raises(ValueError, match="is a setting of softmax, not of linear"):
            recall_model("linear", **wrong)


def test_trials_that_solve_the_bayes_rule_share_packs_by_cell_only_where_it_is_dear() -> None:
    def shape(n: int, alpha: float, seed: int = 0) -> Any:
        return RecallTrial(n=n, seed=seed, data=RecallData(alpha=alpha), model=recall_model(benchmark=True)).shape()

    assert shape(2048, 0.5) == shape(2048, 1.0)
    assert shape(8192, 0.5) != shape(8192, 1.0)
    assert shape(8192, 0.5) == shape(8192, 0.5, seed=1)
    assert shape(16384, 0.5) != shape(16384, 0.5, seed=1)  # a pack's matrices add up in the forecast of its memory
    for data in (RecallData(target="takagi"), RecallData(noise=0.0)):  # no Bayes rule is known there
        assert not RecallTrial(n=8192, data=data, model=recall_model(benchmark=True)).benchmarked()
    assert shape(65536, 0.5) == shape(65536, 1.0)  # beyond the limit there is none
