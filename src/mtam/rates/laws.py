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


def law(form: dict[str, Any]) -> Law:
    """The law of a trial spec's description, e.g. ``{"name": "sub_polynomial", "gamma": 0.5}``."""
    if form["name"] == "power_law":
        return PowerLaw(form.get("exponent"))
    if form["name"] == "sub_polynomial":
        return SubPolynomial(form["gamma"])
    if form["name"] == "log_power":
        return LogPower(form.get("exponent"))
    raise ValueError(f"unknown law {form['name']!r}; valid: power_law, sub_polynomial, log_power")
