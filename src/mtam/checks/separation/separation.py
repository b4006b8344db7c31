"""Separation of tags: Rankin's bounds, sharpness of softmax (Lemma 8), and one-hot affine gates (Remark 3 of paper A).

Statements. (1) At most d + 1 unit vectors of R^d have only negative inner products, at most 2 d none that is positive
(Rankin; Assumption 2). (2) With scores that lead by a gap, softmax puts at least 1 - (I - 1) e^{-gap} on the target
(Lemma 8). (3) Linear attention cannot select (Remark 3): true or false by tag set, for an affine gate
b + w <v_q, v_i> is exactly one-hot for all rotations iff the products with the others take one single value.
Assumed: unit tags under a fresh rotation; the answering component is in the context. Were (1) false, the search would
find a set beyond the bound; were (2) false, some context would fall below it; (3) is decided by certificates in
rational arithmetic: weights without any error, or a dual vector that no weights can satisfy.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated

import numpy as np
import torch
from pydantic import Field

from mtam.base.finding import Finding, JudgedStatement
from mtam.base.streams import generator
from mtam.checks.check_registry import Tick
from mtam.checks.check_settings import CheckSettings
from mtam.checks.separation.separation_tables import (
    Mass,
    OneHot,
    Sphere,
    certificate,
    form_table,
    mass_table,
    one_hot_table,
    panels,
    sphere_table,
    text,
)
from mtam.rates.verdict import Verdict
from mtam.recall.gates import SHARPNESS, Softmax
from mtam.recall.recall_spec import RecallData
from mtam.recall.simulate import tags
from mtam.recall.theory import one_hot_certificate, one_hot_error, rankin

ZERO = 1e-7  # inner products and linear programs below this are zero to the solver
NOISES = 8  # draws of noise beside nuisance tags
FIXED = ("orthonormal", "simplex", "equicorrelated", "cross_polytope")

Dim = Annotated[int, Field(ge=2, le=12)]
Count = Annotated[int, Field(ge=1, le=256)]
Positive = Annotated[float, Field(gt=0)]


class Settings(CheckSettings):
    """Sizes of the searches and the tag sets."""

    dims: list[Dim] = Field([2, 3, 4, 5], min_length=1)  # dimensions in which Rankin's bounds are searched
    restarts: int = Field(8, ge=1, le=1000)  # descents from random vectors, per number of vectors
    components: int = Field(4, ge=3, le=64)  # I
    correlation: float = Field(0.5, gt=0, lt=1)  # rho of equicorrelated tags
    contexts: int = Field(64, ge=1, le=1024)  # drawn contexts: for softmax, and as conditions of i.i.d. tags
    betas: list[Positive] = Field([1.0, 2.0, 4.0, 8.0, 16.0], min_length=1)  # W = beta I
    rotations: list[Count] = Field([1, 2, 8, 32], min_length=1)  # over which a full form W must be one-hot


def check(settings: Settings, tick: Tick) -> Finding:
    """The finding on separation."""
    data = {name: _data(name, settings) for name in (*FIXED, "iid")}
    spheres = [found for dim in settings.dims for found in search(dim, settings)]
    tick(0.4)
    masses = [mass(data[name], settings.seed, beta, settings.contexts) for name in data for beta in settings.betas]
    tick(0.6)
    answers = [decide(name, settings) for name in (*FIXED, "iid", "nuisance")]
    tick(0.8)
    forms = {name: full_forms(data[name], settings.seed, settings.rotations) for name in data}
    reduced = {name: _reduced(data[name], settings.seed) for name in data}
    return Finding(
        name="separation",
        title="Separation of tags",
        source="paper A, Assumption 2, Lemma 8, Remark 3",
        statement="at most d+1 tags have negative products and 2d none positive; softmax puts 1 - (I-1) e^-gap on the "
        "target; an affine gate is one-hot iff the products with the others take one value",
        assumptions=["unit tags under a fresh rotation per context; the query carries the target's tag"],
        if_false="a larger set would be found; a context would fall below the bound; certificates would not hold",
        verdicts=[
            negative_verdict(spheres), nonpositive_verdict(spheres), sharpness_verdict(masses),
            *map(one_hot_verdict, answers), reduction_verdict(forms, reduced),
        ],
        tables=[
            sphere_table(spheres), mass_table(masses), one_hot_table(answers),
            form_table(forms, reduced, settings.rotations),
        ],
        panels=panels(spheres, masses, settings.betas),
        notes=[
            "A search proves no bound; beyond 2d the proven value is Levenshtein's (N-2d)/(d(N-2)), "
            "which need not be attained.",
            "Over one rotation a full form W can memorise the tags it has seen: linearly independent tags are then "
            "one-hot. It is fresh rotations that make it compare.",
        ],
    )  # fmt: skip


def _data(name: str, settings: Settings) -> RecallData:
    wide = {"tags": name, "components": settings.components, "tag_dim": settings.components}
    return RecallData.model_validate({**wide, "correlation": settings.correlation})


def search(dim: int, settings: Settings) -> list[Sphere]:
    """The best sets found on both sides of Rankin's two borders."""
    found = []
    for count in sorted({dim + 1, dim + 2, 2 * dim, 2 * dim + 1}):
        random = generator(settings.seed, "recall", "rankin", dim, count)
        best = rankin.largest_product(rankin.search(count, dim, settings.restarts, random))
        built = rankin.largest_product(rankin.construct(count, dim)) if count <= 2 * dim else None
        found.append(Sphere(dim, count, best, rankin.least_largest_product(count, dim), built))
    return found


def mass(data: RecallData, seed: int, beta: float, contexts: int) -> Mass:
    """What the softmax gate itself puts on the target, against Lemma 8, context by context."""
    at = one_hot_error.contexts(data, seed, "selection_softmax", contexts)
    dim = data.seen_dim()
    sharp = torch.full((1, 1), beta / SHARPNESS, dtype=torch.float64)
    params = {"score": torch.zeros(1, dim, dim, dtype=torch.float64), "temperature": sharp}
    weights = Softmax().forward(params, at)[0][0].numpy()  # (I, B)
    scores = beta * np.einsum("bd,ibd->ib", at.query[0].numpy(), at.tags[0].numpy())
    own, everyone = at.answering[0].numpy(), np.arange(contexts)
    target = scores[own, everyone].copy()
    scores[own, everyone] = -np.inf
    gap, on_target = target - scores.max(0), weights[own, everyone]
    bound = 1 - (data.components - 1) * np.exp(-gap)
    worst = 1 - (data.components - 1) * float(np.exp(-gap.min()))
    return Mass(data.tags, beta, float(gap.min()), float(on_target.min()), worst, float((on_target - bound).min()))


def decide(name: str, settings: Settings) -> OneHot:
    """Whether an affine gate is one-hot on a tag set, with the certificate."""
    rho = Fraction(settings.correlation).limit_denominator(10**6)
    if name == "iid":
        drawn = tags.draw(_data(name, settings), settings.seed, "one_hot", settings.contexts)
        features, targets = one_hot_certificate.conditions([one_hot_certificate.drawn_products(each) for each in drawn])
    else:
        plain = "cross_polytope" if name == "nuisance" else name
        features, targets = one_hot_certificate.conditions(
            [one_hot_certificate.fixed_products(plain, settings.components, rho)]
        )
    if name == "nuisance":
        noise = generator(settings.seed, "recall", "one_hot", "nuisance").standard_normal(NOISES)
        features, targets = one_hot_certificate.with_noise(features, targets, [Fraction(h) for h in noise.tolist()])
    return OneHot(name, features, targets, one_hot_certificate.decide(features, targets))


def full_forms(data: RecallData, seed: int, rotations: Sequence[int]) -> list[float]:
    """The least worst error of b + v_q^T W v_i with a full W, over the first R rotations of one tag set."""
    normals = generator(seed, "recall", "one_hot", "rotations").standard_normal(
        (max(rotations), data.tag_dim, data.tag_dim)
    )
    turns, own = tags.haar_rotations(normals), tags.draw(data, seed, "one_hot", 1)[0]
    return [one_hot_certificate.chebyshev(*one_hot_certificate.bilinear(own, turns[:count]))[0] for count in rotations]


def _reduced(data: RecallData, seed: int) -> float:
    """The same with W = w I, for the same tag set and all rotations."""
    own = tags.draw(data, seed, "one_hot", 1)[0]
    products = (own @ own.T).ravel()
    return one_hot_certificate.chebyshev(np.column_stack([np.ones_like(products), products]), np.eye(len(own)).ravel())[
        0
    ]


def negative_verdict(spheres: Sequence[Sphere]) -> JudgedStatement:
    """d + 1 vectors found with negative products, d + 2 not."""
    good = all(s.found < -ZERO for s in spheres if s.count == s.dim + 1)
    beyond = min(s.found for s in spheres if s.count == s.dim + 2)
    return JudgedStatement(
        key="rankin_negative",
        claim="d+1 tags have only negative products, d+2 never do",
        said=Verdict.SUPPORTED if good and beyond > -ZERO else Verdict.CONTRADICTED,
        because=f"d+1: {'found' if good else 'not found'} in every dimension; d+2: least largest product {beyond:.1e}",
        expected=0.0,
        value=beyond,
    )


def nonpositive_verdict(spheres: Sequence[Sphere]) -> JudgedStatement:
    """2 d vectors found without a positive product, 2 d + 1 not."""
    good = all(s.found < ZERO for s in spheres if s.count == 2 * s.dim)
    beyond = [s for s in spheres if s.count > 2 * s.dim]
    least = min(beyond, key=lambda s: s.found)
    above = all(s.found >= s.proven - ZERO and s.found > ZERO for s in beyond)
    return JudgedStatement(
        key="rankin_nonpositive",
        claim="2d tags have no positive product, 2d+1 always do",
        said=Verdict.SUPPORTED if good and above else Verdict.CONTRADICTED,
        because=f"2d: {'found' if good else 'not found'} in every dimension; 2d+1: least largest product "
        f"{least.found:.4f} in d = {least.dim}, proven at least {least.proven:.4f}",
        expected=least.proven,
        value=least.found,
    )  # fmt: skip


def sharpness_verdict(masses: Sequence[Mass]) -> JudgedStatement:
    """Lemma 8 in every context of every tag set."""
    worst = min(masses, key=lambda m: m.margin)
    return JudgedStatement(
        key="softmax_sharpness",
        claim="softmax puts at least 1 - (I-1) e^-gap on the target",
        said=Verdict.SUPPORTED if worst.margin >= -1e-12 else Verdict.CONTRADICTED,
        because=f"least mass minus bound over all contexts {worst.margin:.1e} ({worst.tags}, beta = {worst.beta:g})",
        value=worst.margin,
        expected=0.0,
    )


def one_hot_verdict(answer: OneHot) -> JudgedStatement:
    """Remark 3 on one tag set, from its certificate."""
    decision = answer.decision
    error = one_hot_certificate.worst(answer.features, answer.targets, decision.weights)
    bound = sum((y * answer.targets[k] for k, y in decision.dual.items()), Fraction(0))
    impossible = bound > 0 and one_hot_certificate.proves(answer.features, decision.dual)
    return JudgedStatement(
        key=f"affine_{answer.tags}",
        claim=f"linear attention cannot select on {answer.tags} tags",
        said=Verdict.SUPPORTED if impossible else Verdict.CONTRADICTED if error == 0 else Verdict.UNDECIDED,
        because=f"no affine gate comes closer than {text(bound)} everywhere: {certificate(answer)}"
        if impossible
        else f"a = {text(decision.weights[0])} + {text(decision.weights[1])} <v_q, v_i> is one-hot without error",
        value=float(decision.error),
    )


def reduction_verdict(forms: dict[str, list[float]], reduced: dict[str, float]) -> JudgedStatement:
    """A full form is at least as good as w I over any rotations, and no better over enough of them."""
    gap = max((reduced[name] - forms[name][-1] for name in reduced), key=abs)
    said: Verdict = (
        Verdict.SUPPORTED if abs(gap) < 10 * ZERO else Verdict.UNDECIDED if gap > 0 else Verdict.CONTRADICTED
    )
    return JudgedStatement(
        key="reduction",
        claim="over fresh rotations a full form W is no better than w I",
        said=said,
        because=f"w I is worse by {abs(gap):.1e} at most, over the largest number of rotations",
        expected=0.0,
        value=gap,
    )
