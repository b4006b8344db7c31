"""An activation from the user's own points: a CSV file with columns u and phi, interpolated without overshoot."""

import csv
import hashlib
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

FEWEST = 4  # points
COLUMNS = ["u", "phi"]


@dataclass(frozen=True)
class Samples:
    """Points (u, phi(u)) with increasing u in [-1, 1], and the digest of the file that they came from."""

    u: Array
    phi: Array
    sha256: str

    def interpolate(self) -> "Pchip":
        """The piecewise cubic of Fritsch and Carlson (1980) through the points."""
        return Pchip(self.u, self.phi)


class Pchip:
    """Monotone wherever the points are: no overshoot, one continuous derivative, constant continuation."""

    def __init__(self, u: Array, phi: Array) -> None:
        from scipy.interpolate import PchipInterpolator  # here, so that a sweep is planned without scipy

        self._inside = PchipInterpolator(u, phi)
        self._ends = float(u[0]), float(u[-1])

    def __call__(self, u: Array) -> Array:
        """phi(u)  # any shape."""
        return np.asarray(self._inside(np.clip(u, *self._ends)))


def read(path: str, sha256: str | None = None) -> Samples:
    """The points of a CSV file with a line of headings that names u and phi, sorted by u.

    Raises ValueError, in one sentence, for a file that cannot be read, lacks a column or has fewer than four points,
    for entries that are not finite numbers, for u given twice or outside [-1, 1], for a constant phi, and where the
    content is not the one known by ``sha256``.
    """
    try:
        with open(path, "rb") as file:
            content = file.read()
        rows = list(csv.DictReader(content.decode("utf-8-sig").splitlines(), skipinitialspace=True))
    except OSError as error:
        raise ValueError(f"data.samples_file = {path} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error):
        raise ValueError(f"data.samples_file = {path} is not a text file of comma-separated values") from None
    digest = hashlib.sha256(content).hexdigest()
    if sha256 is not None and digest != sha256:
        raise ValueError(f"{path} has changed since this run was planned; plan it again")
    if not rows or not set(COLUMNS) <= set(rows[0]):
        raise ValueError(f"{path} needs a line of headings with the columns u and phi, and points below it")
    points = np.array([_point(row, line, path) for line, row in enumerate(rows, 2)])
    u, phi = points[points[:, 0].argsort()].T
    if len(u) < FEWEST:
        raise ValueError(f"{path} has {len(u)} points; valid: at least {FEWEST}")
    if u[0] < -1 or u[-1] > 1:
        raise ValueError(f"{path} has u in [{u[0]:g}, {u[-1]:g}]; valid: -1 to 1, where u = x'A*y has the scale 1/3")
    if (np.diff(u) == 0).any():
        raise ValueError(f"{path} gives u = {u[:-1][np.diff(u) == 0][0]:g} twice; valid: distinct values")
    if np.ptp(phi) == 0:
        raise ValueError(f"{path} has a constant phi: there is nothing to learn")
    return Samples(u, phi, digest)


def _point(row: dict[str, str], line: int, path: str) -> tuple[float, float]:
    try:
        found = tuple(float(row[name]) for name in COLUMNS)
    except (TypeError, ValueError, KeyError):
        raise ValueError(f"{path}, line {line}: u and phi must be numbers") from None
    if not all(map(math.isfinite, found)):
        raise ValueError(f"{path}, line {line}: u and phi must be finite")
    return found[0], found[1]
