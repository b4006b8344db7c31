"""The floor that finite tokens leave: calibrated, falling with the length, below what a plug-in reaches."""

import numpy as np
import pytest

from mtam.recall.evaluation.token_floor import estimate, posterior, token_floor
from mtam.recall.recall_spec import RecallData
from mtam.recall.run_recall import run
from mtam.recall.simulate.contexts import problem
from tests.recall.helpers import trials


def test_the_plug_in_is_unbiased_with_the_spread_that_is_said() -> None:
    p = problem(RecallData(length=400, modes=12, nodes=64), 3)
    sample = p.sample("test", 4000)
    found, spread = estimate(sample, p)
    apart = (found - sample.recalled()) / spread
    assert np.abs(apart.mean(0)).max() < 5 / 4000**0.5
    assert apart.std(0) == pytest.approx(1, abs=0.1)


def test_draws_stay_in_the_box_and_have_the_moments_of_the_cut_normal_law() -> None:
    uniforms = (np.arange(20000)[:, None] + 0.5) / 20000
    wide = posterior(np.zeros((20000, 1)), np.full((20000, 1), 1e4), np.array([1.0]), uniforms)
    assert wide.var() == pytest.approx(1 / 3, rel=1e-3)  # nothing is known: the prior
    sharp = posterior(np.full((20000, 1), 0.2), np.full((20000, 1), 0.01), np.array([1.0]), uniforms)
    assert (sharp.mean(), sharp.std()) == (pytest.approx(0.2), pytest.approx(0.01, rel=1e-2))
    outside = posterior(np.full((20000, 1), 50.0), np.full((20000, 1), 0.1), np.array([1.0]), uniforms)
    assert np.isfinite(outside).all()
    assert np.abs(outside).max() <= 1


def test_the_floor_falls_with_the_length_and_lies_below_the_plug_in() -> None:
    before = 1.0
    for length in (256, 4096, 65536):
        p = problem(RecallData(length=length), 0)
        sample = p.sample("test", 2048)
        told = token_floor(sample, p)
        assert told["token_floor"] < before - 3 * told["token_floor_se"]
        before = told["token_floor"]
        plain = ((p.answer(estimate(sample, p)[0], sample.query) - sample.clean) ** 2).mean() / sample.clean.var()
        assert told["token_floor"] < plain / 3
    assert before < 0.05


def test_only_records_of_finite_contexts_have_a_floor() -> None:
    def silent(_: float) -> None:
        pass

    (finite,) = run(trials(1, n=64, length=256), device="cpu", tick=silent)
    (exact,) = run(trials(1, n=64), device="cpu", tick=silent)
    assert 0 < finite["token_floor"] < finite["error"]
    assert "token_floor" not in exact
