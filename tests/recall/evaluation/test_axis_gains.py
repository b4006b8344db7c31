"""Axes by the share of their effect that is learned: of planted functions, of the Bayes rule, of a trained model."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray

from mtam.recall.evaluation.axis_gains import axis_gains, redrawn, visible
from mtam.recall.evaluation.benchmarks import bayes
from mtam.recall.recall_spec import RecallData, RecallTrial, recall_model
from mtam.recall.run_recall import run
from mtam.recall.simulate.contexts import Sample, problem
from mtam.recall.simulate.targets import Answer
from mtam.recall.theory.minimax import effective_dimension

DATA = RecallData(alpha=1.0, modes=12, nodes=32, test=600)
P = problem(DATA, 3)
SAMPLE = P.sample("test", 600)


def exact(sample: Sample) -> NDArray[np.float64]:
    return sample.clean


def gains(answer: Callable[[Sample], NDArray[np.float64]]) -> NDArray[np.float64]:
    return np.asarray(axis_gains(lambda some: np.array([answer(s) for s in some]), [SAMPLE], [P])[0])


def _told(other: Answer, sample: Sample) -> NDArray[np.float64]:
    return other(sample.recalled(), sample.query)


def test_one_coefficient_is_redrawn_and_nothing_else() -> None:
    uniforms = np.random.default_rng(0).random(600, dtype=np.float32)
    after = redrawn(SAMPLE, P, 2, uniforms)
    rows = np.arange(600)
    changed = after.coefficients != SAMPLE.coefficients
    assert not np.delete(changed.any(0), 2, axis=1).any()
    assert changed[rows, SAMPLE.answering, 2].all()
    assert changed.sum() == 600
    np.testing.assert_allclose(after.moments, after.coefficients, atol=1e-6)  # exact contexts: moments are u
    np.testing.assert_allclose(after.clean, P.answer(after.recalled(), SAMPLE.query))
    law = after.recalled()[:, 2]
    assert law.var() == pytest.approx(P.law.eigenvalues[2], rel=0.15)


def test_the_target_itself_has_gain_one_on_every_axis_and_a_constant_none() -> None:
    np.testing.assert_allclose(gains(exact), 1.0)
    assert not gains(lambda sample: np.zeros(len(sample))).any()


def test_an_answer_that_knows_two_axes_has_two() -> None:
    """F* averaged over the others, as an estimator that resolves two axes gives it, by quadrature."""
    rng = np.random.default_rng(1)
    others = P.law.coefficients(rng.random((256, 12), dtype=np.float32))

    def answer(sample: Sample) -> NDArray[np.float64]:
        u = np.repeat(others[None], len(sample), 0)
        u[:, :, :2] = sample.recalled()[:, None, :2]
        flat = P.answer(u.reshape(-1, 12), np.repeat(sample.query, len(others)))
        return np.asarray(flat.reshape(len(sample), -1).mean(1))

    found = gains(answer)
    assert (found[:2] > 0.4).all()
    assert (np.abs(found[2:]) < 1e-9).all()
    assert found.sum() < 2.2


def test_half_of_the_answer_is_half_of_every_axis_and_what_is_unrelated_counts_for_nothing() -> None:
    np.testing.assert_allclose(gains(lambda s: 0.5 * s.clean), 0.5)
    others = [problem(DATA, seed).answer for seed in range(4, 20)]  # they move as they should by accident alone
    unrelated = [gains(partial(_told, other)).sum() for other in others]
    assert abs(np.mean(unrelated)) < 3 * np.std(unrelated, ddof=1) / 4
    assert abs(np.mean(unrelated)) < 2.0 < 12 == len(gains(exact))


def test_what_single_precision_cannot_see_is_left_out() -> None:
    steep = problem(RecallData(alpha=2.0), 0)
    assert visible(steep).sum() == 4  # exp(1 - j^2) >= 1e-9
    assert not axis_gains(lambda some: np.array([s.clean for s in some]), [steep.sample("test", 50)], [steep])[
        0, 4:
    ].any()


@pytest.mark.slow
@pytest.mark.parametrize(("alpha", "most"), [(0.5, 2.0), (2.0, 1.6)])
def test_the_bayes_rule_resolves_about_as_many_axes_as_the_best_cover_splits(alpha: float, most: float) -> None:
    n = 1024
    data = RecallData(alpha=alpha, target="matern_stratified", test=512)
    found = bayes(RecallTrial(n=n, seed=1, data=data, model=recall_model("gp")))["axes_learned"]
    cover = effective_dimension(alpha, 1.0, [n], 0.1)[0]
    assert cover / most < found < cover * most


def test_a_trained_model_has_its_axes_in_its_record_and_a_blind_one_has_none() -> None:
    data = RecallData(alpha=2.0, test=512)
    records = {}
    for name in ("softmax", "tag_only"):
        trial = RecallTrial(n=512, seed=0, data=data, model=recall_model(name))
        (records[name],) = run([trial], device="cpu", tick=lambda _: None)
    own = records["softmax"]
    assert own["axes_learned"] == pytest.approx(sum(own["axis_gains"]), abs=1e-2)
    assert 0.8 < own["axes_learned"] < 3.0
    assert own["cover_axes"] == effective_dimension(2.0, 1.0, [512], 0.1)[0]
    assert records["tag_only"]["axes_learned"] == 0.0
