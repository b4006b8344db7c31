"""The same prior as the Matern target's, to higher fidelity: its covariance at every scale, and every draw alike."""

import numpy as np
import pytest

from mtam.recall.evaluation.benchmarks import run
from mtam.recall.evaluation.matern import matern1
from mtam.recall.recall_spec import RecallData, RecallTrial, recall_model
from mtam.recall.simulate import targets
from mtam.recall.simulate.contexts import problem

RADII = np.array([1e-3, 1e-2, 0.05, 0.2, 0.5, 1.0, 2.0])


def squared_increments(name: str, draws: int) -> np.ndarray:
    """(f(z) - f(0))^2 at |z| = r over 2 (1 - k(r)), each over 60 directions, draw by draw  # (draws, radii)."""
    rng = np.random.default_rng(7)
    directions = rng.standard_normal((60, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    z = np.concatenate([np.zeros((1, 3)), *(r * directions for r in RADII)])
    values = np.stack([targets.draw(name, 3, seed)(z) for seed in range(draws)])
    squares = ((values[:, 1:] - values[:, :1]) ** 2).reshape(draws, len(RADII), 60).mean(-1)
    return np.asarray(squares / (2 * (1 - matern1(RADII))))


def test_increments_have_the_covariance_of_the_process_at_every_scale() -> None:
    found = squared_increments("matern_stratified", 200)
    error = found.std(0, ddof=1) / 200**0.5
    assert (np.abs(found.mean(0) - 1) < 4 * error).all()
    assert (error < 0.1).all()


def test_the_variance_is_that_of_the_process() -> None:
    values = np.array([targets.draw("matern_stratified", 3, seed)(np.zeros((1, 3)))[0] for seed in range(400)])
    assert values.var() == pytest.approx(1.0, abs=0.25)
    assert abs(values.mean()) < 0.2


def test_a_draw_is_rough_at_every_scale_where_the_other_is_so_on_average() -> None:
    """The finest scale is in a few waves of the other target: most draws lack it, and few make up for them."""
    rng = np.random.default_rng(8)
    z, step = rng.uniform(-0.5, 0.5, (400, 3)), rng.standard_normal((400, 3))
    step *= 0.01 / np.linalg.norm(step, axis=1, keepdims=True)

    def scatter(name: str) -> float:
        draws = [targets.draw(name, 3, seed) for seed in range(40)]
        return float(np.std([np.log(((f(z + step) - 2 * f(z) + f(z - step)) ** 2).mean()) for f in draws]))

    assert scatter("matern_stratified") < 0.25 < 0.8 < scatter("matern")


@pytest.mark.slow
@pytest.mark.parametrize("alpha", [0.5, 2.0])
def test_draws_are_standardised_by_the_prior_and_not_one_by_one(alpha: float) -> None:
    data = RecallData(target="matern_stratified", alpha=alpha, test=16)
    draws = [problem(data, seed) for seed in range(24)]
    assert len({p.answer.deviation for p in draws}) == 1
    variances = np.array([p.sample("test", 2000).clean.var() for p in draws])
    assert variances.mean() == pytest.approx(1.0, abs=3 * variances.std() / 24**0.5)
    assert variances.std() > 0.1
    assert abs(draws[0].sample("test", 4000).clean.mean()) < 0.1


@pytest.mark.slow
def test_levels_do_not_depend_on_the_draw() -> None:
    """The Bayes rule's ln risk over seeds: a few percent, where the other target's scatters by a fifth and more."""

    def spread(target: str) -> float:
        data = RecallData(target=target, alpha=1.0, test=2048)
        trials = [RecallTrial(n=1024, seed=seed, data=data, model=recall_model("gp")) for seed in range(6)]
        return float(np.std([np.log(record["error"]) for record in run(trials, device="cpu", tick=lambda _: None)]))

    assert spread("matern_stratified") < 0.12 < 0.2 < spread("matern")


def test_risks_are_told_in_units_of_the_population() -> None:
    data = RecallData(target="matern_stratified", alpha=2.0, test=512)
    (record,) = run([RecallTrial(n=64, data=data, model=recall_model("knn"))], device="cpu", tick=lambda _: None)
    assert record["target_variance"] == 1.0
    assert record["error"] == record["mse"]
