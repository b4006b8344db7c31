"""What a sweep says of paper B: slopes beside the published and the proven figures, a verdict per claim, and the facts
without which neither can be read."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from mtam.interaction import provenance
from mtam.interaction.caveats import about_tokens, caveats
from mtam.interaction.curves import Cell, Interval, Numbers, cells, interval
from mtam.interaction.recovery import recovery
from mtam.interaction.spec import InteractionTrial

Remark = tuple[str, list[str], list[list[str]]]  # title, headings, rows

PUBLISHED = {3: -0.81, 8: -0.899}  # slopes of the paper's figure, by degree
PARAMETRIC = -1.0
CHANGE = 0.5  # a ratio is called flat when its trend cannot move it by more than this share over all sizes
PARALLEL = 0.1  # slopes that differ by no more are called nearly parallel
PARTS = {"error": "total", "oracle_error": "A* known"}
UNKNOWN = "-"


def remarks(trials: Sequence[InteractionTrial], numbers: Sequence[Numbers]) -> list[Remark]:
    """Tables about a sweep of interaction trials; verdicts on the claims where its cells differ in d or P only."""
    if not trials:
        return []
    found = cells(trials, numbers)
    told = [_flatness(found)] if any(_ratios(cell) for cell in found) else []
    told += recovery(found)
    if not _about_claims(found):
        return told + about_tokens(found)
    told = [
        _slopes(found),
        *told,
        ("Claims of paper B", ["claim", "this run", "verdict"], _claims(found)),
        caveats(found),
    ]
    if trials[0].protocol == "reported":
        rows = [[row.name, row.value, row.source, row.note, row.key or ""] for row in provenance.table(trials)]
        told.append(("Provenance of the settings", ["setting", "value", "source", "note", "changed by"], rows))
    return told


def _about_claims(found: Sequence[Cell]) -> bool:
    """Several sizes, and cells that differ in d or P and in nothing else."""
    if max(len(cell.sizes) for cell in found) < 2:
        return False
    if found[0].trial.protocol == "reported":
        return True
    same = {cell.trial.data.model_copy(update={"d": 1, "degree": 1}).model_dump_json() for cell in found}
    models = {cell.trial.model.model_dump_json() for cell in found}
    distinct = {(cell.trial.data.d, cell.trial.data.degree) for cell in found}
    return len(same) == len(models) == 1 < len(distinct)


def judge(slope: Interval | None, figure: float | None) -> str:
    """supported, contradicted, or undecided where the interval holds the parametric slope -1 as well."""
    if slope is None or figure is None:
        return UNKNOWN
    if not slope.holds(figure):
        return "contradicted"
    return "undecided" if slope.holds(PARAMETRIC) and figure != PARAMETRIC else "supported"


def _outside(cell: Cell, verdict: str) -> str:
    """The theorem's own claim is not made outside its condition; what the interval says is still told."""
    return verdict if cell.trial.inside_theorem() or verdict == UNKNOWN else f"outside ({verdict})"


def _slopes(found: Sequence[Cell]) -> Remark:
    heads = [
        "cell",
        "error",
        "this run",
        "reported",
        "theory",
        "beta = P",
        "forecast",
        "reported?",
        "theory?",
        "forecast?",
    ]
    rows = []
    for cell in found:
        beta, smooth = cell.trial.beta(), cell.trial.data.degree
        theory, other = -2 * beta / (2 * beta + 1), -2 * smooth / (2 * smooth + 1)
        for name, word in PARTS.items():
            slope = cell.slope(name)
            if slope is None:
                continue
            published = PUBLISHED.get(smooth) if name == "error" else None
            expected = cell.slope("forecast_error" if name == "error" else "forecast_oracle_error")
            figures = [published, theory, other, expected.value if expected else None]
            rows.append(
                [
                    cell.label,
                    word,
                    str(slope),
                    *(UNKNOWN if figure is None else f"{figure:.3f}" for figure in figures),
                    judge(slope, published),
                    _outside(cell, judge(slope, theory)),
                    _against_forecast(slope, expected),
                ]
            )
    return "Slopes in M beside the published, the proven and the forecast ones", heads, rows


def _against_forecast(slope: Interval, expected: Interval | None) -> str:
    """The forecast claims a curve and not that it is nonparametric: only the interval decides."""
    if expected is None:
        return UNKNOWN
    return "supported" if slope.holds(expected.value) else "contradicted"


def _claims(found: Sequence[Cell]) -> list[list[str]]:
    rows = []
    for degree in dict.fromkeys(cell.trial.data.degree for cell in found):
        same = [cell for cell in found if cell.trial.data.degree == degree]
        for name, word in PARTS.items():
            if len(same) > 1:
                rows.append(_parallel(same, name, f"P = {degree}: lines over d nearly parallel ({word})"))
    for cell in found:
        slope = cell.slope("parametric_error")
        if slope is not None:
            away = "steeper: higher orders at small M" if slope.value < PARAMETRIC else "contradicted"
            verdict = "supported" if slope.holds(PARAMETRIC) else away
            rows.append([f"{cell.label}: the price of A falls as 1/M", f"slope {slope}", verdict])
    return rows


def _parallel(found: Sequence[Cell], name: str, claim: str) -> list[str]:
    """All differences of slopes within 0.1: seeds share phi*, so differences are taken seed by seed."""
    differences = []
    for one, two in combinations(found, 2):
        seeds = sorted(set(one.seeds) & set(two.seeds))
        a, b = one.slopes(name), two.slopes(name)
        if a is None or b is None:
            continue
        values = np.array([a[one.seeds.index(s)] - b[two.seeds.index(s)] for s in seeds])
        spread = interval(values)
        if spread is not None:
            differences.append((max(abs(spread.low), abs(spread.high)), spread, one, two))
    if not differences:
        return [claim, UNKNOWN, UNKNOWN]
    _, widest, one, two = max(differences, key=lambda entry: abs(entry[1].value))
    if all(reach <= PARALLEL for reach, *_ in differences):
        verdict = f"supported (all within {PARALLEL:g})"
    elif any(spread.low > PARALLEL or spread.high < -PARALLEL for _, spread, *_ in differences):
        verdict = "contradicted"
    elif any(not spread.holds(0.0) for _, spread, *_ in differences):
        verdict = f"not parallel; whether within {PARALLEL:g} is undecided"
    else:
        verdict = "undecided"
    return [claim, f"largest difference {widest} (d = {one.trial.data.d} against {two.trial.data.d})", verdict]


def _ratios(cell: Cell) -> list[str]:
    values = cell.values("excess_ratio")
    if values is None:
        return []
    count = len(values)
    spread = values.std(axis=0, ddof=1) / count**0.5 if count > 1 else None
    return [
        f"{mean:.2f}" + (f" ± {spread[index]:.2f}" if spread is not None else "")
        for index, mean in enumerate(values.mean(axis=0))
    ]


def _flatness(found: Sequence[Cell]) -> Remark:
    """The price of A in units of p sigma^2/M at every M, and the trend of that on ln M."""
    priced = [cell for cell in found if _ratios(cell)]
    sizes = max((cell.sizes for cell in priced), key=len)
    rows = []
    for cell in priced:
        by_size = dict(zip(cell.sizes, _ratios(cell), strict=True))
        values = cell.values("excess_ratio")
        assert values is not None
        trend, verdict = None, UNKNOWN
        if len(cell.sizes) > 1:
            x = np.log(cell.sizes)
            x -= x.mean()
            trend = interval(np.asarray(values @ x / (x @ x)))
        if trend is not None:
            change = (x[-1] - x[0]) * max(abs(trend.low), abs(trend.high))
            known = "flat" if change < CHANGE * values.mean() else "undecided"
            verdict = known if trend.holds(0.0) else "not flat"
        rows.append([cell.label, *(by_size.get(n, UNKNOWN) for n in sizes), str(trend or UNKNOWN), verdict])
    heads = ["cell", *(f"M = {n:.0f}" for n in sizes), "trend per ln M", ""]
    return "Price of A, (error - error with A* known) M/(p sigma²): theory says flat", heads, rows
