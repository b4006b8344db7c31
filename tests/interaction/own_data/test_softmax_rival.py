"""Responses over rows are told from means over pairs, either way, and noise from neither."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from mtam.interaction.own_data import held_out_tests, softmax_rival
from mtam.interaction.own_data.choose_rank import Attempt, Split
from mtam.interaction.own_data.interaction_regressor import InteractionRegressor
from mtam.interaction.reading.own_data_notes import CLEARLY, notes
from mtam.interaction.row_normalised.attention_forms import FORMS, respond, scores
from tests.interaction.simulated import made

Array = npt.NDArray[np.float64]


def over_rows(seed: int, samples: int, noise: float = 0.3, tokens: int = 5) -> tuple[Array, Array]:
    """Softmax attention, whose values have an intercept and whose tokens have a mean."""
    rng = np.random.default_rng(seed)
    x = 0.5 + rng.standard_normal((samples, tokens, 3))
    matrix, linear = rng.standard_normal((3, 3)) / 3, rng.standard_normal(3)
    clean = respond(FORMS["softmax"], scores(x, matrix, np.eye(3)), 2 + x @ linear).mean
    return x, clean + noise * rng.standard_normal(clean.shape)


def halves(x: Array, y: Array, held: Array | None = None) -> tuple[Split, Attempt]:
    """Four fifths to fit, and a rival with these losses on the rest: of a linear regression where none are given."""
    cut = len(x) - len(x) // 5
    split = Split(x[:cut], y[:cut], x[cut:], y[cut:])
    losses = held_out_tests.linear(split.x, split.y, split.x_test, split.y_test) if held is None else held[cut:]
    return split, Attempt(1, losses, losses, True, 0.0)


def compare(split: Split, held: Attempt) -> dict[str, Any]:
    return softmax_rival.against_softmax(split, held, np.random.default_rng(0))


def test_softmax_data_are_predicted_down_to_their_noise_whatever_their_units() -> None:
    x, y = over_rows(0, 1000)
    found = compare(*halves(x, y))
    assert found["softmax_gain"] > 5 * found["softmax_gain_se"]
    assert found["softmax_error"] == pytest.approx(0.09, rel=0.15)
    other = compare(*halves(x, 40 - 5 * y))
    for name in ("softmax_error", "softmax_gain", "softmax_gain_se"):
        assert other[name] == pytest.approx(25 * found[name], rel=1e-3)


def test_means_over_pairs_are_not_taken_for_it() -> None:
    x, y = made(samples=300)
    told = InteractionRegressor(rank=1, intervals=8, k_rule="rule", max_starts=6).fit(x, y).numbers_
    assert told["softmax_gain"] < -CLEARLY * told["softmax_gain_se"]
    assert told["holdout_error"] - told["softmax_gain"] == pytest.approx(told["softmax_error"])


def test_noise_is_seldom_taken_for_either() -> None:
    """Against the best constant; one in a hundred is expected."""
    said = 0
    for seed in range(6):
        rng = np.random.default_rng([9, seed])
        x, y = rng.standard_normal((300, 4, 2)), rng.standard_normal((300, 4))
        found = compare(*halves(x, y, np.mean(y**2, axis=1)))
        said += found["softmax_gain"] > CLEARLY * found["softmax_gain_se"]
    assert said <= 1


def test_what_is_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    assert compare(*halves(*over_rows(1, 100, tokens=2))) == {}
    assert compare(*halves(*over_rows(2, 8))) == {}
    monkeypatch.setattr(softmax_rival, "MOST_WORK", 1e4)
    assert compare(*halves(*over_rows(3, 100))) == {}


@pytest.mark.parametrize(
    ("gain", "better"), [(0.5, "softmax over rows"), (-0.5, "means over pairs"), (0.2, "neither"), (-0.2, "neither")]
)
def test_the_table_names_what_predicts_better(gain: float, better: str) -> None:
    numbers = {"d": 3, "converged": True, "holdout_error": 2.0, "softmax_error": 2 - gain}
    (table,) = notes({**numbers, "softmax_gain": gain, "softmax_gain_se": 0.1})
    assert table.rows[0][-1] == better
