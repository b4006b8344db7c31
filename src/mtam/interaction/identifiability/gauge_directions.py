"""What can be changed in attention layers without changing a single response: directions, and how many theory counts.

Every family is a group that acts on the parameters, told by its generators at the parameters at hand:

- factors of A: P -> P G, Q -> Q G^{-T}, GL(r), r^2 per head;
- scale of A: A -> t A, phi -> phi(./t), 1 per head;
- factors of the value: W -> W G, Z -> Z G^{-T}, GL(s), s^2 per head;
- scale of the value: v -> t v or W -> t W, phi -> phi/t, 1 per head with values;
- constants: of H scalar heads only the sum of the constants is seen, H - 1; of vector heads sum_h c_h0 v_h in R^m,
  H - m where positive; of matrix values all are seen, for they multiply W_h Z_h^T mean_j X_j;
- frame between stacked layers: W_1h -> G W_1h, A_2 -> G^{-T} A_2 G^{-1}, Z_2 -> G^{-T} Z_2, GL(d), d^2; tokens that are
  added to the first layer's answer fix the frame.

Permutations of heads and reflections (phi(-.), -A) are finite groups: no direction, dimension 0.

Where phi is special there is more. Linear phi: heads merge into M = sum_h c_h1 A_h, of which the matrices of rank
R = min(H r, d) have 2 d R - R^2 dimensions. phi = c_0 + c_2 u^2 at full rank: sum_h c_h2 u_h^2 is a quadratic form, and
rotations of its heads, H (H - 1)/2, change nothing. Two heads at one A: powers of u >= 1 can be moved between them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mtam.interaction.identifiability.attention_layers import OUTPUTS, AttentionLayers, Place

Array = npt.NDArray[np.float64]

ZERO = 1e-10  # a singular value of a small exact matrix, relative to its largest, that is none


@dataclass(frozen=True)
class Gauge:
    """A family of directions that leave every response as it is."""

    name: str
    count: int  # its dimension by theory, over that of the families before it
    directions: Array  # (directions, parameters); for linear phi they hold those of the families before as well


def gauges(model: AttentionLayers, theta: Array, twins: bool = False) -> list[Gauge]:
    """All families at these parameters; ``twins``: the first two heads of a single layer share one A."""
    places = [(layer, head) for layer in range(model.depth) for head in range(model.heads)]
    found = [
        _family(model, "factors of A", len(places) * model.rank**2, _factors(model, theta, places, "P", "Q")),
        _family(model, "scale of A", len(places), _scales(model, theta, places)),
        _constants(model, theta),
    ]
    with_matrix = [place for place in places if model.has(*place, "W")]
    if with_matrix:
        rank = model.part(theta, *with_matrix[0], "W").shape[1]
        moves = _factors(model, theta, with_matrix, "W", "Z")
        found.append(_family(model, "factors of the value", len(with_matrix) * rank**2, moves))
    valued = [place for place in places if model.value_of(place[0]) != "scalar"]
    found.append(_family(model, "scale of the value", len(valued), _value_scales(model, theta, valued)))
    if model.layers == "stacked":
        found.append(_family(model, "frame between layers", model.d**2, _frame(model, theta)))
    if model.powers == (0, 1):
        found.append(_merged(model, theta))
    if model.powers == (0, 2) and model.rank == model.d:
        count = model.heads * (model.heads - 1) // 2
        found.append(_family(model, "rotations of quadratic heads", count, _rotations(model, theta)))
    if twins:
        found.append(_family(model, "phi of twins", sum(power > 0 for power in model.powers), _exchanges(model)))
    return [gauge for gauge in found if gauge.count]


def _family(model: AttentionLayers, name: str, count: int, moves: Iterator[dict[Place, Array]]) -> Gauge:
    rows = [model.direction(parts) for parts in moves]
    return Gauge(name, count, np.array(rows).reshape(-1, model.parameters))


def _units(rows: int, columns: int) -> Iterator[Array]:
    """The matrices with a single one."""
    for k in range(rows * columns):
        yield np.eye(rows * columns)[k].reshape(rows, columns)


def _factors(
    model: AttentionLayers, theta: Array, places: list[tuple[int, int]], left: str, right: str
) -> Iterator[dict[Place, Array]]:
    for place in places:
        a, b = (model.part(theta, *place, name) for name in (left, right))
        for e in _units(a.shape[1], a.shape[1]):
            yield {(*place, left): a @ e, (*place, right): -b @ e.T}


def _scales(model: AttentionLayers, theta: Array, places: list[tuple[int, int]]) -> Iterator[dict[Place, Array]]:
    for place in places:
        c = model.part(theta, *place, "c")
        yield {(*place, "P"): model.part(theta, *place, "P"), (*place, "c"): -c * np.array(model.powers)}


def _value_scales(model: AttentionLayers, theta: Array, places: list[tuple[int, int]]) -> Iterator[dict[Place, Array]]:
    for place in places:
        name = "v" if model.has(*place, "v") else "W"
        yield {(*place, name): model.part(theta, *place, name), (*place, "c"): -model.part(theta, *place, "c")}


def _constants(model: AttentionLayers, theta: Array) -> Gauge:
    """Changes of the constants of the last layer's heads that add up to nothing."""
    layer, name = model.depth - 1, "constants"
    if 0 not in model.powers or model.value == "matrix":
        return Gauge(name, 0, np.zeros((0, model.parameters)))
    one = np.array([float(power == 0) for power in model.powers])
    if model.value == "scalar":
        seen, count = np.ones((1, model.heads)), model.heads - 1
    else:
        seen = np.stack([model.part(theta, layer, head, "v") for head in range(model.heads)], axis=1)
        count = max(0, model.heads - OUTPUTS)
    moves = ({(layer, h, "c"): move[h] * one for h in range(model.heads)} for move in _null(seen))
    return _family(model, name, count, moves)


def _frame(model: AttentionLayers, theta: Array) -> Iterator[dict[Place, Array]]:
    for e in _units(model.d, model.d):
        parts: dict[Place, Array] = {}
        for head in range(model.heads):
            parts[0, head, "W"] = e @ model.part(theta, 0, head, "W")
            for name in ("P", "Q", "Z"):
                if model.has(1, head, name):
                    parts[1, head, name] = -e.T @ model.part(theta, 1, head, name)
        yield parts


def _merged(model: AttentionLayers, theta: Array) -> Gauge:
    """All changes that leave sum_h c_h1 A_h and sum_h c_h0 as they are: one scalar layer with linear phi."""
    heads, d, rank = model.heads, model.d, model.rank
    columns = []
    for k in range(model.parameters):
        move, change = np.eye(model.parameters)[k], np.zeros(1 + d * d)
        for head in range(heads):
            (c, p, q), (dc, dp, dq) = ([model.part(v, 0, head, name) for name in "cPQ"] for v in (theta, move))
            change[0] += dc[0]
            change[1:] += np.ravel(dc[1] * p @ q.T + c[1] * (dp @ q.T + p @ dq.T))
        columns.append(change)
    joint = min(heads * rank, d)
    known = heads * (rank**2 + 1) + heads - 1  # of the families before
    count = model.parameters - (1 + 2 * d * joint - joint**2) - known
    return Gauge("linear heads merge", count, _null(np.stack(columns, axis=1)))


def _rotations(model: AttentionLayers, theta: Array) -> Iterator[dict[Place, Array]]:
    at = model.powers.index(2)
    matrices = [model.part(theta, 0, h, "P") @ model.part(theta, 0, h, "Q").T for h in range(model.heads)]
    for g in range(model.heads):
        for h in range(g + 1, model.heads):
            parts: dict[Place, Array] = {}
            for head, other, sign in ((g, h, 1.0), (h, g, -1.0)):
                q, c = model.part(theta, 0, head, "Q"), model.part(theta, 0, head, "c")[at]
                parts[0, head, "P"] = sign / c * matrices[other] @ np.linalg.inv(q).T  # dP Q^T = A_other / c
            yield parts


def _exchanges(model: AttentionLayers) -> Iterator[dict[Place, Array]]:
    for k, power in enumerate(model.powers):
        if power > 0:
            unit = np.eye(len(model.powers))[k]
            yield {(0, 0, "c"): unit, (0, 1, "c"): -unit}


def _null(matrix: Array) -> Array:
    """An orthonormal basis of the null space  # (a, b) -> (dimension, b)."""
    _, values, vectors = np.linalg.svd(matrix)
    return np.asarray(vectors[int(np.sum(values > ZERO * values[0])) :])
