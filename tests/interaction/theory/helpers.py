"""One family of bumps under one law of tokens, for the tests of the lower bound and of the risk beside it."""

import numpy as np
import numpy.typing as npt

from mtam.base.streams import generator
from mtam.interaction.interaction_spec import InteractionData
from mtam.interaction.simulate.hypotheses import hypothesis
from mtam.interaction.simulate.tokens import token_law
from mtam.interaction.theory.coercivity_ratio import matrix
from mtam.interaction.theory.lower_bound import HypothesisFamily, family

Array = npt.NDArray[np.float64]

LAW = token_law(InteractionData(d=3, tokens=4, rank=2, token_law="cube"), 0)
FACTORS = matrix(LAW, 2, generator(0, "test"))
NOISE = 0.3


def bumps(beta: int = 2, cells: int = 12, holder: float = 40.0) -> HypothesisFamily:
    return family(beta, cells, 2 * (2 / 3) / cells, holder, generator(0, "code"))


def aggregated(members: HypothesisFamily, word: Array, x: Array) -> Array:
    """(N-1)^{-1} sum_{j != i} phi_w(u_ij), through ``hypothesis`` and not through features  # (M, N)."""
    u = np.einsum("mid,de,mje->mij", x, FACTORS[0] @ FACTORS[1].T, x)
    values = hypothesis(u, word, members.beta, members.holder, reach=members.cells * members.width / 2)
    off = ~np.eye(x.shape[1], dtype=bool)
    return np.asarray(np.where(off, values, 0.0).sum(axis=2) / (x.shape[1] - 1))
