"""Theoretical forms of a learning curve, each a straight line on its own axis.

A law says ln error = a + b t(n) with an axis t; ``b`` is the slope. For a power law t = ln n and the slope is the
exponent; for exp(-C (ln n)^gamma) it is t = (ln n)^gamma and the slope is -C.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class Law(ABC):
    """A form of a learning curve, known up to level and slope."""

    @abstractmethod
    def axis(self, n: ArrayLike) -> Floats:
        """t(n), the abscissa on which the law is a straight line."""

    @property
    @abstractmethod
    def theory_slope(self) -> float | None:
        """The slope that theory predicts on this axis; None where theory leaves the constant open."""

    @property
    def held(self) -> float | None:
        """The slope that fits hold fixed, so that only the level is free; None where the slope is fitted."""
        return None

    @property
    def largest(self) -> float:
        """The largest n at which the law is known."""
        return np.inf

    @abstractmethod
    def __str__(self) -> str: ...

    @property
    @abstractmethod
    def axis_label(self) -> str:
        """The axis in words, for tables."""


@dataclass(frozen=True)
class PowerLaw(Law):
    """error = C n^{-exponent}."""

    exponent: float | None = None

    def axis(self, n: ArrayLike) -> Floats:
        return np.asarray(np.log(np.asarray(n, dtype=float)))

    @property
    def theory_slope(self) -> float | None:
        return None if self.exponent is None else -self.exponent

    @property
    def axis_label(self) -> str:
        return "ln n"

    def __str__(self) -> str:
        return "n^-b" if self.exponent is None else f"n^-{self.exponent:.3g}"


@dataclass(frozen=True)
class SubPolynomial(Law):
    """error = exp(-C (ln n)^gamma): faster than any logarithm, slower than any power for gamma < 1."""

    gamma: float

    def axis(self, n: ArrayLike) -> Floats:
        return np.asarray(np.log(np.asarray(n, dtype=float)) ** self.gamma)

    @property
    def theory_slope(self) -> float | None:
        return None

    @property
    def axis_label(self) -> str:
        return f"(ln n)^{self.gamma:.3g}"

    def __str__(self) -> str:
        return f"exp(-C (ln n)^{self.gamma:.3g})"


@dataclass(frozen=True)
class LogPower(Law):
    """error = C (ln n)^{-exponent}: slower than any power of n."""

    exponent: float | None = None

    def axis(self, n: ArrayLike) -> Floats:
        return np.asarray(np.log(np.log(np.asarray(n, dtype=float))))

    @property
    def theory_slope(self) -> float | None:
        return None if self.exponent is None else -self.exponent

    @property
    def axis_label(self) -> str:
        return "ln ln n"

    def __str__(self) -> str:
        return "(ln n)^-b" if self.exponent is None else f"(ln n)^-{self.exponent:.3g}"


@dataclass(frozen=True)
class EntropyBalance(Law):
    """error = C R(n)^b for a reference curve R, such as the balance of approximation and entropy over a class.

    Between its sizes the reference is interpolated linearly in ln n and ln R; beyond them it is not known, and
    ``axis`` raises ValueError. In theory b = 1: the measured curve is the reference up to a constant. ``exponent``
    holds b at that value in fits of the level; None leaves it free.
    Raises ValueError unless sizes rise, errors are positive, and there are as many of them, at least two.
    """

    sizes: tuple[float, ...]
    errors: tuple[float, ...]
    exponent: float | None = None

    def __post_init__(self) -> None:
        n, r = np.array(self.sizes, dtype=float), np.array(self.errors, dtype=float)
        if len(n) != len(r) or len(n) < 2 or not np.all(np.diff(n) > 0):
            raise ValueError("a reference curve needs at least two rising sizes and an error for each")
        if not (np.all(np.isfinite(n)) and n[0] > 0 and np.all(np.isfinite(r)) and np.all(r > 0)):
            raise ValueError("a reference curve needs finite, positive sizes and errors")
        if not np.ptp(r) > 0:
            raise ValueError("a reference curve that is constant says nothing about the form of a learning curve")

    def axis(self, n: ArrayLike) -> Floats:
        values, ends = np.asarray(n, dtype=float), (self.sizes[0], self.sizes[-1])
        if np.any(values < ends[0] * (1 - 1e-12)) or np.any(values > ends[1] * (1 + 1e-12)):
            raise ValueError(f"the reference curve covers n = {ends[0]:g} to {ends[1]:g}, not all sizes asked for")
        return np.asarray(np.interp(np.log(values), np.log(self.sizes), np.log(self.errors)))

    @property
    def theory_slope(self) -> float | None:
        return 1.0

    @property
    def held(self) -> float | None:
        return self.exponent

    @property
    def largest(self) -> float:
        return self.sizes[-1]

    @property
    def axis_label(self) -> str:
        return "ln R_ref(n)"

    def __str__(self) -> str:
        return "R_ref(n)^b" if self.exponent is None else f"R_ref(n)^{self.exponent:.3g}"


def law(form: dict[str, Any]) -> Law:
    """The law of a trial spec's description, e.g. ``{"name": "sub_polynomial", "gamma": 0.5}``."""
    if form["name"] == "power_law":
        return PowerLaw(form.get("exponent"))
    if form["name"] == "sub_polynomial":
        return SubPolynomial(form["gamma"])
    if form["name"] == "log_power":
        return LogPower(form.get("exponent"))
    if form["name"] == "entropy_balance":
        return EntropyBalance(tuple(form["sizes"]), tuple(form["errors"]), form.get("exponent"))
    raise ValueError(f"unknown law {form['name']!r}; valid: power_law, sub_polynomial, log_power, entropy_balance")
