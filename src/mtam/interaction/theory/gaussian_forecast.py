"""The forecast of a trial whose tokens are Gaussian and whose truth is rate-hard, by quadrature, at any M and K.

To first order in the errors of phi and A, as in ``gaussian_risk``; nothing of the trial's data enters.
"""

from dataclasses import dataclass

import numpy as np

from mtam.interaction.interaction_spec import InteractionTrial
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.simulate.truth import draw_truth
from mtam.interaction.theory.gaussian_arguments import gaussian_arguments
from mtam.interaction.theory.gaussian_risk import diagonal_directions, price_of_a, spline_risk
from mtam.interaction.theory.rough_truths import rough_truths


@dataclass(frozen=True)
class GaussianForecast:
    """Expected squared errors at one M and K, and how far one noise scatters around them."""

    oracle: float  # A* known
    price: float  # of A
    sd: float  # of the error over noises: its variance parts are nearly chi^2 with K + s and p degrees of freedom

    @property
    def total(self) -> float:
        """Of the estimator."""
        return self.oracle + self.price


def applies(trial: InteractionTrial) -> bool:
    """Whether tokens are Gaussian and the truth rate-hard, with a spline of the truth's degree, of its own rank."""
    data = trial.data
    plain = data.token_law == "gaussian" and data.activation == "rate_hard" and not data.row_normalised
    return plain and trial.fit_rank() == data.rank and trial.spline_degree() == max(1, data.degree - 1) + 1


def gaussian_forecast(trial: InteractionTrial, space: SplineSpace) -> GaussianForecast:
    """Bias^2 and variance on ``space``, and the price of A."""
    data, beta = trial.data, max(1, trial.data.degree - 1)
    matrix = draw_truth(data, trial.seed, trial.n).matrix
    singular = np.asarray(np.linalg.svd(matrix, compute_uv=False)[: data.rank], dtype=np.float64)
    finest = max(data.frequencies, space.intervals)
    law = gaussian_arguments(singular, panels=4 * finest)
    truths = rough_truths(beta, (trial.seed,), law, frequencies=data.frequencies)
    risk = spline_risk(law, truths, space, data.tokens, diagonal_directions(law, truths, data.tokens))
    unit = data.noise**2 / (trial.n * data.tokens)
    price = 0.0
    if trial.parameters():
        price = unit * float(price_of_a(law, truths, data.tokens).at(data.d, data.rank)[0] + risk.diagonal[0])
    variance = unit * risk.trace
    spread = variance**2 / space.dimension + price**2 / max(1, trial.parameters())
    return GaussianForecast(float(risk.bias[0]) + variance, price, float(np.sqrt(2 * spread)))
