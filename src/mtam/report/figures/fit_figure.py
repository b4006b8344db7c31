"""One interaction fit: phi-hat with its band over the density of u, and the spectrum of A-hat."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from mtam.report.examples import ExampleTrial
from mtam.report.figures.palette import TRUTH, estimator
from mtam.report.figures.picture import DrawnPanel, Picture
from mtam.report.figures.svg import tip

Numbers = Mapping[str, Any]


def fit(numbers: Numbers, model: str, caption: str) -> Picture:
    """phi-hat against phi* over the density of u = x' A* y, and the spectrum of A-hat against that of A*.

    What the record does not tell is not drawn.
    """
    colour = estimator(model)
    panels: tuple[DrawnPanel, ...] = ()
    if "phi_grid" in numbers:
        panels += (DrawnPanel("the activation", partial(activation, numbers, colour), width=5.2),)
    if "singular_hat" in numbers:
        panels += (DrawnPanel(_spectrum_title(numbers), partial(_spectrum, numbers, colour), width=3.8),)
    return Picture("fit", "The fitted interaction", caption, panels, table(numbers))


def activations(cells: Sequence[Sequence[ExampleTrial]], size: str) -> Picture | None:
    """phi-hat of one seed per cell at its largest size."""
    shown = [cell[0] for cell in cells]
    if not shown:
        return None
    panels = tuple(
        DrawnPanel(
            example.label.replace("alpha", "α"), partial(activation, example.numbers, example.look.colour), 4.2, 3.3
        )
        for example in shown
    )
    at = f"{size} = {', '.join(str(n) for n in sorted({example.n for example in shown}))}, seed {shown[0].seed}"
    both = [
        table(example.numbers).assign(
            **{key: str(value) for key, value in example.axis.items()}, n=example.n, seed=example.seed
        )
        for example in shown
    ]
    caption = f"the fitted and the true activation at {at}, over the density of u"
    return Picture("activations", "Fitted activations", caption, panels, pd.concat(both, ignore_index=True))


def table(numbers: Numbers) -> pd.DataFrame:
    """The grid of u with everything that is drawn over it."""
    names = (
        "phi_grid", "phi_hat", "band_low", "band_high", "simultaneous_low", "simultaneous_high", "phi_true",
        "u_density",
    )  # fmt: skip
    return pd.DataFrame({name.replace("phi_grid", "u"): numbers[name] for name in names if name in numbers})


def activation(numbers: Numbers, colour: str, axis: Axes) -> None:
    """phi-hat with its band, phi* where it is known, and the density of u behind."""
    u = np.array(numbers["phi_grid"])
    density = np.array(numbers["u_density"])
    behind = axis.twinx()
    behind.fill_between(u, density, color="#999999", alpha=0.25, linewidth=0)
    behind.set_ylim(0, 1.15 * density.max())
    behind.set_yticks([])
    behind.grid(visible=False)
    behind.spines["right"].set_visible(False)
    axis.set_zorder(behind.get_zorder() + 1)
    axis.patch.set_visible(False)
    if "phi_true" in numbers:
        axis.plot(u, numbers["phi_true"], color=TRUTH, linewidth=2.4, alpha=0.55, label=r"true $\varphi^*$")
    if "band_low" in numbers:
        band: dict[str, Any] = {"color": colour, "alpha": 0.25, "linewidth": 0, "label": "95% band, pointwise"}
        axis.fill_between(u, numbers["band_low"], numbers["band_high"], **band)
    if "simultaneous_low" in numbers:
        there = (u >= numbers["simultaneous_from"]) & (u <= numbers["simultaneous_to"])
        for name, label in (("simultaneous_low", "95% band, simultaneous"), ("simultaneous_high", None)):
            axis.plot(u[there], np.array(numbers[name])[there], "--", color=colour, linewidth=0.9, label=label)
    axis.plot(u, numbers["phi_hat"], color=colour, linewidth=1.3, label=r"fitted $\hat\varphi$")
    _hover(axis, numbers, colour)
    axis.fill_between([], [], color="#999999", alpha=0.25, label="density of $u$")
    known = "phi_true" in numbers
    axis.set_xlabel(r"$u = x^\top A^* y$" if known else r"$u = x^\top \hat A y$")
    axis.set_ylabel(r"$\varphi(u)$   (unit: s.d. of $g^*$)" if known else r"$\hat\varphi(u)$   (unit of $Y$)")
    axis.legend(loc="best")


def _hover(axis: Axes, numbers: Numbers, colour: str) -> None:
    """Unseen markers along phi-hat that tell its value."""
    every = slice(None, None, max(1, len(numbers["phi_grid"]) // 40))
    (marks,) = axis.plot(
        numbers["phi_grid"][every], numbers["phi_hat"][every], "o", color=colour, markersize=6, alpha=0, zorder=4
    )
    texts = []
    for row in table(numbers).iloc[every].itertuples(index=False):
        at: Any = row
        text = f"u = {at.u:.3g}: fitted {at.phi_hat:.3g}"
        text += f" [{at.band_low:.3g}, {at.band_high:.3g}]" if "band_low" in numbers else ""
        texts.append(text + (f", true {at.phi_true:.3g}" if "phi_true" in numbers else ""))
    tip(marks, *texts)


def _series(numbers: Numbers, colour: str) -> list[tuple[str, str, str, str, float]]:
    series = (
        ("singular_true", "$A^*$", TRUTH, "o", -0.06),
        ("singular_hat", r"$\hat A$", colour, "D", 0.06),
    )
    return [each for each in series if each[0] in numbers]


def _shown(numbers: Numbers) -> tuple[int, int]:
    """How many singular values are drawn, of how many: as many as are not zero and a few more."""
    everything = np.array([numbers[name] for name, *_ in _series(numbers, "")])
    rank = int((everything > 1e-9 * everything.max()).sum(axis=1).max())
    return min(everything.shape[1], max(rank + 3, 5)), everything.shape[1]


def _spectrum_title(numbers: Numbers) -> str:
    shown, count = _shown(numbers)
    return f"largest {shown} of {count} singular values"


def _spectrum(numbers: Numbers, colour: str, axis: Axes) -> None:
    shown, _ = _shown(numbers)
    for name, label, paint, marker, shift in _series(numbers, colour):
        values = numbers[name][:shown]
        index = np.arange(1, shown + 1) + shift
        axis.vlines(index, 0, values, color=paint, linewidth=1, alpha=0.5)
        (marks,) = axis.plot(index, values, marker, color=paint, markersize=5, label=label, clip_on=False)
        what = "true" if name == "singular_true" else "fitted"
        tip(marks, *(f"{what} singular value {i + 1}: {value:.3g}" for i, value in enumerate(values)))
    axis.set_xlabel("index")
    axis.set_ylabel("singular value")
    axis.set_ylim(bottom=0)
    axis.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:.0f}" if float(x).is_integer() else ""))
    axis.legend(loc="best")
