"""Feasibility of one-hot affine gates: certificates, the solver, and what they must refuse."""

from fractions import Fraction as F

import numpy as np
import pytest

from mtam.recall.recall_spec import RecallData
from mtam.recall.simulate import tags
from mtam.recall.theory import one_hot_certificate


def _set(name: str, count: int) -> tuple[list[one_hot_certificate.Row], list[F]]:
    return one_hot_certificate.conditions([one_hot_certificate.fixed_products(name, count, F(1, 2))])


@pytest.mark.parametrize(
    ("name", "count", "error", "weights"),
    [
        ("orthonormal", 4, F(0), (F(0), F(1))),
        ("simplex", 4, F(0), (F(1, 4), F(3, 4))),
        ("equicorrelated", 5, F(0), (F(-1), F(2))),
        ("cross_polytope", 2, F(0), (F(1, 2), F(1, 2))),  # a single pair has one product
        ("cross_polytope", 3, F(1, 4), (F(1, 4), F(1, 2))),
        ("cross_polytope", 8, F(1, 4), (F(1, 4), F(1, 2))),
    ],
)
def test_the_decision_by_hand(name: str, count: int, error: F, weights: one_hot_certificate.Row) -> None:
    features, targets = _set(name, count)
    found = one_hot_certificate.decide(features, targets)
    assert (found.error, found.weights) == (error, weights)
    assert one_hot_certificate.one_value(features, targets) == (error == 0)
    assert one_hot_certificate.worst(features, targets, found.weights) == error
    assert one_hot_certificate.proves(features, found.dual)
    assert sum((y * targets[k] for k, y in found.dual.items()), F(0)) == error


def test_a_false_certificate_proves_nothing() -> None:
    features, targets = _set("cross_polytope", 4)
    dual = one_hot_certificate.decide(features, targets).dual
    assert one_hot_certificate.proves(features, dual)
    assert not one_hot_certificate.proves(features, {k: 2 * y for k, y in dual.items()})
    assert not one_hot_certificate.proves(features, {k: abs(y) for k, y in dual.items()})


def test_drawn_tags_are_certified_and_come_near_one_half() -> None:
    drawn = tags.draw(RecallData(tags="iid"), 1, "here", 64)
    few, many = (
        one_hot_certificate.decide(
            *one_hot_certificate.conditions([one_hot_certificate.drawn_products(each) for each in drawn[:k]])
        )
        for k in (1, 64)
    )
    assert 0 < few.error < many.error < F(1, 2)


def test_symmetric_noise_gets_no_weight() -> None:
    features, targets = one_hot_certificate.with_noise(*_set("cross_polytope", 4), [F(1, 3), F(-7, 5)])
    found = one_hot_certificate.decide(features, targets)
    assert found.error == F(1, 4)
    plain = one_hot_certificate.with_noise(*_set("orthonormal", 4), [F(1, 3)])
    assert one_hot_certificate.decide(*plain).error == 0


@pytest.mark.parametrize("name", ["orthonormal", "simplex", "cross_polytope", "equicorrelated"])
def test_a_full_form_is_no_better_over_rotations(name: str) -> None:
    """Schur's lemma, by brute force: the linear program over d^2 + 1 weights has the reduced program's value."""
    fixed = tags.from_gram(tags.gram(name, 4, 0.5), 4)
    turns = tags.haar_rotations(np.random.default_rng(0).standard_normal((12, 4, 4)))
    found = one_hot_certificate.chebyshev(*one_hot_certificate.bilinear(fixed, turns))[0]
    assert found == pytest.approx(float(one_hot_certificate.decide(*_set(name, 4)).error), abs=1e-7)


def test_products_that_are_no_fractions_are_refused() -> None:
    with pytest.raises(ValueError, match="no fixed inner products"):
        one_hot_certificate.fixed_products("iid", 4, F(1, 2))
