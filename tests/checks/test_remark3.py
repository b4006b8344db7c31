"""The finding on Remark 3: what it says of small runs, and of planted numbers."""

from dataclasses import replace

import pytest

from mtam.base.table import Estimate
from mtam.checks import remark3
from mtam.checks.remark3 import BestAffine, Settings
from mtam.rates.verdict import Verdict
from mtam.recall.theory.one_hot_error import Affine

SMALL = Settings(steps=150, batch=128, contexts=4000, bandwidths=[0.2, 0.5, 2.0])


def _planted(**changes: object) -> BestAffine:
    exact = Estimate(value=0.0, se=0.0)
    honest = BestAffine("simplex", Affine(0.25, 0.75, 0.0), exact, Estimate(value=0.2, se=1e-3), [exact], 0, exact)
    return replace(honest, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "linear", "frozen"),
    [("simplex", Verdict.CONTRADICTED, Verdict.CONTRADICTED), ("nuisance", Verdict.SUPPORTED, Verdict.SUPPORTED)],
)
def test_small_runs_say_the_same(name: str, linear: str, frozen: str) -> None:
    found = remark3.best(name, SMALL)
    assert remark3.linear_verdict(found).said == linear
    assert remark3.frozen_verdict(found, SMALL.bandwidths).said == frozen
    assert remark3.agreement_verdict([found]).said == Verdict.SUPPORTED
    assert found.softmax.value < found.elu.value


def test_a_wrong_closed_form_is_contradicted() -> None:
    wrong = _planted(affine=Affine(0.0, 1.0, 0.1))
    assert remark3.agreement_verdict([_planted()]).said == Verdict.SUPPORTED
    assert remark3.agreement_verdict([_planted(), wrong]).said == Verdict.CONTRADICTED


def test_verdicts_follow_the_numbers_and_their_errors() -> None:
    far, near, unsure = (Estimate(value=value, se=se) for value, se in ((0.2, 1e-3), (1e-3, 1e-4), (0.02, 0.01)))
    assert [remark3.said_of(each) for each in (far, near, unsure)] == [
        Verdict.SUPPORTED,
        Verdict.CONTRADICTED,
        Verdict.UNDECIDED,
    ]
    assert remark3.softmax_verdict([_planted(), _planted(softmax=far)]).said == Verdict.CONTRADICTED
    assert remark3.softmax_verdict([_planted(), _planted(softmax=unsure)]).said == Verdict.UNDECIDED
    assert remark3.elu_verdict([_planted(), _planted(elu=near)]).said == Verdict.CONTRADICTED
    assert remark3.elu_verdict([_planted()]).said == Verdict.SUPPORTED


def test_the_finding_has_all_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remark3, "TAGS", ("simplex",))
    finding = remark3.check(SMALL, lambda _: None)
    assert {verdict.key for verdict in finding.verdicts} == {
        "closed_form", "linear_simplex", "linear_elu", "frozen_simplex", "softmax",
    }  # fmt: skip
    assert [table.name for table in finding.tables] == ["classes", "bandwidths"]
