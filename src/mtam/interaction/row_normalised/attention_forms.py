"""Attention with values, over rows or over pairs, and its derivatives.

For tokens x_1, ..., x_N with values v_j and scores u_ij = x_i^T A x_j, sums over j != i,

    rows:  f_i = sum_j phi(u_ij) v_j / sum_j phi(u_ij),  phi > 0       (softmax: phi = exp)
    pairs: f_i = (N-1)^{-1} sum_j phi(u_ij) v_j                        (paper B: v = 1; sigmoid and ReLU attention)

What can be known. Let f over rows be given for all tokens of an open set, N >= 3 (at N = 2, f_i = v_j whatever A is).

- v is: with all other tokens equal to z, f_i = v(z), weights summing to one. Nothing else is where v is constant.
- With all others but one equal to z, f_i gives phi(x^T A y)/phi(x^T A z) wherever v(y) != v(z): phi(x^T A y) up to a
  factor c(x). Let phi', A' give the same, l = ln phi: l'(x^T A' y) = l(x^T A y) + ln c(x). The gradients in y are
  parallel: A'^T x = k A^T x for all x.
- phi = exp: l is linear, so l' is, and of all (phi', A') with phi' = exp(b u) one has b A' = A. A itself is known, and
  its norm, which is the inverse temperature, as well. Tokens on a hyperplane b^T x = 1 are no open set: A + a b^T is A.
- phi any positive function: (phi, A) up to c phi(u/k), k A, k of either sign, where r >= 2 and where r = 1, with one
  exception: A = a b^T and phi(u) = |u|^m, for |a^T x|^m cancels in a row and a is not known.

Over pairs phi(u) v(y) is known, and so A is where phi is (but for v = 0).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

Array = npt.NDArray[np.float64]
Function = Callable[[Array], Array]


@dataclass(frozen=True)
class AttentionForm:
    """Over rows with ln phi and its derivative, or over pairs with phi and its derivative; both take any shape."""

    rows: bool
    value: Function
    slope: Function


@dataclass(frozen=True)
class AttentionResponse:
    """f, the weights f is made of, and how it answers a change of ``form.value`` at one pair."""

    mean: Array  # f (S, N)
    weights: Array  # W with f_i = sum_j W_ij v_j; 0 for j = i (S, N, N)
    pull: Array  # df_i/d value(u_ij): W_ij (v_j - f_i) over rows, v_j/(N-1) over pairs; 0 for j = i (S, N, N)


FORMS: dict[str, AttentionForm] = {
    "softmax": AttentionForm(True, lambda u: u, np.ones_like),
    "sigmoid": AttentionForm(False, expit, lambda u: expit(u) * expit(-u)),
    "relu": AttentionForm(False, lambda u: np.maximum(u, 0.0), lambda u: (u > 0).astype(np.float64)),
    "sigmoid_rows": AttentionForm(True, lambda u: -np.logaddexp(0.0, -u), lambda u: expit(-u)),
    "softplus_rows": AttentionForm(
        True, lambda u: np.log(np.logaddexp(0.0, u)), lambda u: expit(u) / np.logaddexp(0.0, u)
    ),
}


def scores(x: Array, left: Array, right: Array) -> Array:
    """u_ij = x_i^T L R^T x_j within each sample  # (S, N, d), (d, r), (d, r) -> (S, N, N)."""
    return np.asarray((x @ left) @ (x @ right).transpose(0, 2, 1))


def respond(form: AttentionForm, u: Array, v: Array) -> AttentionResponse:
    """The response to scores u (S, N, N) and values v (S, N)."""
    tokens = u.shape[1]
    own = np.arange(tokens)
    values = np.array(form.value(u))  # a copy: softmax returns u itself
    if form.rows:
        values[:, own, own] = -np.inf
        weights = np.exp(values - values.max(axis=2, keepdims=True))
        weights /= weights.sum(axis=2, keepdims=True)
        mean = np.einsum("sij,sj->si", weights, v)
        return AttentionResponse(mean, weights, weights * (v[:, None, :] - mean[:, :, None]))
    weights = values / (tokens - 1)
    weights[:, own, own] = 0.0
    pull = np.repeat(v[:, None, :] / (tokens - 1), tokens, axis=1)
    pull[:, own, own] = 0.0
    return AttentionResponse(np.einsum("sij,sj->si", weights, v), weights, pull)
