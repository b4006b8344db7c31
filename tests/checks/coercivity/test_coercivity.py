"""The verdicts on coercivity, and that planted violations are seen."""

from typing import Any

import numpy as np
import pytest

from mtam.base.finding import Finding, JudgedStatement
from mtam.checks.coercivity.coercivity import Settings, check
from mtam.interaction.simulate.tokens import TokenStream
from mtam.rates.verdict import Verdict


def found(**settings: Any) -> Finding:
    return check(Settings.model_validate({"dims": [1], "tokens": [10], "samples": 4000} | settings), lambda _: None)


def verdicts(finding: Finding) -> dict[str, JudgedStatement]:
    return {verdict.key: verdict for verdict in finding.verdicts}


def test_independent_tokens_support_the_lemma() -> None:
    told = verdicts(found(laws=["gaussian", "dependent"], samples=20000))
    for key in ("inequality_gaussian", "inequality_dependent", "sharp", "finitely_exchangeable"):
        assert told[key].said == Verdict.SUPPORTED, told[key]
    assert told["identity"].said != Verdict.CONTRADICTED
    assert told["inequality_gaussian"].low is not None


def test_finitely_exchangeable_tokens_contradict_it() -> None:
    told = verdicts(found(laws=["without_replacement"]))
    assert told["inequality_without_replacement"].said == Verdict.CONTRADICTED
    assert told["inequality_without_replacement"].value == pytest.approx(0.556, abs=0.03)
    assert told["identity"].said != Verdict.CONTRADICTED  # it needs exchangeability alone
    assert told["sharp"].said == Verdict.OUTSIDE


def test_tokens_that_are_not_exchangeable_break_the_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    take = TokenStream.take

    def growing(self: TokenStream, samples: int, tokens: int) -> Any:
        return take(self, samples, tokens) * np.linspace(0.3, 1.5, tokens)[:, None]

    monkeypatch.setattr(TokenStream, "take", growing)
    assert verdicts(found(laws=["gaussian"], dims=[1, 2]))["identity"].said == Verdict.CONTRADICTED


def test_few_samples_leave_it_open() -> None:
    assert verdicts(found(laws=["cube"], samples=1000))["inequality_cube"].said == Verdict.UNDECIDED


def test_the_same_settings_give_the_same_finding() -> None:
    assert found(laws=["sphere"], samples=1000) == found(laws=["sphere"], samples=1000)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"tokens": [2]}, "from 3 to 200"),
        ({"tokens": []}, "at least one"),
        ({"dims": [0]}, "from 1 to 1000"),
        ({"laws": ["cube", "cube"]}, "distinct"),
        ({"samples": 3}, "1000"),
    ],
)
def test_wrong_settings(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Settings.model_validate(wrong)
