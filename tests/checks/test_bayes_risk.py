"""The measured average Bayes risk is the computed curve; with another length scale, or another spectrum, it is not."""

import numpy as np

from mtam.checks import bayes_risk
from mtam.checks.bayes_risk import Measured, Settings
from mtam.rates.verdict import Verdict

FEW = Settings(alphas=[1.0], sizes=[32, 64, 128], draws=8, test=128)


def test_measured_and_computed_agree_with_nothing_fitted() -> None:
    finding = bayes_risk.check(FEW, lambda _: None)
    (said,) = finding.verdicts
    assert said.key == "curve_exp_1"
    assert said.said == Verdict.SUPPORTED
    assert [row[1] for row in finding.tables[0].rows] == [32, 64, 128]


def test_another_length_scale_or_spectrum_is_contradicted() -> None:
    measured = bayes_risk.measure(FEW, 1.0)
    right = bayes_risk.computed(FEW, 1.0, FEW.length_scale)
    assert bayes_risk.verdict(measured, right, FEW).said == Verdict.SUPPORTED
    for length in (0.6 * FEW.length_scale, 1.6 * FEW.length_scale):
        wrong = bayes_risk.computed(FEW, 1.0, length)
        assert bayes_risk.verdict(measured, wrong, FEW).said == Verdict.CONTRADICTED
    other = bayes_risk.computed(FEW, 2.0, FEW.length_scale)
    assert bayes_risk.verdict(measured, other, FEW).said == Verdict.CONTRADICTED


def test_draws_that_scatter_leave_it_open() -> None:
    curve = np.log(np.array([0.1, 0.05]))
    scattered = np.exp(curve) * np.exp(0.3 * np.array([-1.0, 1.0, -1.0, 1.0]))[:, None]
    said = bayes_risk.verdict(Measured(1.0, np.array([64.0, 128.0]), scattered), curve, FEW)
    assert said.said == Verdict.UNDECIDED


def test_nested_contexts_give_what_a_solution_of_each_size_gives() -> None:
    rng = np.random.default_rng(0)
    z = rng.standard_normal((30, 2))
    whole = np.exp(-((z[:, None] - z) ** 2).sum(-1))
    gram, across, own = whole[:20, :20] + 0.1 * np.eye(20), whole[:20, 20:], np.ones(10)
    found = bayes_risk._nested(gram.copy(), across, own, [5, 20])
    for n, each in zip((5, 20), found, strict=True):
        solved = np.linalg.solve(gram[:n, :n], across[:n])
        assert abs(each - float((own - (across[:n] * solved).sum(0)).mean())) < 1e-12
