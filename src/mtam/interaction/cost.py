"""The seconds that the parts of a trial take on one thread, for --dry-run, for the order of packs, for the time left.

Linear in the rows M N of the data and of the forecast's design; the constants were fitted to processor seconds of
single trials over M, N, d, r, P, the rules for K and the estimators, on one core. Most trials lie within a factor of
1.5 of the sum; a search that needs many starts takes up to ten times as long.
"""

from mtam.interaction.interaction_data import InteractionData

DESIGN_ROWS = 50000  # of the forecast, at most, but for many parameters
BUSY = 1.25  # a second worker shares caches and memory


def data_seconds(data: InteractionData, samples: int) -> float:
    """Drawing the tokens and their responses."""
    return 0.03 + 2e-8 * samples * data.tokens * data.d


def choice_seconds(degree: int, rows: int) -> float:
    """Choosing K from the data."""
    return (3.6e-6 + 0.7e-6 * max(0, degree - 3)) * rows


def linear_seconds(data: InteractionData, samples: int) -> float:
    """The spline at a known A."""
    return 1.5e-7 * (data.tokens - 1) * samples * data.tokens


def evaluation_seconds(d: int) -> float:
    """Errors on fresh pairs alone, where nothing stands beside the fit."""
    return 0.1 + 0.004 * d


def forecast_seconds(data: InteractionData, samples: int, by_rule: bool) -> float:
    """Evaluation, the fit with A* known, and the forecast, whose noises need more where K is chosen from the data."""
    d, rows = data.d, min(samples * data.tokens, DESIGN_ROWS)
    if data.row_normalised:
        return evaluation_seconds(d)
    if by_rule:
        exact = 0.05 + 0.003 * d if d > 1 else 0.0  # its noises at which the loss itself is minimised
        return 0.05 + 0.004 * d + 2e-6 * rows + exact
    exact = 0.15 + 0.007 * d if d > 1 else 0.0
    return 0.13 + 0.0095 * d + 1.1e-5 * rows + exact
