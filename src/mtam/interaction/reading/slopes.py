"""What a sweep says of paper B: slopes beside the published and the proven figures, a verdict per claim, and the facts
without which neither can be read."""

from collections.abc import Sequence

from mtam.base.remark import Remark, provenance
from mtam.interaction.interaction_spec import InteractionTrial
from mtam.interaction.reading.caveats import about_tokens, caveats
from mtam.interaction.reading.interaction_cells import InteractionCell, Numbers, cells
from mtam.interaction.reading.misspecified import recovery
from mtam.interaction.reading.price_of_a import price
from mtam.interaction.reading.reported_interaction import settings
from mtam.rates import judge_curves
from mtam.rates.judge_curves import WIDEST, contains
from mtam.rates.laws import PowerLaw
from mtam.rates.verdict import Judgement

PUBLISHED = {3: -0.81, 8: -0.899}  # slopes of the paper's figure, by degree
PARAMETRIC = -1.0
PARTS = {"error": "total", "oracle_error": "A* known"}
UNKNOWN = "-"
SLOPES = [
    "cell", "error", "this run", "reported", "theory", "beta = P", "forecast", "reported?", "theory?", "forecast?"
]  # fmt: skip


def remarks(trials: Sequence[InteractionTrial], numbers: Sequence[Numbers]) -> list[Remark]:
    """Tables about a sweep of interaction trials; verdicts on the claims where its cells differ in d or P only."""
    if not trials:
        return []
    found = cells(trials, numbers)
    told = [*price(found), *recovery(found)]
    if not _about_claims(found):
        several = max(len(cell.sizes) for cell in found) > 1
        return told + about_tokens(found) + ([caveats(found)] if several else [])
    told = [
        _slopes(found),
        *told,
        ("Claims of paper B", ["claim", "this run", "verdict", "because"], _claims(found)),
        caveats(found),
    ]
    if trials[0].protocol == "reported":
        told.append(provenance(settings(trials)))
    return told


def _about_claims(found: Sequence[InteractionCell]) -> bool:
    """Several sizes, and cells that differ in d or P and in nothing else."""
    if max(len(cell.sizes) for cell in found) < 2:
        return False
    if found[0].trial.protocol == "reported":
        return True
    same = {cell.trial.data.model_copy(update={"d": 1, "degree": 1}).model_dump_json() for cell in found}
    models = {cell.trial.model.model_dump_json() for cell in found}
    distinct = {(cell.trial.data.d, cell.trial.data.degree) for cell in found}
    return len(same) == len(models) == 1 < len(distinct)


def _slopes(found: Sequence[InteractionCell]) -> Remark:
    rows = [row for cell in found for name in PARTS if (row := _slope(cell, name))]
    return "Slopes in M beside the published, the proven and the forecast ones", SLOPES, rows


def _slope(cell: InteractionCell, name: str) -> list[str]:
    """A row of SLOPES; empty where an error is not positive or a size is missing."""
    points = cell.curve(name)
    slope = judge_curves.slope(PowerLaw(), points.sizes, points.errors) if points and points.positive else None
    if points is None or slope is None:
        return []
    beta, smooth = cell.trial.beta(), cell.trial.data.degree
    theory, other = -2 * beta / (2 * beta + 1), -2 * smooth / (2 * smooth + 1)
    published = PUBLISHED.get(smooth) if name == "error" else None
    told = [
        contains(slope, figure, widest=WIDEST, rival=PARAMETRIC).verdict if figure else UNKNOWN
        for figure in (published, theory)
    ]
    if name == "error" and not cell.trial.inside_theorem():  # with A* known the theorem asks nothing of r d
        told[1] = f"outside ({told[1]})"
    expected = cell.curve("forecast_error" if name == "error" else "forecast_oracle_error")
    said, forecast = judge_curves.follows(points, expected) if expected else (None, None)
    figures = [UNKNOWN if figure is None else f"{figure:.3f}" for figure in (published, theory, other, forecast)]
    return [cell.label, PARTS[name], str(slope), *figures, *told, said.verdict if said else UNKNOWN]


def _claims(found: Sequence[InteractionCell]) -> list[list[str]]:
    rows = []
    for degree in dict.fromkeys(cell.trial.data.degree for cell in found):
        same = [cell for cell in found if cell.trial.data.degree == degree]
        for name, word in PARTS.items():
            curves = [points for cell in same if (points := cell.curve(name)) and points.positive]
            if len(curves) == len(same) > 1:
                said = judge_curves.same_slope(curves, names=[f"d = {cell.trial.data.d}" for cell in same])
                rows.append([f"P = {degree}: lines over d nearly parallel ({word})", *_told(said)])
    for cell in found:
        price = cell.curve("parametric_error")
        if price is not None and cell.trial.parameters() > 0 and price.errors.mean() > 0:
            claim = f"{cell.label}: the price of A falls as 1/M"
            rows.append([claim, *_told(judge_curves.exponent(price, PARAMETRIC))])
    return rows


def _told(said: Judgement) -> list[str]:
    return [str(said.interval or UNKNOWN), said.verdict, said.reason]
