"""The Bayes risk averaged over the prior: the textbook formula, the average over targets, the prototype's figures."""

from typing import Any

import numpy as np
import pytest
import scipy.special
from pydantic import ValidationError

from mtam.recall.evaluation.benchmarks import run as solve
from mtam.recall.evaluation.posterior import posterior_variance, run
from mtam.recall.recall_spec import RecallData, RecallTrial, recall_model


def trial(n: int, seed: int = 3, name: str = "posterior", **data: Any) -> RecallTrial:
    return RecallTrial(n=n, seed=seed, data=RecallData(**{"test": 512, **data}), model=recall_model(name=name))


def error(one: RecallTrial) -> float:
    (record,) = run([one], device="cpu", tick=lambda _: None)
    return float(record["error"])


def test_it_is_the_textbook_formula() -> None:
    rng = np.random.default_rng(1)
    train, test = rng.standard_normal((300, 3)), rng.standard_normal((700, 3))
    radius = np.sqrt(2) * np.linalg.norm(train[:, None] - train, axis=-1) + np.sqrt(2) * 1e-12 * np.eye(300)
    cross = np.sqrt(2) * np.linalg.norm(test[:, None] - train, axis=-1)
    kernel, across = radius * scipy.special.k1(radius), cross * scipy.special.k1(cross)
    plain = 1 - (across * np.linalg.solve(kernel + 0.04 * np.eye(300), across.T).T).sum(1)
    np.testing.assert_allclose(posterior_variance(train, test, 0.04), plain, atol=1e-7)


@pytest.mark.parametrize(
    ("alpha", "values"),
    [(0.5, [0.2403, 0.1637, 0.1386]), (1.0, [0.0546, 0.0304, 0.0234]), (2.0, [0.0118, 0.0054, 0.0039])],
)
def test_the_curve_is_the_prototypes(alpha: float, values: list[float]) -> None:
    """n = 256, 1024, 2048, averaged over three draws of contexts; measured before by another program."""
    found = [np.mean([error(trial(n, seed, alpha=alpha)) for seed in range(3)]) for n in (256, 1024, 2048)]
    np.testing.assert_allclose(found, values, rtol=0.04)


@pytest.mark.slow
def test_it_is_the_average_risk_of_the_bayes_rule_over_targets() -> None:
    """Over draws of the stratified target, whose risk is told in units of the prior's variance."""
    records = [
        solve([trial(256, seed, "gp", target="matern_stratified", test=2048)], device="cpu", tick=lambda _: None)
        for seed in range(12)
    ]
    risks = np.array([record["error"] for (record,) in records])
    averages = np.array([error(trial(256, seed)) for seed in range(12)])
    assert np.log(risks / averages).mean() == pytest.approx(0, abs=3 * np.log(risks / averages).std() / 12**0.5 + 0.01)
    assert np.log(averages).std() < np.log(risks).std()


def test_what_it_cannot_answer_is_refused_in_a_sentence() -> None:
    with pytest.raises(ValidationError, match=r"no prior for data\.target = takagi; valid: matern, matern_stratified"):
        trial(64, target="takagi")
    with pytest.raises(ValidationError, match="takes at most n = 16384, not 16385"):
        trial(16385)
    (record,) = run([trial(64, noise=0.0, alpha=8.0, query_scale=0.0)], device="cpu", tick=lambda _: None)
    assert "failure" not in record or "singular" in record["failure"]
