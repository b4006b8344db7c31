"""The verdicts on the lower bound, and that planted violations are seen."""

import math
from typing import Any

import pytest

from mtam.base.finding import Finding, JudgedStatement
from mtam.base.table import Estimate
from mtam.checks.fano.fano import Settings, check
from mtam.interaction.theory.lower_bound import HypothesisFamily
from mtam.rates.verdict import Verdict

SMALL: dict[str, Any] = {
    "betas": [2],
    "tokens": [3],
    "sizes": [1000 * 2**k for k in range(9)],
    "bumps": 64,
    "rows": 5000,
    "draws": 400,
    "scaling_tokens": [3, 12],
    "scaling_samples": 3000,
}

TINY: dict[str, Any] = {"sizes": [1000, 4000, 16000], "bumps": 24, "rows": 5000, "draws": 100}


def found(**settings: Any) -> Finding:
    return check(Settings.model_validate(SMALL | settings), lambda _: None)


def verdicts(finding: Finding) -> dict[str, JudgedStatement]:
    return {verdict.key: verdict for verdict in finding.verdicts}


@pytest.fixture(scope="module")
def honest() -> Finding:
    return found()


def test_the_rates_are_seen(honest: Finding) -> None:
    told = verdicts(honest)
    assert told["bound_beta2"].said == Verdict.SUPPORTED, told["bound_beta2"]
    assert told["erm_beta2"].said == Verdict.SUPPORTED, told["erm_beta2"]
    assert told["decoding"].said == Verdict.SUPPORTED, told["decoding"]
    assert told["jensen"].said in (Verdict.SUPPORTED, Verdict.UNDECIDED)


def test_information_does_not_grow_as_the_number_of_tokens(honest: Finding) -> None:
    told = verdicts(honest)["tokens_divergence"]
    assert told.said == Verdict.CONTRADICTED
    assert told.value is not None
    assert told.value < 2 < 4 == told.expected


def test_risk_on_the_scale_of_theory_is_flat(honest: Finding) -> None:
    (rates,) = [table for table in honest.tables if table.name == "risks"]
    at = rates.headings.index("bound")
    bounds = [cell.value for row in rates.rows if isinstance(cell := row[at], Estimate)]
    assert len(bounds) == 9
    assert max(bounds) < 1.5 * min(bounds)


@pytest.mark.parametrize(
    ("power", "words"),
    [(4, (Verdict.CONTRADICTED,)), (1, (Verdict.CONTRADICTED, Verdict.UNDECIDED))],
    ids=["too low", "too high"],
)
def test_a_wrong_bump_height_breaks_flatness(
    power: int, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Heights h^{beta + 2} separate ever less; h^{beta - 1} tell ever more, until Fano's inequality is silent."""
    monkeypatch.setattr(HypothesisFamily, "height", property(lambda self: self.holder * self.width**power))
    assert verdicts(found())["bound_beta2"].said in words


def test_two_sizes_of_n_are_needed_to_speak_of_n() -> None:
    told = verdicts(found(**TINY, scaling_tokens=[3]))
    assert "tokens_divergence" not in told


def test_the_same_settings_give_the_same_finding() -> None:
    assert found(**TINY) == found(**TINY)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"betas": [0]}, "betas = .* from 1 to 9"),
        ({"tokens": [1]}, "tokens = .* from 2 to 200"),
        ({"sizes": [1000, 2000]}, "three or more"),
        ({"bumps": 8, "betas": [1]}, "leave 1 at M = 1000"),
        ({"bumps": 200}, "less than or equal to 128"),
        ({"scaling_samples": 10**9}, "valid: 4 to 128"),
    ],
)
def test_wrong_settings(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Settings.model_validate(SMALL | wrong)


def test_the_number_of_bumps_follows_the_law() -> None:
    settings = Settings()
    for beta in (1, 2, 3):
        assert settings.cells(beta, 10**6) == 96
        grown = settings.width(beta, 1000) / settings.width(beta, 10**6)
        assert grown == pytest.approx(math.pow(1000, 1 / (2 * beta + 1)))
