"""The linearised estimator on a trial's own data: a control variate of the error, and one that can fail."""

import numpy as np
import numpy.typing as npt
import pytest

from mtam.interaction.estimators import erm, oracle_a
from mtam.interaction.interaction_spec import InteractionData, InteractionTrial, interaction_model
from mtam.interaction.model import pair_kernels_reference
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.run_interaction import run
from mtam.interaction.simulate.squared_error import evaluate
from mtam.interaction.simulate.truth import draw_truth, simulate
from mtam.interaction.solver.row_sums import double
from mtam.interaction.solver.varpro import Profile
from mtam.interaction.theory.linear_fit import linear_fit
from mtam.interaction.theory.tangents import DIFFERENCE, Tangents

SPACE = SplineSpace(3, 10)


def errors(data: InteractionData, samples: int, data_sets: int, space: SplineSpace) -> npt.NDArray[np.float64]:
    """ERM, and its linearisation on the same data  # (data sets, 2)."""
    truth = draw_truth(data, 0)
    found = []
    for seed in range(data_sets):
        x, y = simulate(data, truth, samples, 100 + seed)
        fitted = erm.fit(x, y, data.rank, space, np.random.default_rng(seed))
        found.append(evaluate(truth, [fitted.g, linear_fit(truth, x, y, space)], seed).errors)
    return np.array(found)


def test_in_one_dimension_it_is_the_estimator_with_a_known() -> None:
    data = InteractionData(d=1, rank=1, tokens=3, degree=3, activation="rate_hard")
    truth = draw_truth(data, 0)
    x, y = simulate(data, truth, 2000, 1)
    known = oracle_a.fit(x, y, truth.left, truth.right, SPACE, None)
    pairs = double(x[:500, :2])
    ours = linear_fit(truth, x, y, SPACE)(pairs[:, 0], pairs[:, 1])
    assert ours == pytest.approx(known.g(pairs[:, 0], pairs[:, 1]), abs=1e-3)


def test_the_ratio_to_it_varies_far_less_than_the_error() -> None:
    found = errors(InteractionData(d=4, rank=1, tokens=3, degree=3, activation="rate_hard"), 6000, 6, SPACE)
    ratio = np.log(found[:, 0] / found[:, 1])
    assert ratio.std(ddof=1) < 0.3 * np.log(found[:, 0]).std(ddof=1)
    assert ratio.mean() == pytest.approx(0, abs=0.1)


def test_an_estimator_that_is_worse_is_seen_beside_it() -> None:
    """Negative control: half of the data."""
    data = InteractionData(d=4, rank=1, tokens=3, degree=3, activation="rate_hard")
    truth = draw_truth(data, 0)
    x, y = simulate(data, truth, 6000, 100)
    half = erm.fit(x[:3000], y[:3000], 1, SPACE, np.random.default_rng(0))
    one, control = evaluate(truth, [half.g, linear_fit(truth, x, y, SPACE)], 0).errors
    assert np.log(one / control) > 0.3


def test_it_is_least_squares_on_splines_and_tangents() -> None:
    """The readable form: the matrix Z of all rows at once, numpy's solver; 700 samples are more than one block."""
    data = InteractionData(d=3, rank=1, tokens=3, degree=3, activation="rate_hard")
    truth, space = draw_truth(data, 0), SplineSpace(3, 6)
    x, y = simulate(data, truth, 700, 1)
    tangents, wide = Tangents(truth), double(x)
    raw = pair_kernels_reference.features(*tangents.arguments(wide), 3, space)
    known = Profile(x, y, np.eye(3), space, truth.arguments(wide[:, 0], wide[:, 1]))
    z = np.column_stack([raw @ known.basis, tangents.features(wide)])
    gram = z.T @ z / y.size + known.ridge * np.eye(z.shape[1])
    theta = np.asarray(np.linalg.solve(gram, z.T @ y.ravel() / y.size), dtype=np.float64)
    left, right = wide[:, 0], wide[:, 1]
    u, size = truth.arguments(left, right), known.basis.shape[1]
    slope = (truth.phi(u + DIFFERENCE) - truth.phi(u - DIFFERENCE)) / (2 * DIFFERENCE)
    moved = np.einsum("md,de,me->m", left, tangents.matrix(theta[size:]), right)
    expected = space.design(u) @ known.basis @ theta[:size] + slope * moved
    assert linear_fit(truth, x, y, space)(left, right) == pytest.approx(expected, abs=1e-8)


@pytest.mark.slow
def test_as_a_control_variate_it_leaves_the_mean_and_takes_the_scatter() -> None:
    """Of ln error, as records hold it, over seeds; in one dimension as well, where it is the fit that knows A."""
    for d, less in ((1, 0.6), (4, 0.6)):
        data = InteractionData(d=d, rank=1, tokens=3, degree=3, activation="bspline")
        trials = [
            InteractionTrial(data=data, model=interaction_model("ips_erm", k_rule="rule"), n=1000, seed=300 + seed)
            for seed in range(24)
        ]
        found = run(trials, device="cpu", tick=lambda _: None)
        error, controlled = (np.log([each[name] for each in found]) for name in ("error", "controlled_error"))
        apart = controlled - error
        assert abs(apart.mean()) < 3 * apart.std(ddof=1) / len(apart) ** 0.5
        assert controlled.std(ddof=1) < less * error.std(ddof=1)
