"""The finding on entropy, and what it says when the statement is wrong."""

import numpy as np

from mtam.checks import entropy
from mtam.checks.entropy import Settings, Spectral
from mtam.rates.verdict import Verdict


def test_the_finding_says_what_was_found() -> None:
    finding = entropy.check(Settings(alphas=[1.0, 4.0], powers=[1.0]), lambda _: None)
    said = {verdict.key: verdict for verdict in finding.verdicts}
    assert {key: each.said for key, each in said.items()} == {
        "entropy": Verdict.SUPPORTED, "exponent_exp_1": Verdict.SUPPORTED, "exponent_exp_4": Verdict.SUPPORTED,
        "exponent_poly_1": Verdict.SUPPORTED,
    }  # fmt: skip
    seen = {row[0]: row for row in next(table for table in finding.tables if table.name == "visible").rows}
    assert 40 < float(str(seen["exp(-j^1)"][3])) < 200  # ln n: some 10^47
    assert 3000 < float(str(seen["exp(-j^4)"][3])) < 10000  # some 10^2900


def test_a_wrong_formula_is_contradicted() -> None:
    """The entropy of alpha = 1 against the formula of alpha = 2, and a covering number that is too small."""
    right, wrong = (Spectral("exponential", alpha, 1.0, 0.1) for alpha in (1.0, 2.0))
    radii, exact, water, formula = entropy.measure(right)
    assert entropy.entropy_verdict([right], [(radii, exact, water, formula)]).said == Verdict.SUPPORTED
    other = entropy.measure(wrong)[3]
    assert entropy.entropy_verdict([right], [(radii, exact, water, other)]).said == Verdict.CONTRADICTED
    assert entropy.entropy_verdict([right], [(radii, 0.9 * water, water, formula)]).said == Verdict.CONTRADICTED


def test_an_exponent_that_settles_elsewhere_is_contradicted() -> None:
    right, wrong = (Spectral("exponential", alpha, 1.0, 0.1) for alpha in (1.0, 2.0))
    sizes, exponents = entropy.trace(wrong)
    assert entropy.exponent_verdict(right, sizes, exponents, None, 0.1).said == Verdict.CONTRADICTED
    moving = np.linspace(0.9, 0.6, len(sizes))
    assert entropy.exponent_verdict(right, sizes, moving, None, 0.1).said == Verdict.UNDECIDED
