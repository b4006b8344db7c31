"""What tokens and sample allow without attention, recall given or not."""

from typing import Any

import numpy as np
import pytest

from mtam.recall.toy import toy_baselines, toy_data
from mtam.recall.toy.toy_baselines import arms
from tests.recall.toy.helpers import trial


def test_the_arms_with_recall_given_know_the_answer_where_no_density_is_clipped() -> None:
    exact = trial(alpha=2.0, n=256, length=None, law="uniform_1")
    found = arms(exact, toy_data.draw(exact, "train", 256), toy_data.draw(exact, "test", 1000))
    baseline = toy_data.sign_only(exact)
    assert found["plug_in_mse"] < 0.02 * baseline
    assert found["mercer_mse"] < 0.02 * baseline
    assert found["mixture_mse"] > 0.5 * baseline
    hidden = trial(system="constant_first")
    assert arms(hidden, toy_data.draw(hidden, "train", 64), toy_data.draw(hidden, "test", 10)) == {}


def test_tokens_add_their_variance_to_the_plug_in() -> None:
    """hat c_j^2 has the mean c_j^2 + Var e_j / L', which the arm takes off: few tokens leave no bias."""
    few = trial(alpha=2.0, n=4, length=200, law="uniform_1")
    sample = toy_data.draw(few, "test", 4000)
    shares = 2 * sample.counts[np.arange(4000), sample.sign].astype(float)
    excess = ((shares @ toy_data.system(few).T) ** 2 - 1 / 100).sum(1) - np.abs(sample.clean)
    assert abs(excess.mean()) < 0.1 * 16 / 100  # without the correction it would be 16 / 100


def test_the_weights_are_those_of_least_squares_on_the_sample() -> None:
    t = trial(alpha=2.0, n=40, length=200, law="uniform_1")
    sample, test = toy_data.draw(t, "train", 40), toy_data.draw(t, "test", 30)

    def squares(of: toy_data.Toy) -> np.ndarray:
        own = 2 * of.counts[np.arange(len(of.sign)), of.sign].astype(float)
        return np.asarray((own @ toy_data.system(t).T) ** 2 * (2 * of.sign - 1)[:, None])

    weights = np.linalg.lstsq(squares(sample), sample.observed, rcond=1e-10)[0]
    found = arms(t, sample, test)
    assert found["mercer_mse"] == pytest.approx(np.mean((squares(test) @ weights - test.clean) ** 2))
    value = 2 * test.sign - 1
    plug_in = value * (np.abs(squares(test)) - 1 / 100).sum(1)  # a hundred tokens of each tag, whose variance comes off
    assert found["plug_in_mse"] == pytest.approx(np.mean((plug_in - test.clean) ** 2))


@pytest.mark.parametrize(("n", "weights"), [(4, 2), (9, 4), (100, 16)])
def test_few_contexts_allow_few_weights(n: int, weights: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """At most half as many as contexts, and as modes."""
    t = trial(alpha=2.0, n=n, length=None, law="uniform_1")
    sample, test = toy_data.draw(t, "train", n), toy_data.draw(t, "test", 30)
    seen: list[int] = []
    whole = np.linalg.lstsq

    def counted(known: np.ndarray, target: np.ndarray, rcond: float) -> Any:
        seen.append(known.shape[1])
        return whole(known, target, rcond=rcond)

    monkeypatch.setattr(np.linalg, "lstsq", counted)
    toy_baselines.arms(t, sample, test)
    assert seen == [weights, weights]
