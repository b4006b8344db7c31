"""Does a fit leave structure in its residuals? A check of the basin that does not know the truth.

At the right A the residuals are noise, independent of the tokens. In a wrong basin part of the interaction is still in
them, and shows in the moments that find starts: E[e_i x_i m_i^T], E[e_i x_i x_i^T], E[e_i C_i]. Their spectral norms
are compared with those after flipping the signs of whole samples of residuals (a wild bootstrap: it keeps
heteroscedastic residuals and their dependence within a sample, and destroys any mean). Agreement of starts alone
cannot see a basin into which most of them fall; this can.
"""

import numpy as np
import numpy.typing as npt

from mtam.interaction.levenberg import Point
from mtam.interaction.profile import Profile
from mtam.interaction.starts import Moments, moments

Array = npt.NDArray[np.float64]

ROWS = 30000  # enough to see a missing singular direction, few enough to cost little
FLIPS = 24
CHANCE = 1.4  # times the flipped mean: heavy tails make the deviation alone a poor judge
NEGLIGIBLE = 0.01  # of sd(Y): a smaller moment is no missing direction of A, however significant (noise-free data)
ALARM = 6.0  # standard deviations; wrong basins score 7 to hundreds


def lack_of_fit(profile: Profile, point: Point, rng: np.random.Generator) -> float:
    """The largest excess of a residual moment's spectral norm, in standard deviations of its sign-flipped copies.

    0 if no moment is larger than negligible, and than chance makes it.
    """
    head = profile.head(ROWS // profile.tokens + 1)
    residuals = head.residuals(point.u, point.v, point.fit)
    observed = _norms(moments(head, residuals))
    flipped = np.array(
        [_norms(moments(head, residuals * rng.choice([-1.0, 1.0], (len(head.x), 1)))) for _ in range(FLIPS)]
    )
    scores = (observed - flipped.mean(axis=0)) / flipped.std(axis=0, ddof=1)
    counts = (observed > NEGLIGIBLE * head.y.std()) & (observed > CHANCE * flipped.mean(axis=0))
    return float(np.max(np.where(counts, scores, 0.0)))


def _norms(found: Moments) -> Array:
    return np.array([np.linalg.norm(part, 2) for part in (found.linear, found.columns, found.rows)])
