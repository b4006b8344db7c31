"""A curve: the errors of one cell by sample size and seed, from a table with one row per trial."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import pandas as pd

from mtam.rates.fit import Fit, fit, local_slopes
from mtam.rates.laws import Floats, Law


@dataclass(frozen=True)
class Curve:
    """Errors (seeds, sizes) of one cell. A seed that lacks a size is left out of the curve, and counted."""

    sizes: Floats
    seeds: tuple[int, ...]
    errors: Floats  # (seeds, sizes)
    dropped: tuple[int, ...]  # seeds with a missing, failed or non-positive error

    @property
    def mean(self) -> Floats:
        """Arithmetic mean over seeds, per size."""
        return np.asarray(self.errors.mean(axis=0))

    @property
    def standard_error(self) -> Floats:
        """Standard error of that mean over seeds, per size; NaN for a single seed."""
        if len(self.seeds) < 2:
            return np.full(len(self.sizes), np.nan)
        return np.asarray(self.errors.std(axis=0, ddof=1) / len(self.seeds) ** 0.5)

    @property
    def positive(self) -> bool:
        """Whether there is a seed and every error has a logarithm."""
        return len(self.seeds) > 0 and bool(np.all(self.errors > 0))

    @property
    def mean_log(self) -> Floats:
        """Mean over seeds of ln error, per size: what slopes are fitted to, robust to one high seed."""
        return np.asarray(np.log(self.errors).mean(axis=0))

    def fit(self, law: Law, *, floor: bool = False) -> Fit | None:
        """The law's fit to this curve; None when it has too few sizes, no complete seed or no logarithms."""
        return fit(law, self.sizes, self.errors, floor=floor) if self.positive else None

    def table(self) -> pd.DataFrame:
        """The convergence table: n, error, standard error, ln n, mean ln error, local slope."""
        return pd.DataFrame(
            {
                "n": self.sizes.astype(int),
                "error": self.mean,
                "standard_error": self.standard_error,
                "log_n": np.log(self.sizes),
                "log_error": self.mean_log,
                "local_slope": np.array(local_slopes(self.sizes, self.errors), dtype=float),
            }
        )


def curve(rows: pd.DataFrame, error: str = "error", *, signed: bool = False) -> Curve:
    """The curve of one cell from its rows (columns n, seed, ``error``; one row per trial, NaN where it failed).

    ``signed`` keeps seeds with errors that are not positive: of a difference of errors, dropping them would bias the
    mean. Such a curve has means and standard errors, but no logarithms and so no fit.
    """
    wide = rows.pivot(index="seed", columns="n", values=error).sort_index(axis=0).sort_index(axis=1)
    errors = wide.to_numpy(dtype=float)
    good = np.all(np.isfinite(errors) & (signed | (errors > 0)), axis=1)
    seeds = wide.index.to_numpy()
    return Curve(
        wide.columns.to_numpy(dtype=float),
        tuple(int(seed) for seed in seeds[good]),
        errors[good],
        tuple(int(seed) for seed in seeds[~good]),
    )


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
