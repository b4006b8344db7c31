"""The record of a trial: the minimiser beside it is that of ips_erm, and starts are counted by what they reached."""

from typing import Any

import numpy as np
import pytest

from mtam.interaction.interaction_spec import InteractionTrial
from mtam.interaction.run_interaction import run as run_fit
from mtam.interaction.training.run_training import run


def trial(name: str, **model: Any) -> InteractionTrial:
    data = {"d": 3, "tokens": 3, "rank": 1}
    return InteractionTrial.model_validate({"data": data, "model": {"name": name, **model}, "n": 800, "seed": 3})


def result(**model: Any) -> dict[str, Any]:
    return run([trial("gradient", **model)], device="cpu", tick=lambda _: None)[0]


def test_the_minimiser_beside_it_is_that_of_ips_erm_on_the_same_data() -> None:
    found = result(start="moment", starts=2, steps=3000)
    least = run_fit([trial("ips_erm")], device="cpu", tick=lambda _: None)[0]
    assert found["erm_loss"] == least["loss"]
    assert found["erm_error"] == pytest.approx(least["error"], rel=0.1)  # over another number of fresh pairs
    assert found["intervals"] == least["intervals"]
    assert (found["reached"], found["reached_share"], found["converged"]) == (2, 1.0, True)
    assert found["basin_error"] == pytest.approx(np.exp(np.mean(np.log(found["start_errors"]))))
    assert found["basin_error"] == pytest.approx(found["erm_error"], rel=0.15)
    assert found["error"] == found["start_errors"][int(np.argmin(found["start_losses"]))]


def test_too_few_steps_are_seen_in_every_number() -> None:
    found = result(starts=3, steps=5)
    assert (found["reached"], found["reached_share"], found["converged"]) == (0, 0.0, False)
    assert "basin_error" not in found
    assert min(found["start_errors"]) > 20 * found["erm_error"]
    steps = [step or 5 for step in found["start_escapes"]]
    assert found["escape_steps"] == np.median(steps)
    assert found["escaped"] == sum(step > 0 for step in found["start_escapes"])
