"""Whether an affine gate can be exactly one-hot: a finite question about inner products, decided with a certificate.

Linear attention weighs component i by a_i = b + v_q^T W v_i, and is one-hot if a_i = [i = i*] for every draw. Tags are
rotated afresh, v = U t, so this must hold for every rotation U; averaging its equations over the group replaces W by
(tr W / d) I (Schur's lemma) and keeps them true. So some (b, W) is one-hot iff some (b, w) solves

    b + w g = [i = i*]   at every inner product g = <v_i*, v_i> of the tag set:

g = 1 at the target. That is possible iff the products with the others take one single value g0 < 1, and then
a = (g - g0) / (1 - g0). In general the least worst error is the value of a linear program,

    eps = min over (b, w) of max_k |b + w g_k - delta_k|
        = max of sum y_k delta_k under sum |y_k| <= 1 and sum y_k (1, g_k) = 0,

whose dual y proves that no weights do better (Farkas' lemma when eps > 0). Both sides are verified in rational
arithmetic, so that the answer does not rest on the solver. Dimensions of noise that query and keys do not share add a
feature h = <z_q, z_i> whose law is symmetric; averaging over the sign of z_q removes its weight in the same way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import scipy.optimize
from numpy.typing import NDArray

from mtam.recall.simulate.tags import gram

Array = NDArray[np.float64]
Row = tuple[Fraction, ...]

ACTIVE = 1e-9  # dual weights below this are zeros of the solver


@dataclass(frozen=True)
class Decision:
    """The least worst one-hot error, proven on both sides in rational arithmetic."""

    error: Fraction
    weights: Row  # of the features, with exactly this worst error
    dual: dict[int, Fraction]  # y by row, with exactly this value; empty where the error is zero


def chebyshev(features: Array, targets: Array) -> tuple[float, Array, Array]:
    """min over x of max |features x - targets| by linear programming, x, and the dual y. (k, p), (k,)"""
    count, width = features.shape
    ones = np.ones((count, 1))
    found = scipy.optimize.linprog(
        np.append(np.zeros(width), 1.0),
        A_ub=np.block([[features, -ones], [-features, -ones]]),
        b_ub=np.concatenate([targets, -targets]),
        bounds=[(None, None)] * width + [(0, None)],
        method="highs",
    )
    if not found.success or found.fun is None or found.x is None:
        raise ValueError(f"the linear program was not solved: {found.message}")
    marginals = np.asarray(found.ineqlin.marginals)
    return float(found.fun), found.x[:-1], marginals[:count] - marginals[count:]


def decide(features: Sequence[Row], targets: Sequence[Fraction]) -> Decision:
    """The least worst error of an affine gate with rational features, exactly. Raises ArithmeticError if unproven.

    The solver only proposes which rows bind; weights and dual are then solved for, and all conditions checked, in
    rational arithmetic.
    """
    rows = np.array([[float(x) for x in row] for row in features])
    error, _, dual = chebyshev(rows, np.array([float(t) for t in targets]))
    if error < ACTIVE:
        weights = _interpolate(features, targets)
        if weights is not None:
            return Decision(Fraction(0), weights, {})
    binding = [k for k in range(len(features)) if abs(dual[k]) > ACTIVE]
    y = _dual(features, binding, [1 if dual[k] > 0 else -1 for k in binding])
    value = sum((y[k] * targets[k] for k in binding), Fraction(0))
    weights = _primal(features, targets, y, value)
    if weights is None or worst(features, targets, weights) != value or not proves(features, y):
        raise ArithmeticError("the certificate of the linear program does not hold in rational arithmetic")
    return Decision(value, weights, y)


def worst(features: Sequence[Row], targets: Sequence[Fraction], weights: Row) -> Fraction:
    """max |features . weights - targets|, exactly."""
    return max(abs(_dot(row, weights) - t) for row, t in zip(features, targets, strict=True))


def proves(features: Sequence[Row], dual: dict[int, Fraction]) -> bool:
    """Whether sum |y_k| <= 1 and sum y_k features_k = 0 hold exactly: then sum y_k delta_k is a lower bound."""
    width = len(features[0])
    sums = (sum((y * features[k][at] for k, y in dual.items()), Fraction(0)) for at in range(width))
    return sum(map(abs, dual.values())) <= 1 and not any(sums)


def one_value(features: Sequence[Row], targets: Sequence[Fraction]) -> bool:
    """The rule that the certificates confirm: the products with the others take one single value below 1."""
    values = {row[1] for row, target in zip(features, targets, strict=True) if target == 0}
    return len(values) == 1 and max(values) < 1


def _dot(left: Row, right: Row) -> Fraction:
    return sum((a * b for a, b in zip(left, right, strict=True)), Fraction(0))


def _interpolate(features: Sequence[Row], targets: Sequence[Fraction]) -> Row | None:
    """Weights without any error, if there are any."""
    found = _solve(list(features), list(targets))
    return found if found is not None and worst(features, targets, found) == 0 else None


def _dual(features: Sequence[Row], binding: Sequence[int], signs: Sequence[int]) -> dict[int, Fraction]:
    """y on the binding rows with sum y features = 0 and sum |y| = 1 under the given signs."""
    columns = [tuple(features[k][at] for k in binding) for at in range(len(features[0]))]
    columns.append(tuple(Fraction(s) for s in signs))
    found = _solve(columns, [Fraction(0)] * (len(columns) - 1) + [Fraction(1)])
    return dict(zip(binding, found, strict=True)) if found is not None else {}


def _primal(
    features: Sequence[Row], targets: Sequence[Fraction], dual: dict[int, Fraction], error: Fraction
) -> Row | None:
    """Weights whose errors on the binding rows alternate as the dual's signs say (complementary slackness)."""
    binding = [k for k, y in dual.items() if y != 0]
    shifted = [targets[k] - (error if dual[k] > 0 else -error) for k in binding]
    return _solve([features[k] for k in binding], shifted)


def _solve(rows: list[Row], right: list[Fraction]) -> Row | None:
    """A solution of rows . x = right by elimination, free unknowns zero; None where there is none."""
    width = len(rows[0]) if rows else 0
    table = [[*row, r] for row, r in zip(rows, right, strict=True)]
    pivots: list[int] = []
    for column in range(width):
        at = next((k for k in range(len(pivots), len(table)) if table[k][column]), None)
        if at is None:
            continue
        top = len(pivots)
        table[top], table[at] = table[at], table[top]
        table[top] = [x / table[top][column] for x in table[top]]
        for k, row in enumerate(table):
            if k != top and row[column]:
                table[k] = [x - row[column] * p for x, p in zip(row, table[top], strict=True)]
        pivots.append(column)
    if any(row[-1] for row in table[len(pivots) :]):
        return None
    found = [Fraction(0)] * width
    for k, column in enumerate(pivots):
        found[column] = table[k][-1]
    return tuple(found)


def fixed_products(tags: str, components: int, correlation: Fraction) -> list[list[Fraction]]:
    """The inner products of a deterministic tag set as fractions. Raises ValueError for others."""
    exact = gram(tags, components, float(correlation))
    near = [[Fraction(g).limit_denominator(10**6) for g in row] for row in exact.tolist()]
    if np.abs(np.array(near, dtype=np.float64) - exact).max() > 1e-12:
        raise ValueError(f"the inner products of {tags} tags with correlation {correlation} are no simple fractions")
    return near


def drawn_products(tags: Array) -> list[list[Fraction]]:
    """The inner products of drawn unit vectors, exactly as stored; with themselves, where rounding alone differs, 1."""
    rows = [tuple(map(Fraction, vector)) for vector in tags.tolist()]
    return [[Fraction(1) if i == j else _dot(u, v) for j, v in enumerate(rows)] for i, u in enumerate(rows)]


def conditions(grams: Sequence[Sequence[Sequence[Fraction]]]) -> tuple[list[Row], list[Fraction]]:
    """The distinct rows (1, g) of these tag sets and their targets, over all choices of the target."""
    pairs = {(g, i == j) for products in grams for i, row in enumerate(products) for j, g in enumerate(row)}
    ordered = sorted(pairs)
    return [(Fraction(1), g) for g, _ in ordered], [Fraction(int(own)) for _, own in ordered]


def with_noise(
    features: Sequence[Row], targets: Sequence[Fraction], noise: Sequence[Fraction]
) -> tuple[list[Row], list[Fraction]]:
    """Rows (1, g, h) for every product h of noise, with both signs as its law is symmetric."""
    signed = [sign * h for h in noise for sign in (1, -1)]
    return [(*row, h) for row in features for h in signed], [target for target in targets for _ in signed]


def bilinear(tags: Array, rotations: Array) -> tuple[Array, Array]:
    """Rows (1, v_q v_i^T) of a full form W over rotations of one tag set, and targets. (I, d), (R, d, d)"""
    turned = tags @ np.swapaxes(rotations, -1, -2)  # (R, I, d)
    outer = np.einsum("rqa,rib->rqiab", turned, turned).reshape(-1, tags.shape[1] ** 2)
    own = np.broadcast_to(np.eye(len(tags)), (len(rotations), len(tags), len(tags)))
    return np.column_stack([np.ones(len(outer)), outer]), own.ravel()
