"""The residuals of a fit to own data: against predictions, against normal quantiles, against leverage."""

from collections.abc import Mapping
from functools import partial
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from mtam.report.figures.palette import TRUTH, estimator
from mtam.report.figures.picture import DrawnPanel, Picture
from mtam.report.figures.svg import tip

Numbers = Mapping[str, Any]

NEEDS = "residual_standardised"
LEVEL = 1.959964
CONTOURS = (0.5, 1.0)  # of Cook's distance
NAMED = 3  # responses that are named beside their mark
CAPTION = (
    "standardised residuals: 1 is the noise. Left: points are single responses, bars means of a twentieth of them with "
    "two standard errors. Middle: the grey band holds 95% of normal residuals at every quantile. Right: the most "
    "influential responses are named sample, token, counted from 0"
)


def residuals(numbers: Numbers, model: str) -> Picture | None:
    """Three panels from the numbers of one record; None where an older record lacks them."""
    if numbers.get(NEEDS) is None:
        return None
    colour = estimator(model)
    drawn = (("residuals and predictions", _trend), ("normal quantiles", _quantiles), ("leverage", _leverage))
    panels = tuple(DrawnPanel(title, partial(draw, numbers, colour)) for title, draw in drawn)
    return Picture("diagnostics", "Residuals", CAPTION, panels, table(numbers))


def table(numbers: Numbers) -> pd.DataFrame:
    """A row for every response that is drawn, the most influential first."""
    names = ("sample", "token", "prediction", "standardised", "leverage", "cook")
    return pd.DataFrame({name: numbers[f"residual_{name}"] for name in names})


def _texts(numbers: Numbers) -> list[str]:
    rows: list[Any] = list(table(numbers).itertuples(index=False))
    return [
        f"sample {row.sample}, token {row.token}: residual {row.standardised:.3g}, leverage {row.leverage:.3g}, "
        f"Cook's distance {row.cook:.2g}"
        for row in rows
    ]


def _trend(numbers: Numbers, colour: str, axis: Axes) -> None:
    at, r = (np.array(numbers[f"residual_{name}"]) for name in ("prediction", "standardised"))
    (marks,) = axis.plot(at, r, "o", color=colour, markersize=2.6, alpha=0.35, markeredgewidth=0, label="responses")
    tip(marks, *_texts(numbers))
    axis.axhline(0, color=TRUTH, linewidth=0.8)
    parts = (np.array(numbers[f"trend_{name}"]) for name in ("prediction", "residual", "error"))
    where, mean, error = parts
    axis.errorbar(where, mean, yerr=2 * error, fmt="s", color=TRUTH, markersize=3, linewidth=1, label="means, ± 2 s.e.")
    axis.set_xlabel("prediction")
    axis.set_ylabel("standardised residual")
    axis.legend(loc="best")


def _quantiles(numbers: Numbers, colour: str, axis: Axes) -> None:
    share, r = np.array(numbers["order_share"]), np.array(numbers["order_residual"])
    normal = NormalDist()
    q = np.array([normal.inv_cdf(each) for each in share])
    density = np.array([normal.pdf(each) for each in q])
    spread = LEVEL * np.sqrt(share * (1 - share) / numbers["residual_responses"]) / density  # of order statistics
    axis.fill_between(q, q - spread, q + spread, color="#999999", alpha=0.3, linewidth=0, label="95% if normal")
    axis.plot(q, q, color=TRUTH, linewidth=0.8)
    (marks,) = axis.plot(q, r, "o", color=colour, markersize=3, alpha=0.7, markeredgewidth=0, label="residuals")
    tip(marks, *(f"quantile {p:.3g}: normal {a:.3g}, residual {b:.3g}" for p, a, b in zip(share, q, r, strict=True)))
    axis.set_xlabel("normal quantile")
    axis.set_ylabel("standardised residual")
    axis.legend(loc="upper left")


def _leverage(numbers: Numbers, colour: str, axis: Axes) -> None:
    h, r = (np.array(numbers[f"residual_{name}"]) for name in ("leverage", "standardised"))
    (marks,) = axis.plot(h, r, "o", color=colour, markersize=2.6, alpha=0.45, markeredgewidth=0)
    tip(marks, *_texts(numbers))
    axis.axhline(0, color=TRUTH, linewidth=0.8)
    mean = numbers["residual_mean_leverage"]
    axis.axvline(mean, color="#999999", linewidth=0.8, linestyle=":", label="mean leverage")
    high = float(np.abs(r).max(initial=1.0)) * 1.15
    freedom = mean * numbers["residual_responses"]
    right = float(h.max(initial=mean)) * 1.12
    grid = np.linspace(max(right * 1e-3, 1e-9), min(right, 0.999), 200)
    for distance, style in zip(CONTOURS, ("--", "-"), strict=True):
        curve = np.sqrt(distance * freedom * (1 - grid) / grid)
        inside = curve <= high
        for sign in (1, -1):
            label = f"Cook's distance {distance:g}" if sign == 1 and inside.any() else None
            axis.plot(grid[inside], sign * curve[inside], style, color="#b04030", linewidth=0.9, label=label)
    named: list[Any] = list(table(numbers).head(NAMED).itertuples(index=False))
    for row in named:
        side = "right" if row.leverage > right / 2 else "left"
        text = f" {row.sample}, {row.token} "
        axis.annotate(text, (row.leverage, row.standardised), fontsize=7, ha=side, va="center")
    axis.set_xlim(0, right)
    axis.set_ylim(-high, high)
    axis.set_xlabel("leverage")
    axis.set_ylabel("standardised residual")
    axis.legend(loc="best")
