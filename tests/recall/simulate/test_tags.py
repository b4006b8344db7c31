"""Tag sets have the inner products they promise, under rotations that are uniform."""

from typing import Any

import numpy as np
import pytest
import scipy.stats

from mtam.recall.recall_spec import RecallData, RecallTrial
from mtam.recall.simulate import tags
from mtam.recall.simulate.contexts import problem

CASES = [
    ("cross_polytope", 4, 4), ("cross_polytope", 8, 4), ("cross_polytope", 3, 2), ("orthonormal", 5, 5),
    ("simplex", 5, 4), ("simplex", 3, 6), ("equicorrelated", 4, 4),
]  # fmt: skip


@pytest.mark.parametrize(("name", "components", "dim"), CASES)
def test_inner_products_are_as_promised(name: Any, components: int, dim: int) -> None:
    data = RecallData(tags=name, components=components, tag_dim=dim, correlation=0.8)
    drawn = tags.draw(data, 1, "train", 50)
    off = ~np.eye(components, dtype=bool)
    products = drawn @ drawn.swapaxes(1, 2)
    np.testing.assert_allclose(np.linalg.norm(drawn, axis=-1), 1.0, atol=1e-12)
    allowed = {
        "cross_polytope": {0.0, -1.0}, "orthonormal": {0.0}, "simplex": {-1 / (components - 1)},
        "equicorrelated": {0.8},
    }[name]  # fmt: skip
    seen = products[:, off]
    assert np.abs(seen[..., None] - np.array(sorted(allowed))).min(-1).max() < 1e-12
    assert (seen.max() <= 1e-12) == (name != "equicorrelated")  # Assumption 2, and the set that violates it


def test_every_context_has_its_own_rotation() -> None:
    drawn = tags.draw(RecallData(), 1, "train", 200)
    between = np.einsum("nd,md->nm", drawn[:, 0], drawn[:, 0])
    assert np.abs(between[~np.eye(200, dtype=bool)]).max() < 1 - 1e-6


@pytest.mark.parametrize("dim", [1, 2, 4])
def test_rotations_are_haar(dim: int) -> None:
    """Entries of a Haar matrix: squares are Beta(1/2, (d-1)/2), and Q and R Q have one law for a fixed R."""
    rng = np.random.default_rng(0)
    q = tags.haar_rotations(rng.standard_normal((4000, dim, dim)))
    np.testing.assert_allclose(q @ q.swapaxes(1, 2), np.broadcast_to(np.eye(dim), q.shape), atol=1e-12)
    assert abs(np.linalg.det(q).mean()) < 0.06
    if dim == 1:
        assert abs(q.mean()) < 0.06
        return
    law = scipy.stats.beta(0.5, (dim - 1) / 2)
    fixed = tags.haar_rotations(rng.standard_normal((dim, dim)))
    for entries in (q[:, 0, 0], q[:, -1, -1], (fixed @ q)[:, 0, 0], (q @ fixed)[:, -1, 0]):
        assert scipy.stats.kstest(entries**2, law.cdf).pvalue > 1e-4
        assert abs(np.sign(entries).mean()) < 0.06


def test_without_the_sign_correction_rotations_are_not_haar() -> None:
    """The negative control of the test above: LAPACK's own Q has a biased diagonal."""
    q = np.linalg.qr(np.random.default_rng(0).standard_normal((4000, 2, 2)))[0]
    assert abs(np.sign(q[:, 0, 0]).mean()) > 0.5


def test_impossible_sets_are_refused() -> None:
    with pytest.raises(ValueError, match="span 5 dimensions"):
        tags.from_gram(np.eye(5), 4)
    with pytest.raises(ValueError, match="no set of vectors"):
        tags.from_gram(np.full((3, 3), -0.9) + 1.9 * np.eye(3), 4)
    with pytest.raises(ValueError, match="at most 8"):
        RecallTrial(data=RecallData(tags="cross_polytope", components=9, tag_dim=4))
    with pytest.raises(ValueError, match="no fixed inner products"):
        tags.gram("iid", 3, 0.5)


def test_nuisance_dimensions_are_noise_that_query_and_keys_do_not_share() -> None:
    data = RecallData(tags="nuisance", nuisance=5)
    sample = problem(data, 1).sample("train", 3000)
    assert sample.tags.shape == (3000, 4, 9)
    own = sample.tags[np.arange(3000), sample.answering]
    np.testing.assert_array_equal(own[:, :4], sample.query_tag[:, :4])  # the signal agrees
    together = np.concatenate([own[:, 4:], sample.query_tag[:, 4:]], 1).astype(np.float64)
    np.testing.assert_allclose(np.cov(together.T), np.eye(10), atol=0.12)
    np.testing.assert_allclose(np.linalg.norm(sample.tags[..., :4], axis=-1), 1.0, atol=1e-5)


def test_query_noise_has_the_promised_size() -> None:
    data = RecallData(query_noise=0.3, tag_dim=8)
    sample = problem(data, 1).sample("train", 4000)
    gap = sample.query_tag - sample.tags[np.arange(4000), sample.answering]
    assert np.sqrt((gap**2).sum(1).mean()) == pytest.approx(0.3, rel=0.03)


@pytest.mark.parametrize("name", ["cross_polytope", "iid", "nuisance"])
def test_tags_that_are_not_rotated_are_the_same_in_every_context_of_training_and_test(name: str) -> None:
    data = RecallData(tags=name, rotate=False)
    train, test = (problem(data, 1).sample(split, 50).tags[..., :4] for split in ("train", "test"))
    np.testing.assert_array_equal(train, np.broadcast_to(train[:1], train.shape))
    np.testing.assert_array_equal(train, test)
    assert np.abs(problem(data, 2).sample("train", 1).tags[0, ..., :4] - train[0]).max() > 0.1
    assert np.std(problem(data.model_copy(update={"rotate": True}), 1).sample("train", 50).tags, axis=0).min() > 0.1
