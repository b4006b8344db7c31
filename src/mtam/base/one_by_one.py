"""Trials that are answered one after the other, each with a failure of its own."""

import math
import traceback
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from mtam.base.spec import Trial

Tick = Callable[[float], None]
AnyTrial = TypeVar("AnyTrial", bound=Trial)


def answer_each(
    trials: Sequence[AnyTrial], tick: Tick, answer: Callable[[AnyTrial, Tick], dict[str, Any]]
) -> list[dict[str, Any]]:
    """One dict of plain numbers per trial, in order; a trial that fails gives {"failure": one sentence, "traceback"}.

    ``tick`` receives the finished fraction at safe points and may raise to stop.
    """
    results: list[dict[str, Any]] = []
    for index, trial in enumerate(trials):

        def report(part: float, index: int = index) -> None:
            tick((index + part) / len(trials))

        report(0.0)
        try:
            results.append(_finite(answer(trial, report)))
        except np.linalg.LinAlgError as error:
            sentence = f"a linear system of the fit could not be solved ({error})"
            results.append({"failure": sentence, "traceback": traceback.format_exc()})
        except ValueError as error:
            results.append({"failure": str(error), "traceback": traceback.format_exc()})
    tick(1.0)
    return results


def _finite(result: dict[str, Any]) -> dict[str, Any]:
    """The result, or a failure if a number is not finite: JSON has no word for NaN."""
    for name, value in result.items():
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(one, str) or math.isfinite(one) for one in values):
            return {"failure": f"the fit produced a {name} that is not finite"}
    return result
