"""The one-step estimator is the minimiser, goes on where it was killed, and is refused where it does not apply."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtam.base.resume import state_file
from mtam.interaction.interaction_spec import InteractionTrial, interaction_model
from mtam.interaction.streaming import run_one_step
from mtam.interaction.streaming.pass_state import PassKeeper
from tests.interaction.streaming.helpers import blocks_of, data, minimiser, pairs, trial

CLOCKS = ("seconds", "rows_per_second")


def timeless(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in record.items() if name not in CLOCKS} for record in records]


def run(one: InteractionTrial, **more: Any) -> dict[str, Any]:
    return run_one_step.run([one], device="cpu", tick=lambda _: None, **more)[0]


def distances(one: InteractionTrial) -> tuple[float, float]:
    """Of the step and of the pilot to the minimiser on all samples, over the minimiser's own error."""
    truth, blocks = blocks_of(one)
    state = run_one_step._pilot(one, blocks, lambda _: None)
    matrix, phi, z = state.matrix, state.phi, pairs(one.data.d)
    pilot = phi(np.einsum("nd,nd->n", z[0] @ matrix, z[1]))
    step, _ = run_one_step._steps(one, blocks, state, PassKeeper(None, ""), lambda _: None)
    full = minimiser(one, blocks, step.phi.space).g(*z)
    own = float(np.mean((full - truth.phi(truth.arguments(*z))) ** 2))
    after, before = (float(np.sqrt(np.mean((g - full) ** 2) / own)) for g in (step.g(*z), pilot))
    return after, before


@pytest.mark.parametrize(
    ("samples", "d", "rank", "pilot"),
    [
        (10**5, 5, 1, 50_000),
        pytest.param(10**6, 5, 1, 2**18, marks=pytest.mark.slow),
        pytest.param(10**6, 30, 1, 2**18, marks=pytest.mark.slow),
        pytest.param(4 * 10**5, 5, 2, 10**5, marks=pytest.mark.slow),
    ],
)
def test_it_is_the_minimiser_within_a_tenth_of_its_error(samples: int, d: int, rank: int, pilot: int) -> None:
    """The pilot itself is no such estimate: the step is what brings it there."""
    after, before = distances(trial(samples, data(d, rank), seed=50, pilot=pilot))
    assert after < 0.1
    assert before > 0.5


def test_a_pilot_of_all_samples_stays_where_it_is() -> None:
    after, before = distances(trial(8000, data(4), seed=3))
    assert before < 1e-12
    assert after < 0.05


def test_one_dimension_has_no_moves_of_a() -> None:
    record = run(trial(30_000, data(1), pilot=4000))
    assert abs(record["parametric_error"]) < 0.05 * record["error"] < 5e-5  # the knots of the two differ a little


@pytest.mark.bits
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_killed_pass_goes_on_to_the_same_bits(share: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_file, "EVERY", 0.0)
    one = trial(60_000, data(30), pilot=8000, growth=3.0)
    whole = run(one)

    class Killed(Exception):
        pass

    def stop(fraction: float) -> None:
        if fraction >= share:
            raise Killed

    with pytest.raises(Killed):
        run_one_step.run([one], device="cpu", tick=stop, checkpoint=tmp_path)
    heard: list[float] = []
    with monkeypatch.context() as patch:
        patch.setattr(run_one_step, "_pilot", None)  # done once is enough
        later = run_one_step.run([one], device="cpu", tick=heard.append, checkpoint=tmp_path)
    assert timeless(later) == timeless([whole])
    assert heard[0] >= share - 0.2
    assert heard == sorted(heard)


def test_the_error_is_the_forecast_over_seeds() -> None:
    """Ten data sets: their mean over the forecast, within three of the standard errors that noise gives it."""
    ratios, spread = [], []
    for seed in range(60, 70):
        record = run(trial(60_000, data(5), seed=seed, pilot=15_000))
        assert record["converged"]
        ratios.append(record["error"] / record["forecast_error"])
        spread.append(record["forecast_error_sd"] / record["forecast_error"])
    assert abs(np.mean(ratios) - 1) < 3 * np.sqrt(np.mean(np.square(spread)) / len(ratios))


def test_samples_are_not_held() -> None:
    """What a trial asks for in memory is that of its pilot."""
    few, many = (trial(n, data(30)) for n in (10**6, 2**31))
    assert few.memory() == many.memory()
    assert many.cost() > 100 * few.cost()
    with pytest.raises(ValueError, match="model=one_step"):
        InteractionTrial(data=data(30), model=interaction_model("ips_erm"), n=2**31)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"activation": "exp", "row_normalised": True}, "row_normalised"),
        ({"d": 400}, "d r <= 300"),
    ],
)
def test_what_cannot_be_streamed_is_refused(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        trial(10**6, data(**{"d": 5, **settings}))


@pytest.mark.parametrize(("samples", "sizes"), [(1000, [1000]), (2**18, [2**18]), (2**21, [2**21]), (2**24, 2)])
def test_steps_grow_in_equal_ratios(samples: int, sizes: Any) -> None:
    model = trial(10**6, data(5)).model
    got = model.sizes(samples)  # type: ignore[attr-defined]
    assert got[-1] == samples
    assert got == sizes if isinstance(sizes, list) else len(got) == sizes
    assert all(b / a <= 8.001 for a, b in zip([2**18, *got], got, strict=False) if a <= b)
