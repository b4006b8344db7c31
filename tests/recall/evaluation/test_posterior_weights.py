"""The exact posterior of who answers: a softmax of known sharpness, calibrated, and one-hot without noise."""

import numpy as np
import pytest
import scipy.special

from mtam.recall.evaluation.posterior_weights import posterior_mass, posterior_weights
from mtam.recall.recall_spec import RecallData
from mtam.recall.simulate.contexts import Sample, problem


def drawn(n: int = 20_000, **data: object) -> tuple[Sample, RecallData]:
    given = RecallData.model_validate({"modes": 4, "nodes": 16, "components": 6, "tags": "iid", **data})
    return problem(given, 0).sample("test", n), given


def test_for_unit_tags_it_is_softmax_attention_with_the_form_d1_over_sigma_squared() -> None:
    sample, data = drawn(200, query_noise=0.3)
    scores = np.einsum("nd,nid->ni", sample.query_tag, sample.tags) * data.tag_dim / 0.3**2
    np.testing.assert_allclose(posterior_weights(sample, data), scipy.special.softmax(scores, axis=1), atol=2e-4)


@pytest.mark.parametrize("noise", [0.3, 1.0])
def test_it_is_calibrated(noise: float) -> None:
    """Of the components that are given probability p, a share of p answers: the mark of a posterior."""
    sample, data = drawn(query_noise=noise, tag_dim=2)
    weights = posterior_weights(sample, data)
    answers = np.arange(6) == sample.answering[:, None]
    for low in (0.05, 0.2, 0.4, 0.6, 0.8):
        here = (weights >= low) & (weights < low + 0.1)
        spread = (answers[here].std() / here.sum() ** 0.5) if here.any() else 1.0
        assert abs(answers[here].mean() - weights[here].mean()) < 4 * spread
    expected = (weights**2).sum(1).mean()  # E of the mass on who answers, given the tags
    assert posterior_mass(sample, data) == pytest.approx(expected, abs=0.01)


def test_a_sharper_softmax_is_no_posterior() -> None:
    """The negative control of the calibration: twice the sharpness is too sure of itself."""
    sample, data = drawn(query_noise=1.0, tag_dim=2)
    sharp = posterior_weights(sample, data.model_copy(update={"query_noise": 0.5**0.5}))
    answers = np.arange(6) == sample.answering[:, None]
    here = sharp > 0.9
    assert answers[here].mean() < sharp[here].mean() - 0.02


def test_without_noise_and_beside_nuisance_dimensions_the_mass_is_one() -> None:
    for data in ({}, {"tags": "nuisance"}, {"tag_dim": 2, "components": 16}):
        sample, given = drawn(500, **data)
        assert posterior_mass(sample, given) == 1.0
