"""Claims about several heads come out both ways, on simulated records."""

from typing import Any

import numpy as np
import pytest

from mtam.base.spec import Trial
from tests.claims.test_judge_claims import Numbers, evidence, verdict


def grown(drift: float, noise: float = 0.03, level: float = 1.05) -> Numbers:
    """Errors that grow with H as their forecast does, but for a power of H."""

    def numbers(trial: Trial, axis: dict[str, Any], rng: np.random.Generator) -> dict[str, float]:
        del rng  # that of a seed, whatever the heads
        heads = int(axis["data.heads"])
        forecast, own = 1.4e-4 * heads, np.random.default_rng([trial.seed, heads])
        return {"error": level * forecast * heads**drift * float(np.exp(noise * own.normal())),
                "forecast_error": forecast}  # fmt: skip

    return numbers


@pytest.mark.parametrize(
    ("drift", "noise", "expected"),
    [(0.0, 0.03, "supported"), (0.4, 0.03, "contradicted"), (-0.5, 0.03, "contradicted"), (0.05, 1.0, "undecided")],
)
def test_growth_with_the_number_of_heads(drift: float, noise: float, expected: str) -> None:
    assert verdict("heads-growth", evidence("interaction_heads", [], grown(drift, noise))).startswith(expected)


@pytest.mark.parametrize(("level", "expected"), [(1.05, "supported"), (2.0, "contradicted"), (1.25, "undecided")])
def test_the_law_of_first_order(level: float, expected: str) -> None:
    found = evidence("interaction_heads", [], grown(0.0, 0.1, level))
    assert verdict("heads-law", found).startswith(expected)


def test_growth_without_a_forecast_is_undecided() -> None:
    found = evidence("interaction_heads", [], lambda *_: {"error": 1.0})
    assert verdict("heads-growth", found).startswith("undecided")


@pytest.mark.parametrize(("lost", "expected"), [(0, "supported"), (1, "supported"), (2, "undecided"), (14, "contra")])
def test_a_search_that_fails_in_two_of_twenty_is_not_supported(lost: int, expected: str) -> None:
    found = evidence(
        "interaction_heads", [], lambda trial, *_: {"search_ratio": 500.0 if trial.seed < 20 + lost else 1.0}
    )
    for heads in (2, 3, 4):
        assert verdict(f"heads-search-{heads}", found).startswith(expected)


@pytest.mark.parametrize(
    ("slope", "level", "said"),
    [(0.0, 0.5, ("supported", "supported")), (-0.9, 1e-4, ("contradicted", "contradicted"))],
)
def test_a_missing_head_leaves_a_floor_or_not(slope: float, level: float, said: tuple[str, str]) -> None:
    """Negative control: errors of a fit that has both heads."""

    def numbers(trial: Trial, axis: dict[str, Any], rng: np.random.Generator) -> dict[str, float]:
        del axis
        return {"error": level * (trial.n / 10000) ** slope * float(np.exp(0.02 * rng.normal()))}

    found = evidence("missing_head", [], numbers)
    assert (verdict("missing-head-floor", found), verdict("missing-head-level", found)) == said
