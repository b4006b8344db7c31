"""The computed Bayes risk of the spectral prior: as the exact posterior variance has it, and at sizes without one."""

import numpy as np
import pytest
import scipy.linalg

from mtam.recall.evaluation.box_average import box_average
from mtam.recall.evaluation.reflected_kernel import reflected_kernel
from mtam.recall.recall_spec import RecallData, RecallTrial, recall_model
from mtam.recall.simulate.measures import family
from mtam.recall.simulate.targets import half_widths
from mtam.recall.theory.box_prior import varying_share


@pytest.mark.parametrize(("alpha", "n"), [(1.0, 256), (2.0, 512)])
def test_it_is_the_posterior_variance_on_drawn_contexts(alpha: float, n: int) -> None:
    """With the query's content as an axis of its own, in units of the prior's variance over the box."""
    data = RecallData(alpha=alpha, target="spectral", query_scale=0.2)
    half = np.sort(half_widths(data, family(data)))[::-1]
    half = half[half > 1e-3 * half[0]]
    prior, varies, ratios = reflected_kernel(half), varying_share(half), []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        train, test = (rng.uniform(-half, half, (count, len(half))) for count in (n, 200))
        factor = scipy.linalg.cholesky(prior.gram(train) + data.noise**2 * varies * np.eye(n), lower=True)
        left = scipy.linalg.solve_triangular(factor, prior.matrix(train, test), lower=True)
        own = np.array([prior.matrix(one, one)[0, 0] for one in test[:, None, :]])
        ratios.append(float((own - (left**2).sum(0)).mean() / own.mean()) / varies / box_average(data, n))
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.1)


def test_it_falls_with_n_and_a_rougher_prior_is_harder() -> None:
    data = RecallData(alpha=1.0, target="spectral")
    curve = [box_average(data, n) for n in (64, 1024, 2**17)]
    assert 0.2 > curve[0] > 2 * curve[1] > 8 * curve[2] > 0
    assert box_average(data.model_copy(update={"alpha": 0.5}), 1024) > 3 * curve[1]


def test_a_trial_has_it_at_sizes_that_have_no_kernel_matrix() -> None:
    model = recall_model("softmax", average_bayes=True, benchmark=True)
    big = RecallTrial(data=RecallData(target="spectral"), model=model, n=2**20)
    assert big.averaged()
    assert not big.benchmarked()
    assert big.memory() < 2**33
    assert not RecallTrial(data=RecallData(target="matern_stratified"), model=model, n=2**20).averaged()
