"""The finding on Assouad's bound, and what it says of planted violations."""

from dataclasses import replace

import pytest

from mtam.base.finding import Finding
from mtam.base.table import Estimate
from mtam.checks import assouad
from mtam.checks.assouad import MeasuredRisk, Settings
from mtam.rates.verdict import Verdict

SMALL = Settings(alphas=[1.0], sizes=[64, 256], seeds=2, draws=8, repeats=40, test=256, transformer=False, dims=[1, 2])


@pytest.fixture(scope="module")
def finding() -> Finding:
    return assouad.check(SMALL, lambda _: None)


def test_the_finding_says_what_was_found(finding: Finding) -> None:
    assert {verdict.key: verdict.said for verdict in finding.verdicts} == {
        "bump": Verdict.SUPPORTED, "planted": Verdict.SUPPORTED, "above_oracle": Verdict.SUPPORTED,
        "gap_exp_1": Verdict.SUPPORTED,
    }  # fmt: skip
    assert [table.name for table in finding.tables] == ["bump", "planted", "ratios", "gap"]
    assert len(finding.panels) == 1


def test_a_bound_with_a_wrong_constant_is_contradicted() -> None:
    """The bump's mean square without its dimensions, 1 in place of 2/((D+1)(D+2)), lifts the bound above the risk."""
    honest = [assouad.planted(1.0, size, SMALL) for size in SMALL.sizes]
    assert assouad.family_verdict(honest).said == Verdict.SUPPORTED
    wrong = [replace(f, bound=f.bound * (f.dimension + 1) * (f.dimension + 2) / 2) for f in honest]
    assert assouad.family_verdict(wrong).said == Verdict.CONTRADICTED


def test_a_wrong_mean_square_is_contradicted() -> None:
    dim, closed, quadrature, sampled = assouad.square(3, 0)
    assert assouad.square_verdict([(dim, closed, quadrature, sampled)]).said == Verdict.SUPPORTED
    assert assouad.square_verdict([(dim, 1.05 * closed, 1.05 * quadrature, sampled)]).said == Verdict.CONTRADICTED
    assert assouad.square_verdict([(dim, 1.01 * closed, quadrature, sampled)]).said == Verdict.CONTRADICTED


def test_an_estimator_below_the_bound_is_told() -> None:
    families = [assouad.planted(1.0, 64, SMALL)]
    bound = families[0].bound
    cheat = [MeasuredRisk(1.0, 64, [Estimate(value=0.5 * bound, se=0.01 * bound)] * 2)]
    assert assouad.curve_verdict("gp", cheat, families).said == Verdict.CONTRADICTED
    unsure = [MeasuredRisk(1.0, 64, [Estimate(value=1.5 * bound, se=bound)] * 2)]
    assert assouad.curve_verdict("gp", unsure, families).said == Verdict.UNDECIDED
    assert assouad.curve_verdict("gp", [], families).said == Verdict.OUTSIDE


def test_ratios_are_geometric_means_with_both_errors() -> None:
    told = MeasuredRisk(1.0, 64, [Estimate(value=0.1, se=0.0), Estimate(value=0.4, se=0.0)])
    found = told.over(Estimate(value=0.02, se=0.002))
    assert found.value == pytest.approx(10)
    assert found.se == pytest.approx(10 * (0.6931**2 + 0.1**2) ** 0.5, rel=1e-3)
