"""Which tokens are there, which pairs of them interact, how much a response counts, and which samples belong together.

With m_ij = 1 where token j is there and may act on token i (the others, only earlier ones, i itself as well), n_i =
sum_j m_ij and omega_i the weight of a response,

    Y_i = (1/n_i) sum_j m_ij phi(X_i^T A X_j) + noise of variance sigma^2 / omega_i,

and the loss is the mean of omega_i residual_i^2. It is that of ordinary least squares for rows times omega_i^{1/2}:
rows of features and responses take it, as ``Mask.scale`` = omega_i^{1/2} / n_i, and whatever is made of them is
weighted least squares. The weights have mean 1 over the responses that count: sigma^2 is the noise of an average one.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Index = slice | npt.NDArray[Any]


class Mask(NamedTuple):
    """What the kernels over pairs know of it, for a block of samples."""

    there: Array  # (SN,): 1 where a token is, else 0
    scale: Array  # (SN,): omega^{1/2} / n
    causal: bool  # only j < i, and j = i if ``itself``
    itself: bool  # j = i too


@dataclass(frozen=True)
class RowLayout:
    """The layout of the rows (sample, token) of x (M, N, d), y (M, N). Missing tokens have numbers too, unused ones."""

    there: Flags  # (M, N)
    weights: Array  # (M, N): omega, 0 for what is no response
    groups: Labels | None = None  # (M,): samples that are not independent of each other have one label
    causal: bool = False
    itself: bool = False

    def __getitem__(self, part: Index) -> "RowLayout":
        """That of some samples."""
        groups = None if self.groups is None else self.groups[part]
        return replace(self, there=self.there[part], weights=self.weights[part], groups=groups)

    @staticmethod
    def of(
        there: Flags, weights: Array, groups: Labels | None = None, causal: bool = False, itself: bool = False
    ) -> "RowLayout":
        """Without responses of tokens that are missing or have no partner, and with weights of mean 1."""
        given = RowLayout(there, np.where(there, weights, 0.0), groups, causal, itself)
        weights = np.where(given.count > 0, given.weights, 0.0)
        counted = weights[weights > 0]
        return replace(given, weights=weights / counted.mean() if len(counted) else weights)

    @property
    def rows(self) -> int:
        """The number of responses that count."""
        return int(np.count_nonzero(self.weights))

    @cached_property
    def root(self) -> Array:
        """omega^{1/2}  # (M, N)."""
        return np.asarray(np.sqrt(self.weights))

    @cached_property
    def token_weights(self) -> Array:
        """Of the tokens that are there, the mean weight of their sample's responses  # (M, N)."""
        responses = np.maximum(np.count_nonzero(self.weights, axis=1), 1)
        return np.asarray(self.there * (self.weights.sum(axis=1) / responses)[:, None])

    @cached_property
    def count(self) -> Array:
        """n_i, of tokens that are there or not  # (M, N)."""
        return self.over_partners(np.ones((*self.there.shape, 1)))[..., 0]

    def pairs(self) -> Flags:
        """m_ij for tokens i that are there  # (M, N, N)."""
        return self.there[:, :, None] & self.there[:, None, :] & self._order()

    def _order(self) -> Flags:
        tokens = self.there.shape[1]
        allowed = np.tri(tokens, k=-1, dtype=bool) if self.causal else ~np.eye(tokens, dtype=bool)
        return allowed | np.eye(tokens, dtype=bool) if self.itself else allowed

    def mask(self) -> Mask:
        """For the kernels."""
        scale = self.root / np.maximum(self.count, 1)
        return Mask(self.there.astype(np.float64).ravel(), scale.ravel(), self.causal, self.itself)

    def mean_of_partners(self, values: Array) -> Array:
        """(1/n_i) sum_j m_ij values_j, 0 without partners  # (M, N, m) -> (M, N, m)."""
        return np.asarray(self.over_partners(values) / np.maximum(self.count, 1)[..., None])

    def over_partners(self, values: Array) -> Array:
        """sum_j m_ij values_j  # (M, N, m) -> (M, N, m)."""
        present = values * self.there[..., None]
        total = np.cumsum(present, axis=1) if self.causal else present.sum(axis=1, keepdims=True)
        return np.broadcast_to(total, present.shape) if self.itself else np.asarray(total - present)

    def over_askers(self, values: Array) -> Array:
        """sum_i m_ij values_i: what comes back to a token in the place of j  # (M, N, m) -> (M, N, m)."""
        backward = replace(self, there=self.there[:, ::-1], weights=self.weights[:, ::-1])
        return backward.over_partners(values[:, ::-1])[:, ::-1] * self.there[..., None]

    def mean(self, values: Array) -> float:
        """Weighted mean over responses  # (M, N) -> ()."""
        return float(np.sum(self.weights * values) / np.sum(self.weights))

    def variance(self, values: Array) -> float:
        """Weighted variance over responses  # (M, N) -> ()."""
        return self.mean((values - self.mean(values)) ** 2)

    def with_all_others(self) -> "RowLayout":
        """The same samples, every other token being a partner."""
        return replace(self, causal=False, itself=False)


def mean_of_partners(values: Array, layout: RowLayout | None) -> Array:
    """Mean over the partners of every token; without a layout over the other tokens  # (S, N, m) -> (S, N, m)."""
    if layout is not None:
        return layout.mean_of_partners(values)
    return np.asarray((values.sum(axis=1, keepdims=True) - values) / (values.shape[1] - 1))


def part_of(layout: RowLayout | None, part: Index) -> RowLayout | None:
    """The layout of some samples."""
    return None if layout is None else layout[part]


def pairs_of(layout: RowLayout | None, samples: int, tokens: int) -> Flags:
    """Which ordered pairs interact  # (S, N, N)."""
    if layout is not None:
        return layout.pairs()
    return np.broadcast_to(~np.eye(tokens, dtype=bool), (samples, tokens, tokens))


def by_group(values: Array, layout: RowLayout | None) -> Array:
    """Sums over the samples of every group, one after the other; without groups the values  # (M, ...) -> (G, ...)."""
    if layout is None or layout.groups is None:
        return values
    _, place = np.unique(layout.groups, return_inverse=True)
    out = np.zeros((int(place.max()) + 1, *values.shape[1:]))
    np.add.at(out, place, values)
    return out
