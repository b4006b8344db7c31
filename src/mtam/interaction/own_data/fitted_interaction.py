"""A fitted interaction as a thing of its own: predict with it, save it, load it.

g(x, y) = phi(x^T A y) with phi a spline of degree s on K equal intervals of [-R, R], constant outside. (phi(.), A) and
(phi(./t), t A) are one interaction for every t != 0; what is stored is one of them.
"""

import io
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mtam.interaction.files.missing_tokens import filled
from mtam.interaction.files.validate_arrays import finite, numbers
from mtam.interaction.model import pair_kernels
from mtam.interaction.model.partners import FLAGS
from mtam.interaction.model.row_layout import RowLayout, part_of
from mtam.interaction.model.splines import Spline, SplineSpace

Array = npt.NDArray[np.float64]

FORMAT, BEFORE = "mtam interaction 2", "mtam interaction 1"  # 1 has no reach: it is 1
PARTNERS = "mtam interaction 3"  # 3 says which tokens are partners; written where they are not all the others
ROWS = 4096  # (sample, token) rows predicted at a time


@dataclass(frozen=True, eq=False)
class Band:
    """Pointwise 95% band for phi: low <= phi <= high on ``grid``  # three arrays (points,)."""

    grid: Array
    low: Array
    high: Array


@dataclass(frozen=True, eq=False)
class FittedInteraction:
    """g(x, y) = phi(x^T A y), phi = sum_b coefficients[b] B_b.

    Raises ValueError if the shapes do not fit together or a number is not finite.
    """

    matrix: Array  # A (d, d)
    coefficients: Array  # (K+s,), in the B-spline basis
    degree: int  # s
    intervals: int  # K
    band: Band | None = None
    reach: float = 1.0  # R
    bends: tuple[int, int] | None = None  # the knots beyond which phi was fitted as a line, see splines
    partners: str = "others"  # of a token, see ``model.partners``

    def __post_init__(self) -> None:
        space = SplineSpace(int(self.degree), int(self.intervals))
        if not (np.isfinite(self.reach) and self.reach > 0):
            raise ValueError(f"the reach of the interaction is {self.reach}; valid: a positive number")
        parts = {"matrix": self.matrix, "coefficients": self.coefficients}
        if self.band is not None:
            parts |= {"band grid": self.band.grid, "band low": self.band.low, "band high": self.band.high}
        for name, value in parts.items():
            finite(numbers(value, f"the {name} of the interaction"), f"the {name} of the interaction")
        shape = self.matrix.shape
        if len(shape) != 2 or shape[0] != shape[1] or shape[0] < 1:
            raise ValueError(f"the matrix of the interaction has shape {shape}; valid: (d, d) with d >= 1")
        if self.partners not in FLAGS:
            raise ValueError(f"the interaction has partners {self.partners!r}; valid: {', '.join(FLAGS)}")
        if self.coefficients.shape != (space.dimension,):
            raise ValueError(
                f"the interaction has coefficients of shape {self.coefficients.shape}; valid for degree "
                f"{space.degree} on {space.intervals} intervals: ({space.dimension},)"
            )
        if self.band is not None and not (
            self.band.grid.ndim == 1 and self.band.grid.shape == self.band.low.shape == self.band.high.shape
        ):
            raise ValueError("the band of the interaction has grid, low and high of different shapes; valid: (points,)")

    @property
    def d(self) -> int:
        """The dimension of a token."""
        return int(self.matrix.shape[0])

    @cached_property
    def spline(self) -> Spline:
        """phi as a spline."""
        space = SplineSpace(int(self.degree), int(self.intervals), self.bends, float(self.reach))
        return Spline(space, self.coefficients)

    def phi(self, u: npt.ArrayLike) -> Array:
        """phi(u), elementwise, constant outside [-R, R]  # any shape. Raises ValueError unless u is finite numbers."""
        values = numbers(u, "u")
        finite(values.reshape(-1), "u")
        return self.spline(values)

    def g(self, x: npt.ArrayLike, y: npt.ArrayLike) -> Array:
        """g(x_k, y_k) = phi(x_k^T A y_k)  # (pairs, d), (pairs, d) -> (pairs,). Raises ValueError for other shapes."""
        left, right = numbers(x, "x"), numbers(y, "y")
        for name, value in (("x", left), ("y", right)):
            if value.ndim != 2 or value.shape != (len(left), self.d):
                raise ValueError(f"{name} has shape {value.shape}; valid: (pairs, {self.d}), the same for x and y")
            finite(value, name)
        return self.spline(np.einsum("nd,nd->n", left @ self.matrix, right))

    def predict(self, x: npt.ArrayLike, mask: npt.ArrayLike | None = None) -> Array:
        """The mean of phi(X_i^T A X_j) over the partners j of i, j != i unless the fit says otherwise  # -> (M, N).

        X (M, N, d); tokens that are missing, by a row of NaN or by a mask (M, N) that is False there, are no partners
        and get NaN, as do tokens without partners. No array over pairs is built. Raises ValueError unless X is finite
        otherwise, of this d, with N >= 2.
        """
        values = numbers(x, "X")
        if values.ndim != 3 or values.shape[2] != self.d or values.shape[1] < 2:
            raise ValueError(f"X has shape {values.shape}; valid: (M, N, {self.d}) with N >= 2")
        values, there = filled(values, mask, "X")
        if bool(there.all()) and self.partners == "others":
            return self.responses(values)
        layout = RowLayout(there, there.astype(np.float64), None, *FLAGS[self.partners])
        return np.where(there & (layout.count > 0), self.responses(values, layout), np.nan)

    def responses(self, values: Array, layout: RowLayout | None = None) -> Array:
        """``predict`` for validated tokens under the layout of their rows  # (M, N, d) -> (M, N)."""
        samples, tokens = values.shape[:2]
        out = np.empty((samples, tokens))
        step = max(1, ROWS // tokens)
        space = self.spline.space
        for first in range(0, samples, step):
            block = values[first : first + step].reshape(-1, self.d)
            features = np.empty((len(block), space.dimension))
            q = np.array(block)  # writable and in memory, as the compiled kernel knows it
            here = part_of(layout, slice(first, first + step))
            mask = None if here is None else replace(here, weights=here.there.astype(np.float64)).mask()
            p = q @ self.matrix / self.reach
            pair_kernels.features(p, q, tokens, space.pieces, space.intervals, features, mask)
            out[first : first + step] = (features @ self.coefficients).reshape(-1, tokens)
        return out

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write an npz archive that ``load_interaction`` reads; equal interactions give equal bytes.

        The file at ``path`` is replaced in one step. Raises OSError where it cannot be written.
        """
        arrays = {
            "format": np.array(FORMAT if self.partners == "others" else PARTNERS),
            "matrix": numbers(self.matrix, "matrix"),
            "coefficients": numbers(self.coefficients, "coefficients"),
            "degree": np.array(int(self.degree)),
            "intervals": np.array(int(self.intervals)),
            "reach": np.array(float(self.reach)),
        }
        if self.partners != "others":
            arrays |= {"partners": np.array(self.partners)}
        if self.band is not None:
            arrays |= {"band_grid": self.band.grid, "band_low": self.band.low, "band_high": self.band.high}
        target = Path(path)
        draft = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        try:
            draft.write_bytes(_archive(arrays))
            os.replace(draft, target)
        finally:
            draft.unlink(missing_ok=True)


def _archive(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """An npz archive without times in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            with archive.open(entry, "w") as file:
                np.lib.format.write_array(file, array, version=(1, 0), allow_pickle=False)
    return buffer.getvalue()


def load_interaction(path: str | os.PathLike[str]) -> FittedInteraction:
    """Read what ``FittedInteraction.save`` wrote. Nothing in the file is ever unpickled.

    Raises ValueError if the file is missing, damaged, or not a fitted interaction.
    """
    if not Path(path).is_file():
        raise ValueError(f"{path}: there is no such file; valid: an interaction that mtam has saved (model.npz)")
    try:
        # Opened here: numpy leaves a file open that turns out to be damaged.
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            found = {name: archive[name] for name in archive.files}
    except Exception:  # damaged headers make numpy and zipfile raise almost anything
        raise ValueError(f"{path} is not an interaction that mtam has saved: not a readable npz of numbers") from None
    if "format" not in found or str(found["format"]) not in (PARTNERS, FORMAT, BEFORE):
        raise ValueError(f"{path} is not an interaction that mtam has saved: it lacks the mark {FORMAT!r}")
    try:
        bands = ("band_grid", "band_low", "band_high")
        band = Band(*(numbers(found[name], name) for name in bands)) if bands[0] in found else None
        return FittedInteraction(
            numbers(found["matrix"], "the matrix"),
            numbers(found["coefficients"], "the coefficients"),
            int(found["degree"]),
            int(found["intervals"]),
            band,
            float(found.get("reach", 1.0)),
            partners=str(found.get("partners", "others")),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is a damaged interaction: {error}") from None


def from_record(found: Mapping[str, Any]) -> FittedInteraction:
    """The interaction in the numbers of a record of own data (``fit_own_data.run``), exactly as it was fitted."""
    coefficients = np.array(found["coefficients"], dtype=np.float64)
    d, degree, intervals = int(found["d"]), int(found["spline_degree"]), int(found["intervals"])
    band = Band(*(np.array(found[name], dtype=np.float64) for name in ("phi_grid", "band_low", "band_high")))
    matrix = np.array(found["matrix"], dtype=np.float64).reshape(d, d)
    return FittedInteraction(
        matrix,
        coefficients,
        degree,
        intervals,
        band,
        float(found.get("reach", 1.0)),
        partners=str(found.get("partners") or "others"),
    )
