"""The family of the lower bound: smooth as claimed, and its signs as far apart as claimed."""

import numpy as np
import pytest

from mtam.interaction.simulate.hypotheses import Code, bump, bumps, code, hypothesis


@pytest.mark.parametrize("beta", [1, 2, 3, 7])
def test_bump_has_unit_derivative_of_order_beta_and_is_supported_on_its_cell(beta: int) -> None:
    t = np.linspace(-0.5, 0.5, 40 * (beta + 1) + 1)
    found = np.diff(bump(t, beta), beta) / (t[1] - t[0]) ** beta
    assert np.abs(found).max() == pytest.approx(1, rel=1e-3)
    np.testing.assert_allclose(bump(np.array([-9.0, -0.5, 0.5, 0.7]), beta), 0, atol=1e-15)
    np.testing.assert_allclose(bump(t, beta), bump(-t, beta), atol=1e-15)


def test_bump_of_order_one_is_a_hat() -> None:
    t = np.linspace(-0.5, 0.5, 101)
    np.testing.assert_allclose(bump(t, 1), 0.5 - np.abs(t), atol=1e-12)


@pytest.mark.parametrize("cells", [1, 4, 9])
def test_hypothesis_is_hoelder_with_its_constant_whatever_the_number_of_bumps(cells: int) -> None:
    """For beta = 2 the first derivative is Lipschitz with the constant L."""
    signs = np.random.default_rng(1).choice([-1.0, 1.0], cells)
    u = np.linspace(-0.6, 0.6, 18001)
    slope = np.diff(hypothesis(u, signs, 2, 5.0, reach=0.5)) / (u[1] - u[0])
    lipschitz = np.abs(np.diff(slope)).max() / (u[1] - u[0])
    assert lipschitz == pytest.approx(5.0, rel=1e-2)
    centres = (np.arange(cells) + 0.5) / cells - 0.5
    np.testing.assert_array_equal(np.sign(hypothesis(centres, signs, 2, 5.0, reach=0.5)), signs)


@pytest.mark.parametrize("length", [1, 7, 8, 16, 33, 64, 100, 128])
def test_code_keeps_the_promise_of_varshamov_and_gilbert(length: int) -> None:
    found = code(length, np.random.default_rng(0))
    words = found.words().astype(np.int64)
    assert len(words) >= 2 ** (length / 8)
    sample = words[np.random.default_rng(1).permutation(len(words))[:300]]
    inner = sample @ (1 - sample).T  # distances by counting, not by linearity
    distances = inner + inner.T
    nearest = distances[~np.eye(len(sample), dtype=bool)].min()
    assert found.distance >= length / 8
    assert nearest >= found.distance
    assert len(np.unique(words, axis=0)) == len(words)


@pytest.mark.parametrize("length", [137, 200, 256])
def test_codes_too_large_to_list_keep_their_distance(length: int) -> None:
    """Plotkin's construction: the promise holds for a random sample of words, which an independent count checks."""
    found = code(length, np.random.default_rng(0))
    assert found.dimension >= length / 8
    assert found.distance >= length / 8
    rng = np.random.default_rng(2)
    drawn = np.array([found.draw(rng) for _ in range(400)])
    assert drawn.shape == (400, length)
    weights = drawn.sum(axis=1)
    assert weights[weights > 0].min() >= found.distance
    few = Code(np.concatenate([found.generator[:6], found.generator[-6:]]), 0).words()[1:]
    assert few.sum(axis=1).min() >= found.distance
    with pytest.raises(ValueError, match="not listed"):
        found.words()


def test_a_code_is_refused_where_none_is_available() -> None:
    with pytest.raises(ValueError, match="257 bits is not available; valid: 1 to 256"):
        code(257, np.random.default_rng(0))


def test_more_samples_and_more_tokens_allow_more_bumps() -> None:
    assert bumps(10**5, 1, 2) == 10
    assert bumps(10**4, 10, 2) == 10
    assert bumps(10**6, 3, 7) == 3
