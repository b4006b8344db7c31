"""Trials answered one by one: a failure stays with its trial and keeps its traceback."""

from typing import Any

import numpy as np
import pytest

from mtam.base.one_by_one import Tick, answer_each
from mtam.interaction.interaction_spec import InteractionTrial

TRIALS = [InteractionTrial(seed=seed) for seed in range(3)]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [(ValueError("no such thing"), "no such thing"), (np.linalg.LinAlgError("singular"), "could not be solved")],
)
def test_a_failure_stays_with_its_trial(error: Exception, sentence: str) -> None:
    def answer(trial: InteractionTrial, report: Tick) -> dict[str, Any]:
        report(0.5)
        if trial.seed == 1:
            raise error
        return {"error": float(trial.seed)}

    ticks: list[float] = []
    first, second, third = answer_each(TRIALS, ticks.append, answer)
    assert (first["error"], third["error"]) == (0.0, 2.0)
    assert sentence in second["failure"]
    assert "Traceback" in second["traceback"]
    assert ticks == sorted(ticks)
    assert ticks[-1] == 1.0


def test_other_errors_are_faults_of_the_program() -> None:
    def answer(_trial: InteractionTrial, _report: Tick) -> dict[str, Any]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        answer_each(TRIALS, lambda _fraction: None, answer)


@pytest.mark.parametrize("bad", [float("nan"), [1.0, float("inf")]])
def test_numbers_that_are_none(bad: Any) -> None:
    told = answer_each(TRIALS[:1], lambda _fraction: None, lambda _trial, _report: {"error": bad})
    assert "not finite" in told[0]["failure"]
