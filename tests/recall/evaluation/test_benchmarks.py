"""The benchmarks as estimators of a trial: the order in which knowledge helps, and what they refuse."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.linalg import LinAlgError

from mtam.problems.registry import run_pack
from mtam.recall.evaluation import benchmarks, posterior
from mtam.recall.recall_spec import RecallData, RecallTrial, recall_model
from mtam.recall.simulate.contexts import problem


def _error(name: str, n: int, **data: object) -> float:
    trial = RecallTrial(n=n, seed=1, data=RecallData(**data), model=recall_model(name=name))  # type: ignore[arg-type]
    (record,) = run_pack([trial], device="cpu", tick=lambda _: None)
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
    (record,) = run_pack([trial], device="cpu", tick=lambda _: None)
    assert "limited to n = 16384" in record["failure"]


@pytest.mark.bits
def test_the_bayes_rule_beside_a_model_is_the_one_alone() -> None:
    data = RecallData(test=512)
    beside = RecallTrial(n=1024, seed=1, data=data, model=recall_model(benchmark=True, steps=2.0))
    alone = RecallTrial(n=1024, seed=1, data=data, model=recall_model(name="gp"))
    heard: list[float] = []
    (record,) = run_pack([beside], device="cpu", tick=heard.append)
    assert record["bayes_error"] == run_pack([alone], device="cpu", tick=lambda _: None)[0]["error"]
    assert heard == sorted(heard)
    assert heard[-1] == 1.0
    small = beside.model_copy(update={"n": 512})
    assert "bayes_error" not in run_pack([small], device="cpu", tick=lambda _: None)[0]


def test_a_record_is_the_benchmark_on_the_trials_own_contexts() -> None:
    """The same contexts as the trained models of the seed have; the Bayes rule alone is ``bayes``."""
    trial = RecallTrial(n=64, seed=3, data=RecallData(test=128), model=recall_model("gp"))
    record, scores = benchmarks.solve(trial), benchmarks.bayes(trial)
    assert {name: record[name] for name in scores} == scores
    assert "neighbours" not in record
    near = benchmarks.solve(trial.model_copy(update={"model": recall_model("knn")}))
    assert near["target_variance"] == record["target_variance"]
    assert near["neighbours"] >= 1


def test_a_singular_kernel_matrix_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def singular(_: RecallTrial) -> dict[str, float]:
        raise LinAlgError

    monkeypatch.setattr(benchmarks, "bayes", singular)
    trials = [RecallTrial(n=64, model=recall_model(name)) for name in ("gp", "knn")]
    heard: list[float] = []
    refused, answered = benchmarks.run(trials, device="cpu", tick=heard.append)
    assert refused == {"failure": "the kernel matrix is singular to rounding; give the data some noise"}
    assert answered["error"] > 0
    assert heard == [0.5, 1.0]


def test_the_prior_is_centred_where_the_target_is_before_it_is_standardised(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has learned nothing answers its prior mean, zero, which is -mean / deviation in the units here."""
    trial = RecallTrial(n=64, seed=3, data=RecallData(test=128), model=recall_model("gp"))
    p = problem(trial.data, trial.seed)
    shift = p.answer.mean / p.answer.deviation
    given: list[np.ndarray] = []

    def ignorant(
        _known: np.ndarray, observed: np.ndarray, _asked: np.ndarray, variance: float, _noise: float
    ) -> Callable[[np.ndarray], np.ndarray]:
        given.append(observed)
        assert variance == pytest.approx(1 / p.answer.deviation**2)
        return lambda points: np.zeros(len(points))

    monkeypatch.setattr(benchmarks, "posterior_mean", ignorant)
    found = benchmarks.bayes(trial)
    assert abs(shift) > 0.1
    assert found["mse"] == pytest.approx(np.mean((-shift - p.sample("test", 128).clean) ** 2))
    np.testing.assert_allclose(given[0], p.sample("train", 64).observed + shift)


def test_beside_a_model_stands_what_the_trial_asks_for() -> None:
    """The average Bayes risk is that of sweep bayes on the same contexts; the Bayes rule begins at n = 1024."""

    def asked(n: int, **more: Any) -> dict[str, float]:
        data = RecallData(target="matern_stratified", test=1100)
        return benchmarks.beside(RecallTrial(n=n, seed=5, data=data, model=recall_model(**more)))

    assert asked(64) == asked(64, benchmark=True) == {}
    average = asked(64, benchmark=True, average_bayes=True)
    assert list(average) == ["average_bayes_error"]
    alone = RecallTrial(n=64, seed=5, data=RecallData(test=benchmarks.AVERAGED), model=recall_model("posterior"))
    (record,) = posterior.run([alone], device="cpu", tick=lambda _: None)
    assert average["average_bayes_error"] == pytest.approx(record["error"], rel=1e-12)
    both = asked(1024, benchmark=True, average_bayes=True)
    assert list(both) == ["bayes_error", "bayes_error_se", "bayes_axes_learned", "average_bayes_error"]
    assert 0 < both["average_bayes_error"] < average["average_bayes_error"]


def test_one_factor_gives_the_bayes_rule_and_the_average_risk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A target that the prior standardises: the mean and the variance by one factor are those of two solutions."""
    data = RecallData(alpha=1.0, target="matern_stratified", test=1100)
    asked = RecallTrial(n=1024, seed=5, data=data, model=recall_model(benchmark=True, average_bayes=True))
    shared = benchmarks.beside(asked)
    monkeypatch.setattr(benchmarks, "BY_POPULATION", ())
    apart = benchmarks.beside(asked)
    assert list(shared) == list(apart)
    np.testing.assert_allclose(list(shared.values()), list(apart.values()), rtol=1e-7)
