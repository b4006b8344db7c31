"""The finding on separation, and what it says when a statement is wrong."""

from dataclasses import replace
from fractions import Fraction as F

import pytest

from mtam.checks.separation import separation
from mtam.checks.separation.separation import Settings
from mtam.checks.separation.separation_tables import Mass, OneHot, Sphere
from mtam.rates.verdict import Verdict
from mtam.recall.theory.one_hot_certificate import Decision

SMALL = Settings(dims=[2, 3], restarts=3, contexts=16, betas=[4.0], rotations=[1, 16])


def test_the_finding_says_what_was_found() -> None:
    finding = separation.check(SMALL, lambda _: None)
    said = {verdict.key: verdict.said for verdict in finding.verdicts}
    assert said == {
        "rankin_negative": Verdict.SUPPORTED,
        "rankin_nonpositive": Verdict.SUPPORTED,
        "softmax_sharpness": Verdict.SUPPORTED,
        "affine_orthonormal": Verdict.CONTRADICTED,
        "affine_simplex": Verdict.CONTRADICTED,
        "affine_equicorrelated": Verdict.CONTRADICTED,
        "affine_cross_polytope": Verdict.SUPPORTED,
        "affine_iid": Verdict.SUPPORTED,
        "affine_nuisance": Verdict.SUPPORTED,
        "reduction": Verdict.SUPPORTED,
    }


@pytest.mark.parametrize("planted", [-0.02, 1e-9])
def test_a_set_beyond_the_bound_is_contradicted(planted: float) -> None:
    honest = [found for dim in (2, 3) for found in separation.search(dim, SMALL)]
    wrong = [replace(s, found=planted) if s.count == 2 * s.dim + 1 else s for s in honest]
    assert separation.nonpositive_verdict(wrong).said == Verdict.CONTRADICTED
    wrong = [Sphere(3, 4, -1 / 3, -1 / 3, None), Sphere(3, 5, -0.01, 0.0, None)]
    assert separation.negative_verdict(wrong).said == Verdict.CONTRADICTED


def test_a_gate_that_is_too_soft_is_contradicted() -> None:
    assert separation.sharpness_verdict([Mass("simplex", 4.0, 5.0, 0.9, 0.98, -0.08)]).said == Verdict.CONTRADICTED


def test_a_false_certificate_is_not_believed() -> None:
    honest = separation.decide("cross_polytope", SMALL)
    assert separation.one_hot_verdict(honest).said == Verdict.SUPPORTED
    doubled = Decision(F(1, 2), honest.decision.weights, {k: 2 * y for k, y in honest.decision.dual.items()})
    told = separation.one_hot_verdict(OneHot("cross_polytope", honest.features, honest.targets, doubled))
    assert told.said == Verdict.UNDECIDED


def test_a_full_form_that_needs_more_rotations_leaves_it_open() -> None:
    assert separation.reduction_verdict({"iid": [0.0, 0.1]}, {"iid": 0.4}).said == Verdict.UNDECIDED
    assert separation.reduction_verdict({"iid": [0.0, 0.4]}, {"iid": 0.1}).said == Verdict.CONTRADICTED
