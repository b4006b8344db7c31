"""Token laws: second moments, nested draws, and what each law promises."""

from typing import Any

import numpy as np
import pytest

from mtam.interaction.interaction_spec import InteractionData
from mtam.interaction.simulate.tokens import SHARED, TokenStream, token_law

LAWS = ["cube", "gaussian", "sphere", "anisotropic", "dependent", "without_replacement"]


def data(law: str, **more: Any) -> InteractionData:
    return InteractionData.model_validate({"token_law": law, "d": 4, "tokens": 5, "rank": 2, **more})


@pytest.mark.parametrize("law", LAWS)
def test_second_moment_is_the_stated_one(law: str) -> None:
    found = token_law(data(law), 3)
    x = TokenStream(found, 3, "test").take(40000, 5).reshape(-1, 4)
    assert np.trace(found.second_moment) == pytest.approx(4)
    spread = np.abs(x.T @ x / len(x) - found.second_moment).max()
    assert spread < 5 * 3 / np.sqrt(40000)  # entries of x x^T have standard deviation below 3; samples count once


@pytest.mark.bits
@pytest.mark.parametrize("law", LAWS)
def test_draws_do_not_depend_on_the_chunks(law: str) -> None:
    found = token_law(data(law), 1)
    whole = TokenStream(found, 1, "test").take(50, 5)
    stream = TokenStream(found, 1, "test")
    np.testing.assert_array_equal(np.concatenate([stream.take(7, 5), stream.take(43, 5)]), whole)


def test_streams_of_other_seeds_and_purposes_differ() -> None:
    found = token_law(data("cube"), 1)
    draws = [TokenStream(found, seed, purpose).take(1, 5) for seed, purpose in [(1, "a"), (1, "b"), (2, "a")]]
    assert not np.allclose(draws[0], draws[1])
    assert not np.allclose(draws[0], draws[2])


def test_supports() -> None:
    cube = TokenStream(token_law(data("cube"), 0), 0, "test").take(500, 5)
    assert np.abs(cube).max() <= np.sqrt(3)
    sphere = TokenStream(token_law(data("sphere"), 0), 0, "test").take(500, 5)
    np.testing.assert_allclose(np.linalg.norm(sphere, axis=2), 2.0)


def test_anisotropic_condition_number() -> None:
    values = np.linalg.eigvalsh(token_law(data("anisotropic", condition=50.0), 0).second_moment)
    assert values[-1] / values[0] == pytest.approx(50)


def test_dependent_tokens_share_a_latent() -> None:
    x = TokenStream(token_law(data("dependent"), 0), 0, "test").take(40000, 5)
    correlation = np.mean(x[:, 0] * x[:, 3])
    assert correlation == pytest.approx(SHARED, abs=0.02)


def test_without_replacement_draws_distinct_members_of_a_standardised_population() -> None:
    law = token_law(data("without_replacement"), 0)
    assert law.population is not None
    np.testing.assert_allclose(law.population.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(law.population.T @ law.population / len(law.population), np.eye(4), atol=1e-12)
    for sample in TokenStream(law, 0, "test").take(100, 5):
        assert len(np.unique(sample, axis=0)) == 5
