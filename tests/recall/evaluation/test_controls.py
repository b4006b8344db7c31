"""The two controls tell recall from its absence: on perfect answers, on blind ones, and on trained members."""

import numpy as np
import pytest

from mtam.recall.evaluation.controls import exchanged, foreign_queries, gain
from mtam.recall.recall_spec import RecallData, RecallTrial, recall_model
from mtam.recall.run_recall import run
from mtam.recall.simulate.contexts import problem


@pytest.mark.parametrize("length", [None, 100])
def test_the_exchange_moves_measures_and_leaves_tags_and_queries(length: int | None) -> None:
    p = problem(RecallData(length=length), 3)
    before = p.sample("test", 50)
    after = exchanged(before, p)
    rows, here = np.arange(50), before.answering
    there = (here + 1) % 4
    np.testing.assert_array_equal(after.moments[rows, here], before.moments[rows, there])
    np.testing.assert_array_equal(after.moments[rows, there], before.moments[rows, here])
    np.testing.assert_array_equal(after.moments[rows, (here + 2) % 4], before.moments[rows, (here + 2) % 4])
    np.testing.assert_array_equal(after.log_share[rows, here], before.log_share[rows, there])
    np.testing.assert_array_equal(after.tags, before.tags)
    np.testing.assert_allclose(after.clean, p.answer(before.coefficients[rows, there], before.query))
    np.testing.assert_allclose(after.observed - after.clean, before.observed - before.clean, atol=1e-12)
    twice = exchanged(after, p)
    np.testing.assert_array_equal(twice.moments, before.moments)


def test_foreign_queries_change_the_query_alone() -> None:
    sample = problem(RecallData(), 3).sample("test", 50)
    turned = foreign_queries(sample)
    np.testing.assert_array_equal(turned.query_tag[1:], sample.query_tag[:-1])
    np.testing.assert_array_equal(turned.clean, sample.clean)


def test_gain_of_perfect_and_of_blind_answers() -> None:
    before, after = np.random.default_rng(0).standard_normal((2, 200))
    assert gain(before, after, before, after) == pytest.approx(1.0)
    assert gain(before, before, before, after) == 0.0


def test_trained_members_with_and_without_recall() -> None:
    found = {}
    for name in ("softmax", "mean"):
        trial = RecallTrial(n=512, seed=0, data=RecallData(alpha=2.0, test=1000), model=recall_model(name=name))
        (found[name],) = run([trial], device="cpu", tick=lambda _: None)
    assert found["softmax"]["swap_gain"] > 0.9
    assert found["softmax"]["shuffled_error"] > 0.8
    assert abs(found["mean"]["swap_gain"]) < 0.05  # a mixture does not notice the exchange
    assert found["mean"]["error"] > 0.5
    assert found["mean"]["shuffled_error"] == pytest.approx(found["mean"]["error"], rel=1e-6)
    assert found["mean"]["attention_mass"] == pytest.approx(0.25)


def test_a_single_component_cannot_be_exchanged() -> None:
    trial = RecallTrial(n=64, data=RecallData(components=1, tags="orthonormal", test=100))
    (record,) = run([trial], device="cpu", tick=lambda _: None)
    assert "swap_gain" not in record
    assert record["attention_mass"] == pytest.approx(1.0)
