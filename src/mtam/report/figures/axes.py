"""Axes with plain numbers at their ticks: 64, 128, 0.01; a reader need not take powers."""

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullFormatter, NullLocator
from matplotlib.transforms import ScaledTranslation

from mtam.rates.laws import Floats
from mtam.report.figures.palette import STYLE

MOST = 7  # labels on an axis
UNDER = (
    0.5  # inches, at the page's size of letters, between an axis and the legend below it, for ticks and the axis' name
)
PLOT, LINE = 3.2, 0.165  # inches of a panel without its legend, and of a line of the legend
WIDE, CHARACTER = 3.2, 0.08  # inches of an axis, and of a character at its ticks
CROWD = 10  # cells beyond which a legend would hide what it explains, and single seeds are left out


def literal(text: str) -> str:
    """Text as it is: no dollar in it begins mathematics."""
    return text.replace("$", r"\$")


def shortened(text: str, most: int = 40) -> str:
    """At most so many characters of a text, the end of it in any case."""
    return text if len(text) <= most else f"{text[: most * 2 // 3 - 1]}…{text[-(most // 3) :]}"


def plain(value: float) -> str:
    """A number as one would write it: 0.01, 0.5, 64, 2e-4."""
    if 9.99e-4 <= abs(value) < 1e6 or value == 0:
        return f"{value:.6g}"
    mantissa, _, exponent = f"{value:.1e}".replace(".0e", "e").partition("e")
    return f"{mantissa}e{int(exponent)}"


def log_axis(axes: Axes) -> None:
    """A logarithmic y axis with ticks at powers of ten, and between them where there are few."""
    axis = axes.yaxis
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    decades = np.log10(high) - np.log10(low)
    steps: tuple[float, ...] = (1.0,)
    for few, between in ((3.2, (1.0, 3.0)), (2.0, (1.0, 2.0, 5.0)), (0.7, (1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9))):
        steps = between if decades < few else steps
    powers = np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    every = 10.0 ** powers[:: max(1, round(decades / MOST))]
    ticks = [step * power for power in every for step in steps if low <= step * power <= high]
    if len(ticks) < 2:  # errors within a small factor
        ticks = [tick for tick in MaxNLocator(5).tick_values(low, high) if low <= tick <= high]
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_major_formatter(FuncFormatter(lambda value, _: plain(value)))
    axis.set_minor_locator(FixedLocator([step * p for p in 10.0**powers for step in range(2, 10)]))
    axis.set_minor_formatter(NullFormatter())
    axes.set_ylim(low, high)


def below(axes: Axes, title: str | None = None, columns: int = 1) -> None:
    """A legend under the name of the x axis, where it covers nothing."""
    figure = axes.figure  # of matplotlib before 3.10 too
    under = UNDER * mpl.rcParams["font.size"] / STYLE["font.size"]
    place = axes.transAxes + ScaledTranslation(0.0, -under, figure.dpi_scale_trans)
    axes.legend(
        title=title, alignment="left", ncols=columns, loc="upper left", bbox_to_anchor=(0.0, 0.0),
        bbox_transform=place, borderaxespad=0.0,
    )  # fmt: skip


def tall(entries: int) -> float:
    """Inches of a panel with so many lines in the legend below it."""
    return PLOT + LINE * min(entries, CROWD + 2)


def legend(axes: Axes, title: str | None = None, *, under: bool = False) -> None:
    """A legend; where it would have too many entries, how many there are: every point tells its cell."""
    entries = axes.get_legend_handles_labels()[1]
    if len(entries) <= CROWD + 2 and under:
        below(axes, title)
    elif len(entries) <= CROWD + 2:
        axes.legend(title=title, alignment="left")
    else:
        words = f"{len(entries)} curves; each point has its cell as its title"
        axes.set_xlabel(f"{axes.get_xlabel()}\n{words}")


def size_axis(axes: Axes, sizes: Floats) -> None:
    """A logarithmic x axis with ticks at the sample sizes, every other one where they are many."""
    axes.set_xscale("log", base=2)
    shown = _apart(sizes[:: -(-len(sizes) // MOST)])
    axes.xaxis.set_major_locator(FixedLocator(list(shown)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
    axes.xaxis.set_minor_locator(NullLocator())


def _apart(sizes: Floats) -> list[float]:
    """Of rising sizes those whose labels do not overprint on a logarithmic axis, the first and the last among them."""
    reach = float(np.log(sizes[-1] / sizes[0])) if len(sizes) > 1 else 1.0
    place = [WIDE * float(np.log(size / sizes[0])) / max(reach, 1e-12) for size in sizes]
    half = [CHARACTER * (len(short(float(size))) + 1) / 2 for size in sizes]
    kept = [0]
    for i in range(1, len(sizes)):
        last = i == len(sizes) - 1
        while last and len(kept) > 1 and place[i] - place[kept[-1]] < half[i] + half[kept[-1]]:
            kept.pop()
        if place[i] - place[kept[-1]] >= half[i] + half[kept[-1]]:
            kept.append(i)
    return [float(sizes[i]) for i in kept]


def short(size: float) -> str:
    """A sample size: 64, 4096; 16k for 16000 and 1.024M for 1024000, but 16384 in full; 12.5; 6e18."""
    if size != round(size) or (size >= 1e6 and size % 1e3 != 0) or size >= 1e9:
        digits = f"{size:.3g}" if size >= 1e6 else f"{size:.4g}"
        mantissa, sign, exponent = digits.partition("e")
        return f"{mantissa}e{int(exponent)}" if sign else mantissa
    for unit, letter in ((1e6, "M"), (1e3, "k")):
        if size >= unit and size % (unit / 1000 if unit > 1e3 else unit) == 0 and size >= 1e4:
            return f"{size / unit:g}{letter}"
    return f"{size:.0f}"
