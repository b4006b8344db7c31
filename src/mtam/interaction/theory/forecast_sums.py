"""Means over rows of the products of features, tangents and responses: all that linear least squares needs to know."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mtam.interaction.model import pair_kernels
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.theory.tangents import Tangents

Array = npt.NDArray[np.float64]


@dataclass
class KnotLevel:
    """Means over rows of products with the features of one K."""

    gram: Array  # (K+s, K+s)
    side: Array  # (K+s, p), with the tangents
    moment: Array  # (K+s, targets)


@dataclass
class ForecastSums:
    """Means over rows of products of features, tangents and targets; the targets are the truth, then the noises."""

    levels: list[KnotLevel]
    gram: Array  # (p, p)
    moment: Array  # (p, targets)
    power: Array  # (targets,), of the truth with each target

    def louder(self, factor: float) -> "ForecastSums":
        """The same design with ``factor`` times the noise."""
        scale = np.full(len(self.power), factor)
        scale[0] = 1.0
        levels = [KnotLevel(one.gram, one.side, one.moment * scale) for one in self.levels]
        return ForecastSums(levels, self.gram, self.moment * scale, self.power * scale)


@dataclass(frozen=True)
class Model:
    """The features whose products are summed: orthonormalised splines on several K, and the directions of A."""

    spaces: list[SplineSpace]
    bases: list[Array]  # (K+s, K+s) each
    tangents: Tangents

    def sums(self, blocks: Iterable[Array], targets: Callable[[Array], Array]) -> ForecastSums:
        """The means over all rows, block by block  # blocks of (samples, tokens, d) -> targets (rows, targets)."""
        total, rows = None, 0
        for x in blocks:
            wanted = targets(x)
            sides = self.tangents.features(x)
            p, q = self.tangents.arguments(x)
            levels = []
            for space, basis in zip(self.spaces, self.bases, strict=True):
                raw = np.empty((len(wanted), space.dimension))
                pair_kernels.features(p, q, x.shape[1], space.pieces, space.intervals, raw)
                features = raw @ basis
                levels.append(KnotLevel(features.T @ features, features.T @ sides, features.T @ wanted))
            found = ForecastSums(levels, sides.T @ sides, sides.T @ wanted, wanted[:, 0] @ wanted)
            total, rows = found if total is None else _added(total, found), rows + len(wanted)
        assert total is not None
        return _scaled(total, 1 / rows)


def mixed(one: ForecastSums, weight: float, two: ForecastSums) -> ForecastSums:
    """weight one + (1 - weight) two."""
    return _added(_scaled(one, weight), _scaled(two, 1 - weight))


def _scaled(sums: ForecastSums, factor: float) -> ForecastSums:
    levels = [KnotLevel(factor * one.gram, factor * one.side, factor * one.moment) for one in sums.levels]
    return ForecastSums(levels, factor * sums.gram, factor * sums.moment, factor * sums.power)


def _added(one: ForecastSums, two: ForecastSums) -> ForecastSums:
    """In the arrays of ``one`` where they are large."""
    for a, b in zip(one.levels, two.levels, strict=True):
        a.gram += b.gram
        a.side += b.side
        a.moment += b.moment
    return ForecastSums(one.levels, one.gram + two.gram, one.moment + two.moment, one.power + two.power)
