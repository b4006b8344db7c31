"""Does a fit leave structure in its residuals? A check of the basin that does not know the truth.

At the right A the residuals e are noise of mean zero, whatever the tokens. In a wrong basin part of the interaction is
still in them. If a direction of A is missed, it shows in the moments that find starts: E[e_i x_i m_i^T], E[e_i x_i
x_i^T], E[e_i C_i] (``moment_starts``). If all directions are there but wrongly coupled, as in a_1 b_2^T + a_2 b_1^T for
a_1 b_1^T + a_2 b_2^T and even phi, none of these sees it, but E[e_i Q(p_i) mean_j Q(q_j)^T] does, p_i and q_j the
coordinates of tokens in the singular spaces of A and Q(p) the products p_a p_b less their means. Each moment names the
direction in which it is largest, a function psi of the tokens such as (a . x_i)(b . m_i). The direction is taken from
one half of the samples and tested on the other:

    t = sum_m s_m / (sum_m s_m^2)^{1/2},   s_m = sum_{i in sample m} e_i psi_i,

standard normal if the residuals are noise, by the central limit theorem over samples, which are independent: no
assumption on the law of the noise, its variance given the tokens, or its dependence within a sample. The halves
exchange their parts, and the score of a moment is the smaller t of the two: structure that is there shows in both
halves, and under noise a score above c is at most as likely as a standard normal above c. Refitting only makes
residuals smaller along what the fit can reach.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mtam.interaction.model.row_layout import RowLayout, by_group, mean_of_partners, part_of
from mtam.interaction.search.moment_starts import moments
from mtam.interaction.solver.levenberg_marquardt import Point
from mtam.interaction.solver.row_sums import BLOCK_ROWS, double
from mtam.interaction.solver.varpro import Profile

Array = npt.NDArray[np.float64]

ROWS = 60000  # enough to see a missing singular direction, few enough to cost little
ALARM = 3.0  # standard normal quantile of 1 - 1.35e-3: with four moments the level of one check is at most 5.4e-3
COUPLED = 5  # leading singular directions whose coupling is looked at
NEGLIGIBLE = 1e-4  # of the variance of Y: structure that explains less is no missing direction (noise-free data)


def lack_of_fit(profile: Profile, point: Point) -> float:
    """The largest score of a residual moment, in standard deviations; 0 if all structure is negligible."""
    head = profile.first(ROWS)
    return residual_structure(head, head.residuals(point.u, point.v, point.fit), point.u, point.v)


def residual_structure(profile: Profile, residuals: Array, u: Array, v: Array) -> float:
    """The same of residuals of any fit whose matrices act between the spans of u and of v  # (M, N), (d, k), (d, k).

    Coupling is looked for along the leading directions of u v^T.
    """
    head = profile.first(ROWS)
    frames = _frames(u, v)
    left = replace(head, y=head.deviations(residuals[: len(head.x)]))
    halves = left.halves(np.s_[::2], np.s_[1::2])
    named = [_leading(half, frames) for half in halves]
    there, back = (_test(half, frames, leading) for half, leading in zip(halves, named[::-1], strict=True))
    scores, explained = (np.minimum(one, other) for one, other in zip(there, back, strict=True))
    counts = explained > NEGLIGIBLE * head.variance
    return float(np.max(np.where(counts, scores, 0.0)))


def _frames(u: Array, v: Array) -> tuple[Array, Array]:
    """The leading left and right singular vectors of u v^T in whitened coordinates  # (d, k), (d, k)."""
    (left, left_root), (right, right_root) = np.linalg.qr(u), np.linalg.qr(v)
    a, _, bt = np.linalg.svd(left_root @ right_root.T)
    return (left @ a)[:, :COUPLED], (right @ bt.T)[:, :COUPLED]


def _products(p: Array) -> Array:
    """Q(p): p_a p_b, a <= b, less its mean for whitened tokens  # (..., k) -> (..., k(k+1)/2)."""
    a, b = np.triu_indices(p.shape[-1])
    return np.asarray(p[..., a] * p[..., b] - (a == b))


def _blocks(residuals: Profile, axes: Array) -> Iterator[tuple[Array, Array, RowLayout | None]]:
    """Residuals times weights, and coordinates of whitened tokens along ``axes``  # (d, m) -> (S, N), (S, N, m)."""
    step = max(1, BLOCK_ROWS // residuals.tokens)
    for first in range(0, len(residuals.x), step):
        part = slice(first, first + step)
        x, e, layout = double(residuals.x[part]), residuals.y[part], part_of(residuals.layout, part)
        e = e if layout is None else e * layout.weights
        yield e, (x.reshape(-1, x.shape[2]) @ (residuals.white @ axes)).reshape(*e.shape, -1), layout


@dataclass(frozen=True)
class _Leading:
    """Functions psi with E[e_i psi_i] > 0."""

    left: Array  # (d, 3): psi = (a . x_i)(b . m_i), (a . x_i)(b . x_i), a^T C_i b, the last two less their means
    right: Array  # (d, 3)
    outer: Array  # (m,): psi = (outer . Q(p_i)) (inner . mean_j Q(q_j))
    inner: Array  # (m,)


def _leading(residuals: Profile, frames: tuple[Array, Array]) -> _Leading:
    """Where the moments of these samples are largest, of a problem with residuals in place of Y."""
    found = moments(residuals, residuals.y)
    a, _, bt = np.linalg.svd(found.linear)
    pairs = [(a[:, 0], bt[0])]
    for part in (found.columns, found.rows):
        values, axes = np.linalg.eigh(part)
        first = int(np.argmax(np.abs(values)))
        pairs.append((axes[:, first], np.sign(values[first]) * axes[:, first]))
    left, right = (np.stack(part, axis=1) for part in zip(*pairs, strict=True))
    k = frames[0].shape[1]
    size = k * (k + 1) // 2
    coupling = np.zeros((size, size))
    for e, at, layout in _blocks(residuals, np.concatenate(frames, axis=1)):
        outer = _products(at[..., :k]) * e[..., None]
        coupling += outer.reshape(-1, size).T @ mean_of_partners(_products(at[..., k:]), layout).reshape(-1, size)
    a, _, bt = np.linalg.svd(coupling)
    return _Leading(left, right, a[:, 0], bt[0])


def _test(residuals: Profile, frames: tuple[Array, Array], leading: _Leading) -> tuple[Array, Array]:
    """Per psi: t, and the part of E[e^2] that a regression on psi would explain, signed as t  # (4,), (4,)."""
    total, squares, power, all_sums = np.zeros(4), np.zeros(4), np.zeros(4), []
    means = np.sum(leading.left * leading.right, axis=0) * [0, 1, 1]  # whitened: E[x x^T] = I
    k = frames[0].shape[1]
    for e, at, layout in _blocks(residuals, np.concatenate([leading.left, leading.right, *frames], axis=1)):
        psi = np.empty((*e.shape, 4))
        p, q = at[..., :3], at[..., 3:6]  # (S, N, 3)
        psi[..., 0] = p[..., 0] * mean_of_partners(q, layout)[..., 0]
        psi[..., 1] = (p * q)[..., 1]
        psi[..., 2] = mean_of_partners(p * q, layout)[..., 2]
        psi[..., :3] -= means
        psi[..., 3] = _products(at[..., 6 : 6 + k]) @ leading.outer
        psi[..., 3] *= mean_of_partners(_products(at[..., 6 + k :]), layout) @ leading.inner
        sums = np.einsum("sn,snk->sk", e, psi)
        total += sums.sum(axis=0)
        if layout is None:
            squares += (sums**2).sum(axis=0)
        all_sums.append(sums)
        power += (psi**2 if layout is None else psi**2 * layout.weights[..., None]).sum(axis=(0, 1))
    if residuals.layout is not None:  # the independent terms are those of groups
        squares = np.sum(by_group(np.concatenate(all_sums), residuals.layout) ** 2, axis=0)
    explained = np.sign(total) * total**2 / np.maximum(power, 1e-300) / residuals.rows
    return total / np.sqrt(np.maximum(squares, 1e-300)), explained
