"""What is told beside a fit to own data: structure left in its residuals, and hints about its tokens.

Hints are about what a product x_i^T A x_j cannot know: angles, positions on a line, padding.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from mtam.base.table import Cell, Estimate, Table
from mtam.interaction.files.validate_arrays import blocks

Array = npt.NDArray[np.float64]

GROUPS = (
    "tokens", "other tokens", "squares", "squares of the others", "products", "products with squares", "distances",
    "position", "order",
)  # fmt: skip
LEVEL = 0.01  # of the tests of all groups together: at most so many good fits are said not to fit
TURNS = (2 * np.pi, 360.0)  # radians, degrees
EDGE, CROWD = 0.05, 0.01  # of a turn at either end, and the share of the tokens there: angles have no tails
SHARE = "share of the variance of Y"
CLEARLY = 2.576  # standard errors of a paired difference of held-out errors: said by chance once in a hundred
FEW = 2  # rows of zeros that chance does not give


def looks(x: Array) -> dict[str, Any]:
    """Which coordinates look like angles, and the share of tokens that are zero in every coordinate  # (M, N, d)."""
    d, count = x.shape[2], x.shape[0] * x.shape[1]
    low, high, zeros = np.full(d, np.inf), np.full(d, -np.inf), 0
    for part in blocks(x):
        rows = part.reshape(-1, d)
        low, high = np.minimum(low, rows.min(axis=0)), np.maximum(high, rows.max(axis=0))
        zeros += int(np.count_nonzero(~rows.any(axis=1)))
    angles = [k for k in range(d) if _like_angles(x[..., k], float(low[k]), float(high[k]))]
    return {"angles": angles, "zero_tokens": zeros / count if zeros >= FEW else 0.0}


def _like_angles(values: Array, low: float, high: float) -> bool:
    """Whether values fill one turn, from 0 or about 0, up to both of its ends  # (M, N)."""
    for turn in TURNS:
        for first in (0.0, -turn / 2):
            inside = low >= first - 1e-6 * turn and high <= first + (1 + 1e-6) * turn
            ends = (values < first + EDGE * turn, values > first + (1 - EDGE) * turn)
            if inside and min(float(np.mean(end)) for end in ends) > CROWD:
                return True
    return False


def hints(numbers: Mapping[str, Any]) -> list[str]:
    """One sentence for each, from the numbers of a record of own data; an older record may lack them."""
    told = []
    if angles := numbers.get("angles"):
        which = ", ".join(str(k) for k in angles)
        told.append(
            f"tokens cover a full turn in coordinate {which} (the first is 0), as angles do: give cos and sin of an "
            "angle as two coordinates, for products of those are functions of differences"
        )
    elif numbers["d"] == 1 and not numbers["converged"]:
        told.append(
            "a token is one number, and phi sees products of two of them: if it is a position x, where differences "
            "matter, give cos(x/L) and sin(x/L) as two coordinates, L the range of x"
        )
    if share := numbers.get("zero_tokens"):
        told.append(
            f"{share:.2g} of the tokens are zero in every coordinate: if that is padding, the fit takes it for tokens, "
            "and means over the others are too small; give rows of NaN in their place, or an array mask (M, N), 0 there"
        )
    return told


def notes(numbers: Mapping[str, Any]) -> list[Table]:
    """What is left in the residuals, group by group, and hints; from the numbers of one record."""
    told: list[Table] = []
    if "structure_p_values" in numbers:
        both = zip(GROUPS, numbers["structure_p_values"], numbers["structure_shares"], strict=True)
        loud = sorted((p, name, share) for name, p, share in both if p * len(GROUPS) < LEVEL)
        rows: list[list[Cell]] = [[name, p, share] for p, name, share in loud]
        if rows:
            title = f"Left in the residuals ({len(GROUPS)} groups tested, level {LEVEL:g} together)"
            headings = ["functions of", "p", SHARE]
            formats = {"p": ".1g", SHARE: ".3f"}
            told.append(Table(name="residuals", title=title, headings=headings, rows=rows, formats=formats))
    if numbers.get("responses") is not None:
        names = ("responses", "missing_tokens", "groups", "weighted", "partners")
        told.append(
            Table(
                name="rows",
                title="Rows that count",
                headings=list(names),
                rows=[[_cell(numbers.get(name)) for name in names]],
            )
        )
    rows = _hypotheses(numbers)
    if rows:
        title = "Hypotheses on the model (score tests over samples)"
        headings = ["hypothesis", "p"]
        told.append(Table(name="hypotheses", title=title, headings=headings, rows=rows, formats={"p": ".2g"}))
    if numbers.get("prediction_low") is not None:
        rows = [[numbers["prediction_low"], numbers["prediction_high"]]]
        title = "Responses less their predictions: ends of the 90% interval"
        formats = {"from": ".3g", "to": ".3g"}
        told.append(Table(name="predictions", title=title, headings=["from", "to"], rows=rows, formats=formats))
    if numbers.get("softmax_gain") is not None:
        told.append(_softmax(numbers))
    if sentences := hints(numbers):
        told.append(Table(name="hints", title="Hints", headings=["hint"], rows=[[sentence] for sentence in sentences]))
    return told


def _softmax(numbers: Mapping[str, Any]) -> Table:
    """Means over pairs against softmax over rows, on the same held-out samples."""
    gain, error = numbers["softmax_gain"], numbers["softmax_gain_se"]
    better = "neither" if abs(gain) <= CLEARLY * error else "softmax over rows" if gain > 0 else "means over pairs"
    row: list[Cell] = [numbers["holdout_error"], numbers["softmax_error"], Estimate(value=gain, se=error), better]
    return Table(
        name="softmax",
        title="Means over pairs, or weights that sum to one over a row? Held-out squared error, paired over samples",
        headings=["pairs", "softmax", "pairs less softmax", "predicts better"],
        rows=[row],
        formats={"pairs": ".4g", "softmax": ".4g", "pairs less softmax": ".3g±.1g"},
    )


def _cell(value: Any) -> Cell:
    """As a table has it; a dash for what does not apply."""
    return "-" if value is None else ("yes" if value else "no") if isinstance(value, bool) else value


def _hypotheses(numbers: Mapping[str, Any]) -> list[list[Cell]]:
    """phi is linear, A has this rank; an older record lacks them."""
    told: list[list[Cell]] = []
    if numbers.get("linear_phi_p") is not None:
        told.append(["phi is linear", numbers["linear_phi_p"]])
    if numbers.get("next_rank_p") is not None:
        told.append([f"A has rank {numbers['rank']}, not {numbers['rank'] + 1}", numbers["next_rank_p"]])
    return told
