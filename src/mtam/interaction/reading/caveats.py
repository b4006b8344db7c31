"""The facts without which slopes of an interaction sweep cannot be read, for the settings of the sweep at hand."""

from collections.abc import Sequence

import numpy as np

from mtam.base.remark import Remark
from mtam.interaction.reading.interaction_cells import InteractionCell
from mtam.rates.fit import student_interval

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


def caveats(found: Sequence[InteractionCell]) -> Remark:
    """One row per fact that holds for these cells."""
    trials = [cell.trial for cell in found]
    told = [("two exponents", EXPONENTS)]
    if any(trial.k_rule() == "rule" and trial.model.spline().intervals is None for trial in trials):
        told.append(("K by rule", ECHO))
    if any(trial.data.row_normalised for trial in trials):
        told.append(("softmax attention", NORMALISED))
    fits = [record for cell in found for row in cell.records for record in row]
    if count := sum(bool(record.get("intervals_at_end")) for record in fits):
        told.append(("K at its end", AT_END.format(count, len(fits))))
    truths = dict.fromkeys(trial.data.activation for trial in trials if not trial.data.row_normalised)
    if smooth := [name for name in truths if name in SMOOTH]:
        told.append(("fixed truth", FIXED.format(", ".join(smooth))))
    if "hypotheses" in truths:
        told.append(("moving truth", MOVING))
    outside: dict[str, list[str]] = {}
    for cell in found:
        for sentence in [*cell.trial.broken(), *([] if cell.trial.inside_theorem() else [_condition(cell)])]:
            outside.setdefault(sentence, []).append(cell.label)
    for sentence, labels in outside.items():
        told.append(("outside the theorem", f"{'; '.join(labels) if len(labels) < len(found) else 'all'}: {sentence}"))
    told.append(("axis", _other_axis(found[0])))
    if any(trial.parameters() > 0 for trial in trials):
        told.append(("what these sizes decide", STEEPENING))
    return "How to read these slopes", ["about", "fact"], [list(row) for row in told]


def about_tokens(found: Sequence[InteractionCell]) -> list[Remark]:
    """What the bounds say of N and what the error with A* known does, where the cells differ in it."""
    told = [cell for cell in found if not cell.trial.data.row_normalised]
    cells = [cell for cell in told if cell.values("oracle_error") is not None]
    if len({cell.trial.data.tokens for cell in cells}) < 2:
        return []
    first = cells[0].trial
    rate = 2 * first.beta() / (2 * first.beta() + 1)
    rows = [
        ["lower bound", f"falls as (N M)^-{rate:.3f}"],
        ["upper bound", "pays N - 1 for coercivity; a sweep over N at fixed N M is unpublished"],
        [
            "variance with A* known",
            "the same for all N at equal M, up to (N - 1)/N and a factor of two, for a generic phi",
        ],
    ]
    for cell in cells:
        values = cell.values("oracle_error")
        assert values is not None
        here = np.exp(np.log(values[:, -1]).mean())
        scaled = here * float(cell.sizes[-1]) ** rate
        more = scaled * float(cell.trial.data.tokens) ** rate
        both = f"times M^{rate:.3f}: {scaled:.3g}, times (N M)^{rate:.3f}: {more:.3g}"
        rows.append([cell.label, f"error with A* known at M = {cell.sizes[-1]:.0f}: {here:.3g}; {both}"])
    return [("What N does", ["about", "fact"], rows)]


def _condition(cell: InteractionCell) -> str:
    needed, last = cell.trial.samples_needed(), cell.trial.n
    return (
        f"r d <= (M/ln M)^(1/(2 beta + 1)) needs M >= {needed:.0e}, this run ends at {last}: the theorem "
        "promises no rate here"
    )


def _other_axis(cell: InteractionCell) -> str:
    """What regressing on ln(M/ln M) would do; earlier code of the paper's group does, with errors not squared."""
    axis = np.log(cell.sizes / np.log(cell.sizes))
    factor = 1 / np.polyfit(np.log(cell.sizes), axis, 1)[0]
    slopes = cell.slopes("error", axis)
    found = None if slopes is None else student_interval(slopes)
    example = f" ({cell.label}: {found})" if found else ""
    return (
        "slopes are of the squared error on ln M; earlier code of the paper's group regresses the error, not squared, "
        f"on ln(M/ln M): there slopes of the squared error are {factor:.2f} times as large{example}"
    )
