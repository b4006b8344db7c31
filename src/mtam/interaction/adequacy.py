"""Does a fit leave structure in its residuals? A check of the basin that does not know the truth.

At the right A the residuals e are noise of mean zero, whatever the tokens. In a wrong basin part of the interaction is
still in them, and shows in the moments that find starts: E[e_i x_i m_i^T], E[e_i x_i x_i^T], E[e_i C_i] (``starts``).
Each moment names the direction in which it is largest, a function psi of the tokens: (a . x_i)(b . m_i),
(a . x_i)^2 - 1, a^T C_i a - 1. The direction is taken from one half of the samples and tested on the other:

    t = sum_m s_m / (sum_m s_m^2)^{1/2},   s_m = sum_{i in sample m} e_i psi_i,

standard normal if the residuals are noise, by the central limit theorem over samples, which are independent: no
assumption on the law of the noise, its variance given the tokens, or its dependence within a sample. The halves
exchange their parts, and the score of a moment is the smaller t of the two: structure that is there shows in both
halves, and under noise a score above c is at most as likely as a standard normal above c. Refitting only makes
residuals smaller along what the fit can reach.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from mtam.interaction.levenberg import Point
from mtam.interaction.passes import BLOCK_ROWS, double
from mtam.interaction.profile import Profile
from mtam.interaction.starts import Moments, moments

Array = npt.NDArray[np.float64]

ROWS = 60000  # enough to see a missing singular direction, few enough to cost little
ALARM = 3.0  # standard normal quantile of 1 - 1.35e-3: with three moments the level of one check is at most 4e-3
NEGLIGIBLE = 1e-4  # of the variance of Y: structure that explains less is no missing direction (noise-free data)


def lack_of_fit(profile: Profile, point: Point) -> float:
    """The largest score of a residual moment, in standard deviations; 0 if all structure is negligible."""
    head = profile.head(ROWS // profile.tokens + 1)
    residuals = head.residuals(point.u, point.v, point.fit)
    residuals -= residuals.mean()
    halves = [(replace(head, x=head.x[part], y=head.y[part]), residuals[part]) for part in (np.s_[::2], np.s_[1::2])]
    named = [_leading(moments(*half)) for half in halves]
    there, back = (_test(*half, directions) for half, directions in zip(halves, named[::-1], strict=True))
    scores, explained = (np.minimum(one, other) for one, other in zip(there, back, strict=True))
    counts = explained > NEGLIGIBLE * float(head.y.var())
    return float(np.max(np.where(counts, scores, 0.0)))


def _leading(found: Moments) -> list[tuple[Array, Array]]:
    """a, b with psi = (a . x_i)(b . m_i), (a . x_i)(b . x_i), a^T C_i b leading, and E[e_i psi_i] > 0."""
    a, _, bt = np.linalg.svd(found.linear)
    pairs = [(a[:, 0], bt[0])]
    for part in (found.columns, found.rows):
        values, axes = np.linalg.eigh(part)
        first = int(np.argmax(np.abs(values)))
        pairs.append((axes[:, first], np.sign(values[first]) * axes[:, first]))
    return pairs


def _test(profile: Profile, residuals: Array, directions: list[tuple[Array, Array]]) -> tuple[Array, Array]:
    """Per direction: t, and the part of E[e^2] that a regression on psi would explain, signed as t  # (3,), (3,)."""
    total, squares, power = np.zeros(3), np.zeros(3), np.zeros(3)
    axes = profile.white @ np.concatenate([np.stack(part, axis=1) for part in zip(*directions, strict=True)], axis=1)
    means = np.array([0.0, *(float(a @ b) for a, b in directions[1:])])  # whitened: E[x x^T] = I
    others = profile.tokens - 1
    step = max(1, BLOCK_ROWS // profile.tokens)
    for first in range(0, len(profile.x), step):
        x, e = double(profile.x[first : first + step]), residuals[first : first + step]
        projected = (x.reshape(-1, x.shape[2]) @ axes).reshape(*e.shape, 6)
        p, q = projected[..., :3], projected[..., 3:]  # (S, N, 3)
        psi = p * q
        psi[..., 0] = p[..., 0] * (q[..., 0].sum(axis=1, keepdims=True) - q[..., 0]) / others
        psi[..., 2] = (psi[..., 2].sum(axis=1, keepdims=True) - psi[..., 2]) / others
        psi -= means
        sums = np.einsum("sn,snk->sk", e, psi)
        total += sums.sum(axis=0)
        squares += (sums**2).sum(axis=0)
        power += (psi**2).sum(axis=(0, 1))
    explained = np.sign(total) * total**2 / np.maximum(power, 1e-300) / residuals.size
    return total / np.sqrt(np.maximum(squares, 1e-300)), explained
