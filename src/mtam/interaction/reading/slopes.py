"""Slopes of an interaction sweep beside the published, the proven and the forecast ones, and a verdict per claim."""

from collections.abc import Sequence

from mtam.base.columns import FORECAST_ERROR, FORECAST_ORACLE_ERROR, ORACLE_ERROR, PARAMETRIC_ERROR
from mtam.base.table import Cell, Table
from mtam.interaction.reading.interaction_cells import InteractionCell
from mtam.rates import judge_curves
from mtam.rates.judge_curves import WIDEST, contains
from mtam.rates.laws import PowerLaw

PUBLISHED = {3: -0.81, 8: -0.899}  # slopes of the paper's figure, by degree
PARAMETRIC = -1.0
PARTS = {"error": "total", ORACLE_ERROR: "A* known"}
FIGURES = ["reported", "theory", "beta = P", "forecast"]
SLOPES = ["cell", "error", "this run", *FIGURES, "reported?", "theory?", "forecast?"]


def slopes_table(cells: Sequence[InteractionCell]) -> Table:
    """A row for the total error of every cell and one for that with A* known."""
    return Table(
        name="slopes_of_paper_b",
        title="Slopes in M beside the published, the proven and the forecast ones",
        headings=SLOPES,
        rows=[row for cell in cells for name in PARTS if (row := _slope(cell, name))],
        formats=dict.fromkeys(FIGURES, ".3f"),
    )


def _slope(cell: InteractionCell, name: str) -> list[Cell]:
    """A row of SLOPES; empty where an error is not positive or a size is missing."""
    points = cell.curve(name)
    slope = judge_curves.slope(PowerLaw(), points.sizes, points.errors) if points and points.positive else None
    if points is None or slope is None:
        return []
    beta, smooth = cell.trial.beta(), cell.trial.data.degree
    theory, other = -2 * beta / (2 * beta + 1), -2 * smooth / (2 * smooth + 1)
    published = PUBLISHED.get(smooth) if name == "error" else None
    as_reported, as_proven = (
        None if figure is None else contains(slope, figure, widest=WIDEST, rival=PARAMETRIC)
        for figure in (published, theory)
    )  # fmt: skip
    if as_proven and name == "error" and not cell.trial.inside_theorem():  # with A* known it asks nothing of r d
        as_proven = as_proven.outside
    expected = cell.curve(FORECAST_ERROR if name == "error" else FORECAST_ORACLE_ERROR)
    as_forecast, forecast = judge_curves.follows(points, expected) if expected else (None, None)
    figures = (published, theory, other, forecast)
    return [cell.label, PARTS[name], slope, *figures, as_reported, as_proven, as_forecast]


def claims_table(cells: Sequence[InteractionCell]) -> Table:
    """Lines over d are parallel at every degree, and the price of A falls as 1/M in every cell."""
    rows: list[list[Cell]] = []
    for degree in dict.fromkeys(cell.trial.data.degree for cell in cells):
        same = [cell for cell in cells if cell.trial.data.degree == degree]
        for name, word in PARTS.items():
            curves = [points for cell in same if (points := cell.curve(name)) and points.positive]
            if len(curves) == len(same) > 1:
                said = judge_curves.same_slope(curves, names=[f"d = {cell.trial.data.d}" for cell in same])
                claim = f"P = {degree}: lines over d nearly parallel ({word})"
                rows.append([claim, said.interval, said.verdict, said.reason])
    for cell in cells:
        price = cell.curve(PARAMETRIC_ERROR)
        if price is not None and cell.trial.parameters() > 0 and price.errors.mean() > 0:
            said = judge_curves.exponent(price, PARAMETRIC)
            rows.append([f"{cell.label}: the price of A falls as 1/M", said.interval, said.verdict, said.reason])
    headings = ["claim", "this run", "verdict", "because"]
    return Table(name="claims_of_paper_b", title="Claims of paper B", headings=headings, rows=rows)
