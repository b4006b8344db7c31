"""The seconds that a trial takes on one thread, for --dry-run, for the order of packs and for the time left.

A sum over the parts of a trial, linear in the rows M N of its data and of the forecast's design; the constants were
fitted to processor seconds of single trials over M, N, d, r, P, the rules for K and the estimators, on one core. Most
trials lie within a factor of 1.5 of it; a search that needs many starts takes up to ten times as long.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mtam.interaction.interaction_spec import InteractionTrial

DESIGN_ROWS = 50000  # of the forecast, at most, but for many parameters
BUSY = 1.25  # a second worker shares caches and memory


def seconds(trial: "InteractionTrial") -> float:
    """Data, fit, evaluation and forecast."""
    rows = trial.n * trial.data.tokens
    data = 0.03 + 2e-8 * rows * trial.data.d
    return BUSY * (data + _fit(trial, rows) + _rest(trial, rows))


def _fit(trial: "InteractionTrial", rows: int) -> float:
    model, d, others = trial.model, trial.data.d, trial.data.tokens - 1
    if model.name == "mlp":
        return model.steps * (1e-3 + 1.5e-8 * model.batch * trial.data.tokens * others * model.width)
    if model.name == "als":
        return 0.7 + 2.3e-5 * rows
    degree = model.degree or trial.data.degree
    chosen = 0.0 if trial.k_rule() == "rule" else 3.6e-6 + 0.7e-6 * max(0, degree - 3)
    if model.name == "oracle_a":
        return (1.5e-7 * others + chosen) * rows
    matrix = 1e-7 * d * (1 + 0.35 * (trial.fit_rank() - 1)) if d > 1 else 0.0
    return 0.05 + 0.005 * d + (1.5e-7 * others + matrix + chosen) * rows


def _rest(trial: "InteractionTrial", rows: int) -> float:
    d = trial.data.d
    if trial.data.row_normalised or trial.model.name == "oracle_a":
        return 0.1 + 0.004 * d
    if trial.k_rule() == "rule":
        exact = 0.05 + 0.003 * d if d > 1 else 0.0  # its noises at which the loss itself is minimised
        return 0.05 + 0.004 * d + 2e-6 * min(rows, DESIGN_ROWS) + exact
    exact = 0.15 + 0.007 * d if d > 1 else 0.0
    return 0.13 + 0.0095 * d + 1.1e-5 * min(rows, DESIGN_ROWS) + exact
