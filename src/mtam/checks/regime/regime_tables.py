"""Tables and panels of the check on the theorem's regime."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mtam.base.finding import Panel, Series
from mtam.base.table import Cell, Estimate, Table
from mtam.checks.regime.regime_lines import RegimeLines
from mtam.interaction.theory.regime_curve import RegimeCurve, from_where, samples_needed

Array = npt.NDArray[np.float64]

EVERY = 100.0  # from one M of a table to the next


def _over_truths(values: Array) -> Estimate:
    return Estimate(value=float(values.mean()), se=float(values.std(ddof=1) / len(values) ** 0.5))


def _sizes(largest: float) -> Array:
    return np.asarray(1e5 * EVERY ** np.arange(int(np.log(largest / 1e5) / np.log(EVERY) + 1 + 1e-9)))


def _rounded(size: float | None) -> str | None:
    return None if size is None else f"{size:.1e}"


def slopes(curves: Sequence[RegimeCurve], found: Sequence[RegimeLines], constant: float, largest: float) -> Table:
    """Local slopes with K by the rule and with the best K."""
    at = _sizes(largest)
    rows: list[list[Cell]] = []
    for curve, lines in zip(curves, found, strict=True):
        for d in lines.slopes:
            for name, chosen in (("rule", constant), ("best", None)):
                head: list[Cell] = [curve.case.beta, curve.case.rank, d, curve.case.parameters(d), name]
                values = curve.slopes(at, d, chosen)
                rows.append([*head, round(curve.case.theory, 3), *map(_over_truths, values)])
    return Table(
        name="slopes",
        title="Local slope over a decade around M, mean over truths",
        headings=["beta", "r", "d", "p", "K", "theory", *(f"M = {m:.0e}" for m in at)],
        rows=rows,
    )


def visible(curves: Sequence[RegimeCurve], found: Sequence[RegimeLines], margins: Sequence[float]) -> Table:
    """From which M on the slope is near theory's for good."""
    rows: list[list[Cell]] = []
    for curve, lines in zip(curves, found, strict=True):
        theory = curve.case.theory
        for d, values in lines.slopes.items():
            best = np.abs(curve.slopes(lines.sizes, d).mean(axis=1) - theory)
            rows.append([
                curve.case.beta, curve.case.rank, d,
                _rounded(samples_needed(curve.case.beta, curve.case.rank * d) if curve.case.rank * d > 1 else None),
                *(_rounded(lines.seen_from(values - theory, margin)) for margin in margins),
                *(_rounded(from_where(lines.sizes, best, margin)) for margin in margins),
            ])  # fmt: skip
    kinds = [f"{margin:g}, {k}" for k in ("rule", "best K") for margin in margins]
    return Table(
        name="visible",
        title="From which M on the mean slope is within so much of theory's; and where the theorem's condition holds",
        headings=["beta", "r", "d", "condition", *kinds],
        rows=rows,
    )


def parallel(found: Sequence[RegimeLines], margins: Sequence[float], largest: float) -> Table:
    """From which M on lines of two dimensions are parallel."""
    at = _sizes(largest)
    rows: list[list[Cell]] = []
    for lines in found:
        for name, values in lines.differences.items():
            seen = [_rounded(lines.seen_from(values, margin)) for margin in margins]
            far = [_over_truths(values[lines.index(m)]) for m in at]
            rows.append([lines.case.beta, lines.case.rank, name, *far, *seen])
    return Table(
        name="parallel",
        title="Differences of slopes, K by the rule, truth by truth; and from which M on they are so small",
        headings=["beta", "r", "lines", *(f"M = {m:.0e}" for m in at), *(f"{margin:g} from" for margin in margins)],
        rows=rows,
    )


def prices(curves: Sequence[RegimeCurve], found: Sequence[RegimeLines]) -> Table:
    """The price of A per parameter, and its share of the error where the condition begins to hold."""
    rows: list[list[Cell]] = []
    for curve, lines in zip(curves, found, strict=True):
        for d, shares in lines.shares.items():
            unit = curve.case.parameters(d) * curve.unit(np.ones(1))[0] * curve.case.tokens
            each = curve.price_at(np.ones(1), d)[0] / unit
            border = samples_needed(curve.case.beta, curve.case.rank * d)
            share = [_over_truths(row) for row in shares]
            rows.append([curve.case.beta, curve.case.rank, d, _over_truths(each), f"{border:.1e}", share[0], share[-1]])
    return Table(
        name="prices",
        title="Price of A in units of p sigma²/M, and its share of the error with the best K",
        headings=["beta", "r", "d", "price", "border M", "share there", "share at 1000 M"],
        rows=rows,
    )


def errors(curves: Sequence[RegimeCurve], found: Sequence[RegimeLines], constant: float, largest: float) -> Table:
    """Total errors on the scale of theory."""
    at = _sizes(largest)
    rows: list[list[Cell]] = []
    for curve, lines in zip(curves, found, strict=True):
        for d in lines.slopes:
            scaled = curve.by_rule(at, d, constant) * (at**-curve.case.theory)[:, None]
            rows.append([curve.case.beta, curve.case.rank, d, *map(_over_truths, scaled)])
    return Table(
        name="errors",
        title="Error times M^(2 beta/(2 beta + 1)), K by the rule, mean over truths",
        headings=["beta", "r", "d", *(f"M = {m:.0e}" for m in at)],
        rows=rows,
    )


def tokens(groups: Sequence[dict[int, RegimeCurve]], constant: float, largest: float) -> Table:
    """What more tokens do to the level and to the slope, A known and M fixed."""
    at = np.concatenate([[1e3, 1e4], _sizes(largest)])
    rows: list[list[Cell]] = []
    for group in groups:
        for count, curve in group.items():
            level = curve.with_a_known(at, constant) * (at**-curve.case.theory)[:, None]
            slope = curve.slopes_with_a_known(at, constant)
            for name, values in (("level", level), ("slope", slope)):
                rows.append([curve.case.beta, count, name, *map(_over_truths, values)])
    return Table(
        name="tokens",
        title="A known, r = 1: error times M^(2 beta/(2 beta + 1)), and local slope, by the number of tokens N",
        headings=["beta", "N", "what", *(f"M = {m:.0e}" for m in at)],
        rows=rows,
    )


def panels(curves: Sequence[RegimeCurve], found: Sequence[RegimeLines], constant: float, largest: float) -> list[Panel]:
    """Error on the scale of theory and local slope against M; ranks above 1 in the highest dimension."""
    drawn = []
    for curve, lines in zip(curves, found, strict=True):
        if curve.case.rank > 1:
            continue
        wider = [(c, w) for c, w in zip(curves, found, strict=True) if c.case.beta == curve.case.beta and w.slopes]
        at = lines.sizes[: lines.index(largest) + 1]
        x, errors_, slopes_ = at.tolist(), [], []
        for colour, d in enumerate(lines.slopes):
            mean = np.exp(np.log(curve.by_rule(at, d, constant)).mean(axis=1)) * at**-curve.case.theory
            errors_.append(Series(label=f"d = {d}", x=x, y=mean.tolist(), style="line", colour=colour))
        for colour, (own, d) in enumerate([(lines, d) for d in lines.slopes]):
            slopes_.append(_line(f"d = {d}", own, d, len(at), colour))
        for colour, (other, own) in enumerate(wider):
            if other.case.rank > 1:
                last = max(own.slopes)
                label = f"d = {last}, r = {other.case.rank}"
                slopes_.append(_line(label, own, last, len(at), len(lines.slopes) + colour, dashed=True))
        name = f"beta = {curve.case.beta}"
        drawn += [
            Panel(
                title=f"{name}: total error, computed: flat is theory's slope", x_label="samples M",
                y_label=rf"error $\cdot\, M^{{{2 * curve.case.beta}/{2 * curve.case.beta + 1}}}$", series=errors_,
                log_x=True, log_y=True,
            ),
            Panel(
                title=f"{name}: local slope", x_label="samples M", y_label="slope", series=slopes_, log_x=True,
                level=curve.case.theory, level_label="theory",
            ),
        ]  # fmt: skip
    return drawn


def _line(label: str, lines: RegimeLines, d: int, count: int, colour: int, *, dashed: bool = False) -> Series:
    return Series(
        label=label,
        x=lines.sizes[:count].tolist(),
        y=lines.slopes[d][:count].mean(axis=1).tolist(),
        style="dashed" if dashed else "line",
        colour=colour,
    )
