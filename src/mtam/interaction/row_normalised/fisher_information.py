"""What samples of attention say of A: Fisher's information, coercivity, and the price of A.

Y_i = f_i(A*) + sigma eta_i with Gaussian eta. Per row the information on vec(A) is H/sigma^2 with H = E[J J^T],
J = df_i/dA. Near A* the excess risk is E(A) - E(A*) = (a - a*)^T H (a - a*) + ..., and least squares has
E ||A_hat - A*||^2 = sigma^2 tr(H^{-1})/(M N), its excess risk being d^2 sigma^2/(M N) whatever phi is. That rows of one
sample share tokens changes neither, for noise is independent. In units of Var f and of ||A*||:

    coercivity: lambda_min(H) ||A*||^2/Var f, the smallest ratio of excess risk to squared error of A;
    price:      tr(H^{-1}) Var f/||A*||^2, the squared error of A per sigma^2/Var f and row.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mtam.interaction.row_normalised.attention_forms import AttentionForm
from mtam.interaction.row_normalised.attention_problem import AttentionParameters, AttentionProblem

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class AttentionInformation:
    """H over simulated tokens, with Var f and ||A*||."""

    matrix: Array  # H (d^2, d^2)
    variance: float  # Var f
    norm: float  # ||A*||_F

    @property
    def coercivity(self) -> float:
        """The smallest ratio of excess risk over Var f to squared error over ||A*||^2, to second order; 0 where A is
        not identified."""
        values = np.linalg.eigvalsh(self.matrix)
        return max(float(values[0]), 0.0) * self.norm**2 / self.variance

    @property
    def price(self) -> float:
        """E ||A_hat - A*||^2/||A*||^2 in units of sigma^2/(Var f M N)."""
        return float(np.trace(np.linalg.inv(self.matrix))) * self.variance / self.norm**2


def information(form: AttentionForm, x: Array, values: Array, matrix: Array) -> AttentionInformation:
    """H at A, its expectation taken over the rows of x (M, N, d) with values (M, N)."""
    d = x.shape[2]
    problem = AttentionProblem(x, np.zeros(x.shape[:2]), values, form)
    at = AttentionParameters(matrix, np.eye(d))
    return AttentionInformation(
        problem.sums(at).curvature, float(problem.predict(at).var()), float(np.linalg.norm(matrix))
    )
