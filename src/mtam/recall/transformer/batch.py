"""Some contexts of every member's sample, as the network sees them."""

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from mtam.recall.gates.interface import Tags


class Sampled(Protocol):
    """Contexts of M members, n each, contiguous."""

    @property
    def moments(self) -> Tensor:
        """(M, I, n, K), zero in the last two columns"""

    @property
    def base(self) -> Tensor:
        """(M, n, heads * (K - 2) + 2): what is added to the attended moments: zero, then x_q and a one"""

    @property
    def observed(self) -> Tensor:
        """(M, n)"""


@dataclass(frozen=True)
class Batch:
    """Contexts ``start`` .. ``start`` + B of every member's sample."""

    sample: Sampled
    start: int
    at: Tags

    @property
    def moments(self) -> Tensor:
        """(M, I, B, K)"""
        return self.sample.moments.narrow(2, self.start, self.at.query.shape[1])

    @property
    def base(self) -> Tensor:
        """(M, B, heads * (K - 2) + 2)"""
        return self.sample.base.narrow(1, self.start, self.at.query.shape[1])

    @property
    def observed(self) -> Tensor:
        """(M, B)"""
        return self.sample.observed.narrow(1, self.start, self.at.query.shape[1])
