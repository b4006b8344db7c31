"""Learning curves of others (tests/data/published): the fits to them, and whether they foretell the largest size.

Five translation models, one run each. Bansal et al. 2022 (arXiv 2202.01994) say that their loss falls as a power of the
data until the model's capacity bounds it; Alabdulmohsin et al. 2022 (arXiv 2209.06640) publish them with the largest
size set aside, for laws to be judged by extrapolation. A power law with a floor has to beat the pure one there.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

import mtam
from mtam.rates.laws import PowerLaw
from mtam.rates.prediction import predictions
from tests.conftest import REPO

CURVES = pd.read_csv(REPO / "tests" / "data" / "published" / "translation_learning_curves.csv")
COLUMNS: dict[str, Any] = {"n": "Seen Examples", "error": "Loss", "cell": "Model"}
SEEN = CURVES[CURVES["Training"] == 1]


def split() -> Iterator[tuple[str, np.ndarray[Any, Any], np.ndarray[Any, Any], float, float]]:
    """Every model with its sizes and losses, and the size and loss that were set aside."""
    for model, rows in CURVES.groupby("Model"):
        seen, kept = rows[rows["Training"] == 1], rows[rows["Training"] == 0]
        n, loss = (seen[name].to_numpy(dtype=float) for name in ("Seen Examples", "Loss"))
        yield str(model), n, loss, float(kept["Seen Examples"].iloc[0]), float(kept["Loss"].iloc[0])


def test_the_pure_power_law_is_the_line_through_the_logarithms() -> None:
    """The estimator M1 of Alabdulmohsin et al., by numpy alone."""
    found = mtam.fit_rates(SEEN, **COLUMNS).rates.set_index("cell")["slope"]
    for model, n, loss, at, _ in split():
        line = np.polyfit(np.log(n), np.log(loss), 1)
        assert float(str(found[model])) == pytest.approx(line[0], abs=1e-9)
        (told,) = predictions(PowerLaw(), n, loss[None], np.array([at]))
        assert told.error.value == pytest.approx(np.exp(np.polyval(line, np.log(at))))


def test_a_floor_foretells_what_was_set_aside() -> None:
    """In logarithms the pure law is too low by .17 to .26, with a floor by .02 to .07; its 90% intervals hold four."""
    held = {False: 0, True: 0}
    for model, n, loss, at, kept in split():
        miss = {}
        for floor in held:
            (told,) = predictions(PowerLaw(), n, loss[None], np.array([at]), floor=floor)
            miss[floor] = np.log(kept / told.error.value)
            held[floor] += told.error.low <= kept <= told.error.high
        assert 0.16 < miss[False] < 0.27, model
        assert 0 < miss[True] < 0.07, model
    assert held == {False: 2, True: 4}


def test_a_floor_fits_what_was_seen_by_the_seen_alone() -> None:
    """Residuals in logarithms fall by a factor of two and more, for one more parameter on nine or ten points."""
    pure, bent = (mtam.fit_rates(SEEN, floor=floor, **COLUMNS).rates.set_index("cell")["r2"] for floor in (False, True))
    for model, *_ in split():
        assert 1 - float(str(bent[model])) < 0.5 * (1 - float(str(pure[model]))), model
