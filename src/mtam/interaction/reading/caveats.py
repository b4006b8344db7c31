"""The facts without which slopes of an interaction sweep cannot be read, for the settings of the sweep at hand."""

from collections.abc import Sequence

import numpy as np

from mtam.base.columns import ORACLE_ERROR
from mtam.base.table import Cell, Table
from mtam.interaction.reading.interaction_cells import InteractionCell
from mtam.rates.fitting.fit import student_interval
from mtam.rates.intervals import Interval

EXPONENTS = (
    "the paper's slopes use beta = P - 1; a degree-P spline with simple knots is Hoelder of order P, whose class has "
    "the exponent 2P/(2P + 1): both are printed"
)
ECHO = (
    "K ~ M^(1/(2 beta + 1)) makes the variance K/M fall as M^(-2 beta/(2 beta + 1)) by construction: where the bias is "
    "negligible the slope echoes the rule and tests nothing"
)
FIXED = (
    "the truth ({}) does not get rougher as M grows, its best rate is close to 1/M; the honest tests are "
    "data.activation=rate_hard with model.k_rule=cp, or data.activation=hypotheses, which moves with M"
)
AT_END = (
    "in {} of {} fits the data chose the largest K that was tried: they might have chosen more, and where that is so "
    "at the larger M, bias makes the slopes flatter"
)
MOVING = "bumps of width (N M)^(-1/(2 beta + 1)) and height L h^beta: the family of the lower bound"
NORMALISED = (
    "weights that sum to one over a row make the response no mean of pair functions: the ERM's error has a floor that "
    "does not fall with M; the error is that of responses, whose variance is 1"
)
STEEPENING = (
    "the price of A, slope -1, steepens the total wherever p sigma²/M matters; compare the total with the forecast "
    "(this truth, these sizes, K chosen as here), and theory's exponent with A* known"
)
SMOOTH = ("bspline", "odd", "even", "tanh", "exp", "samples")  # the same for all M, and soon without bias


def caveats(cells: Sequence[InteractionCell]) -> Table:
    """One row per fact that holds for these cells, with the figure behind it where there is one."""
    trials = [cell.trial for cell in cells]
    facts: list[list[Cell]] = [["two exponents", EXPONENTS, None]]
    if any(trial.k_rule() == "rule" and trial.model.spline().intervals is None for trial in trials):
        facts.append(["K by rule", ECHO, None])
    if any(trial.data.row_normalised for trial in trials):
        facts.append(["softmax attention", NORMALISED, None])
    fits = [record for cell in cells for record in cell.numbers.values()]
    if count := sum(bool(record.get("intervals_at_end")) for record in fits):
        facts.append(["K at its end", AT_END.format(count, len(fits)), count])
    truths = dict.fromkeys(trial.data.activation for trial in trials if not trial.data.row_normalised)
    if smooth := [name for name in truths if name in SMOOTH]:
        facts.append(["fixed truth", FIXED.format(", ".join(smooth)), None])
    if "hypotheses" in truths:
        facts.append(["moving truth", MOVING, None])
    outside: dict[tuple[str, float | None], list[str]] = {}
    for cell in cells:
        broken: list[tuple[str, float | None]] = [(sentence, None) for sentence in cell.trial.broken()]
        for fact in [*broken, *([] if cell.trial.inside_theorem() else [_condition(cell)])]:
            outside.setdefault(fact, []).append(cell.label)
    for (sentence, number), labels in outside.items():
        where = "; ".join(labels) if len(labels) < len(cells) else "all"
        facts.append(["outside the theorem", f"{where}: {sentence}", number])
    facts.append(["axis", *_other_axis(cells[0])])
    if any(trial.parameters() > 0 for trial in trials):
        facts.append(["what these sizes decide", STEEPENING, None])
    return Table(
        name="caveats",
        title="How to read these slopes",
        headings=["about", "fact", "figure"],
        rows=facts,
    )


def about_tokens(cells: Sequence[InteractionCell]) -> list[Table]:
    """What the bounds say of N and what the error with A* known does, where the cells differ in it."""
    pairwise = [cell for cell in cells if not cell.trial.data.row_normalised]
    known = [(cell, errors) for cell in pairwise if (errors := cell.matrix(ORACLE_ERROR)) is not None]
    if len({cell.trial.data.tokens for cell, _ in known}) < 2:
        return []
    first = known[0][0].trial
    rate = 2 * first.beta() / (2 * first.beta() + 1)
    facts: list[list[Cell]] = [
        ["lower bound", f"falls as (N M)^-{rate:.3f}"],
        ["upper bound", "pays N - 1 for coercivity; a sweep over N at fixed N M is unpublished"],
        [
            "variance with A* known",
            "the same for all N at equal M, up to (N - 1)/N and a factor of two, for a generic phi",
        ],
    ]
    levels: list[list[Cell]] = []
    for cell, errors in known:
        size, tokens = float(cell.sizes[-1]), cell.trial.data.tokens
        level = float(np.exp(np.log(errors[:, -1]).mean()))
        levels.append([cell.label, int(size), level, level * size**rate, level * (size * tokens) ** rate])
    scaled = [f"times M^{rate:.3f}", f"times (N M)^{rate:.3f}"]
    return [
        Table(name="tokens", title="What N does", headings=["about", "fact"], rows=facts),
        Table(
            name="token_levels",
            title="What N does: the error with A* known in the units of both bounds",
            headings=["cell", "M", "error with A* known", *scaled],
            rows=levels,
            formats=dict.fromkeys(("error with A* known", *scaled), ".3g"),
        ),
    ]


def _condition(cell: InteractionCell) -> tuple[str, float]:
    """The theorem's condition on M, and the M that it needs."""
    needed, last = float(cell.trial.samples_needed()), cell.trial.n
    sentence = (
        f"r d <= (M/ln M)^(1/(2 beta + 1)) needs M >= {needed:.0e}, this run ends at {last}: the theorem "
        "promises no rate here"
    )
    return sentence, needed


def _other_axis(cell: InteractionCell) -> tuple[str, Interval | None]:
    """What regressing on ln(M/ln M) would do; earlier code of the paper's group does, with errors not squared.

    The figure is the first cell's slope on that axis.
    """
    sizes = cell.size_axis
    axis = np.log(sizes / np.log(sizes))
    factor = 1 / np.polyfit(np.log(sizes), axis, 1)[0]
    slopes = cell.slopes("error", axis)
    slope = None if slopes is None else student_interval(slopes)
    example = f", here that of {cell.label}" if slope else ""
    sentence = (
        "slopes are of the squared error on ln M; earlier code of the paper's group regresses the error, not squared, "
        f"on ln(M/ln M): there slopes of the squared error are {factor:.2f} times as large{example}"
    )
    return sentence, slope
