"""Forecasts of what seeds would decide: by the claim's own way of judging, pairing kept."""

from typing import Any

import numpy as np
import pytest

from mtam.base.spec import Trial
from mtam.claims.claim import Claim
from mtam.claims.evidence import Gathered
from mtam.claims.judge_claims import judge
from mtam.runs.sequential.decision_forecast import Redrawn, extensible, forecast, seeds_of
from tests.claims.test_judge_claims import evidence

SETTINGS = ["data.d=1,2", "sweep.sizes=[1000,2000,4000]", "sweep.seeds=5"]


def claim(**way: Any) -> Claim:
    """A claim about the cell d = 1 of the sweep d."""
    tree = {"id": "made-up", "claim": "c", "source": "s", "sweep": "d", "at": {"data.d": 1}, "judge": way, "why": "w"}
    return Claim.model_validate(tree)


def heights(middle: float, noise: float) -> Any:
    def numbers(trial: Trial, axis: dict[str, Any], rng: np.random.Generator) -> dict[str, float]:
        del axis
        return {"error": 1 / trial.n, "height": middle + noise * rng.normal()}

    return numbers


def test_the_forecast_is_the_look_that_decides_on_average() -> None:
    below = claim(way="level", column="height", high=1.0)
    run = evidence("d", SETTINGS, heights(0.8, 0.3))
    found = forecast(below, run, 5)
    assert found.look is not None
    first, *_, last = found.shares.values()
    assert first < 0.5 <= 0.8 <= last  # more seeds decide more often
    far = forecast(below, evidence("d", SETTINGS, heights(0.97, 0.3)), 5)
    assert far.look is None or far.look > found.look


def test_pairing_over_columns_is_kept() -> None:
    def paired(trial: Trial, axis: dict[str, Any], rng: np.random.Generator) -> dict[str, float]:
        assert trial.n
        level = float(np.exp(rng.normal(scale=0.5 + axis["data.d"])))
        return {"error": level, "forecast_error": 2 * level}

    run = evidence("d", SETTINGS, paired)
    drawn = Redrawn(run.plan, run.records, run.folder, 2, (0, 0, 3, 4))
    ours, theirs = drawn.curve(0, "error"), drawn.curve(0, "forecast_error")
    assert ours.seeds == (0, 1, 2, 3)
    np.testing.assert_allclose(theirs.errors, 2 * ours.errors, rtol=1e-15)


def test_claims_that_seeds_do_not_decide_are_left_alone() -> None:
    run = evidence("d", SETTINGS, heights(0.8, 0.3))
    law = judge(claim(way="law"), Gathered((run,), {}))
    assert not extensible(law)
    open_ = judge(claim(way="level", column="height", high=0.8), Gathered((run,), {}))
    assert extensible(open_)
    assert seeds_of(run) == (0, 1, 2, 3, 4)


@pytest.mark.parametrize("look", [None, 1, 3])
def test_later_looks_have_wider_intervals_from_the_same_seeds(look: int | None) -> None:
    from dataclasses import replace

    run = evidence("d", SETTINGS, heights(0.8, 0.3))
    below = claim(way="level", column="height", high=1.0)
    once = judge(below, Gathered((run,), {})).judgement.interval
    looked = judge(below, Gathered((replace(run, look=look),), {})).judgement
    assert once is not None
    assert looked.interval is not None
    assert (looked.interval.high > once.high) == (look is not None)
    assert ("of a sequence" in looked.reason) == (look is not None)
