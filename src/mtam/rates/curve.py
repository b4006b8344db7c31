"""A curve: the errors of one cell by sample size and seed, from a table with one row per trial."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from mtam.rates.fitting.fit import Fit, fit, local_slopes
from mtam.rates.fitting.unbalanced import adjusted_means
from mtam.rates.laws import Floats, Law

if TYPE_CHECKING:  # a single fit has curves to nothing, and pandas takes long to load
    import pandas as pd

Seed = int | str


@dataclass(frozen=True)
class Curve:
    """Errors (seeds, sizes) of one cell. A seed that lacks a size is left out of the curve, and counted.

    A ``partial`` curve, as people bring them, keeps what its seeds have, with NaN at the sizes they lack, and lets the
    residuals of a single seed give the intervals that otherwise come of the scatter of the seeds.
    """

    sizes: Floats
    seeds: tuple[Seed, ...]
    errors: Floats  # (seeds, sizes)
    dropped: tuple[Seed, ...]  # seeds with a missing, failed or non-positive error; of a partial curve, with one size
    partial: bool = False
    lacking: tuple[Seed, ...] = ()  # seeds of a partial curve that lack a size and are used with those they have

    @property
    def counts(self) -> Floats:
        """How many seeds there are at each size."""
        return np.asarray(np.isfinite(self.errors).sum(axis=0), dtype=float)

    @property
    def mean(self) -> Floats:
        """Arithmetic mean over the seeds that are there, per size."""
        return np.asarray(np.nanmean(self.errors, axis=0) if self.lacking else self.errors.mean(axis=0))

    @property
    def standard_error(self) -> Floats:
        """Standard error of that mean over seeds, per size; NaN for a single seed."""
        return _standard_error(self.errors)

    @property
    def log_standard_error(self) -> Floats:
        """The same of ln error."""
        return _standard_error(np.log(self.errors))

    @property
    def positive(self) -> bool:
        """Whether there is a seed and every error has a logarithm."""
        return len(self.seeds) > 0 and bool(np.all((self.errors > 0) | (self.partial & np.isnan(self.errors))))

    @property
    def mean_log(self) -> Floats:
        """Mean over seeds of ln error, per size: what slopes are fitted to, robust to one high seed.

        Where seeds lack sizes, the means of an additive model of seeds and sizes.
        """
        return adjusted_means(np.log(self.errors)) if self.lacking else np.asarray(np.log(self.errors).mean(axis=0))

    def fit(self, law: Law, *, floor: bool = False) -> Fit | None:
        """The law's fit to this curve; None when it has too few sizes, no complete seed or no logarithms."""
        return fit(law, self.sizes, self.errors, floor=floor, single=self.partial) if self.positive else None

    def table(self) -> "pd.DataFrame":
        """The convergence table: n, error, standard error, ln n, mean ln error, local slope."""
        import pandas as pd

        return pd.DataFrame(
            {
                "n": sizes_of(self),
                "error": self.mean,
                "standard_error": self.standard_error,
                "log_n": np.log(self.sizes),
                "log_error": self.mean_log,
                "local_slope": np.array(local_slopes(self.sizes, np.exp(self.mean_log)[None]), dtype=float),
            }
        )


def _standard_error(values: Floats) -> Floats:
    counts = np.isfinite(values).sum(axis=0)
    if len(values) < 2:
        return np.full(values.shape[1], np.nan)
    if counts.min() == len(values):
        return np.asarray(values.std(axis=0, ddof=1) / len(values) ** 0.5)
    apart = values - np.nanmean(values, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):  # a size with one seed
        return np.asarray(np.sqrt(np.nansum(apart**2, axis=0) / np.where(counts > 1, counts - 1, np.nan) / counts))


def sizes_of(points: Curve) -> "np.typing.NDArray[np.generic]":
    """The sizes as whole numbers if they all are, to be shown."""
    whole = bool(np.all((points.sizes == np.round(points.sizes)) & (points.sizes < 2**53)))
    return points.sizes.astype("int64") if whole else points.sizes


def curve(rows: "pd.DataFrame", error: str = "error", *, signed: bool = False, partial: bool = False) -> Curve:
    """The curve of one cell from its rows (columns n, seed, ``error``; one row per trial, NaN where it failed).

    ``signed`` keeps seeds with errors that are not positive: of a difference of errors, dropping them would bias the
    mean. Such a curve has means and standard errors, but no logarithms and so no fit. ``partial`` keeps seeds that lack
    a size, if they have two.
    """
    index, row = np.unique(rows["seed"].to_numpy(), return_inverse=True)
    sizes, column = np.unique(rows["n"].to_numpy(dtype=float), return_inverse=True)
    errors = np.full((len(index), len(sizes)), np.nan)
    errors[row, column] = rows[error].to_numpy(dtype=float)
    if len(np.unique(row * len(sizes) + column)) < len(rows):
        raise ValueError("a seed has a size twice")
    there = np.isfinite(errors) & (signed | (errors > 0))
    good = there.sum(axis=1) >= 2 if partial else np.all(there, axis=1)
    seeds = [seed if isinstance(seed, str) else int(seed) for seed in index]
    kept, dropped = (tuple(seed for seed, yes in zip(seeds, which, strict=True) if yes) for which in (good, ~good))
    errors = errors[good]
    if not partial:
        return Curve(sizes, kept, errors, dropped)
    seen = there[good].any(axis=0)  # a size that only dropped seeds have says nothing
    lacking = tuple(seed for seed, whole in zip(kept, there[good][:, seen].all(axis=1), strict=True) if not whole)
    return Curve(sizes[seen], kept, errors[:, seen], dropped, partial=True, lacking=lacking)


def matched(curves: Sequence[Curve]) -> list[Curve]:
    """The same curves on the sizes and seeds that all of them have, in equal order: ready to be compared seed by seed.

    Raises ValueError where they share no size or no seed.
    """
    sizes = reduce(np.intersect1d, [np.asarray(curve.sizes) for curve in curves])
    seeds = reduce(np.intersect1d, [np.array(curve.seeds, dtype=int) for curve in curves])
    if not len(sizes) or not len(seeds):
        raise ValueError(f"the curves share {len(sizes)} sizes and {len(seeds)} seeds; nothing can be compared")
    kept = tuple(int(seed) for seed in seeds)
    return [
        Curve(
            sizes,
            kept,
            curve.errors[np.isin(curve.seeds, seeds)][:, np.isin(curve.sizes, sizes)],  # both are sorted
            curve.dropped,
        )
        for curve in curves
    ]
