"""The picture of one fit."""

from typing import Any

import numpy as np

from mtam.report.figures import fit_figure
from mtam.report.figures.palette import estimator

U = np.linspace(-1, 1, 21)
NUMBERS: dict[str, Any] = {
    "phi_grid": U.tolist(),
    "phi_true": np.sin(U).tolist(),
    "phi_hat": (np.sin(U) + 0.01).tolist(),
    "u_density": np.exp(-(U**2)).tolist(),
    "singular_true": [0.3, 0.1],
    "singular_hat": [0.29, 0.11],
}


def test_the_picture_of_a_fit() -> None:
    picture = fit_figure.fit(NUMBERS, "ips_erm", "t")
    labels = [axis.get_xlabel() for axis in picture.draw().axes]
    assert "index" in labels
    assert picture.table["phi_hat"].tolist() == NUMBERS["phi_hat"]
    text = "".join(picture.inline("x-"))
    assert "u = -1: fitted -0.831, true -0.841" in text
    assert "fitted singular value 1: 0.29" in text


def test_a_band_is_drawn_and_told_where_there_is_one() -> None:
    own = {name: value for name, value in NUMBERS.items() if not name.endswith("_true")}
    own |= {"band_low": (np.sin(U) - 0.2).tolist(), "band_high": (np.sin(U) + 0.2).tolist()}
    picture = fit_figure.fit(own, "ips_erm", "t")
    assert "u = 0: fitted 0.01 [-0.2, 0.2]" in "".join(picture.inline("x-"))
    assert {"band_low", "band_high"} <= set(picture.table)


def test_the_simultaneous_band_is_drawn_where_it_holds() -> None:
    own = {name: value for name, value in NUMBERS.items() if not name.endswith("_true")}
    for name, half in (("band", 0.2), ("simultaneous", 0.3)):
        own |= {f"{name}_low": (np.sin(U) - half).tolist(), f"{name}_high": (np.sin(U) + half).tolist()}
    own |= {"simultaneous_from": -0.5, "simultaneous_to": 0.4}
    picture = fit_figure.fit(own, "ips_erm", "t")
    assert {"simultaneous_low", "simultaneous_high"} <= set(picture.table)
    lines = [line for axis in picture.draw().axes for line in axis.get_lines() if line.get_linestyle() == "--"]
    assert len(lines) == 2
    for line in lines:
        at = np.asarray(line.get_xdata())
        assert at.min() >= -0.5
        assert at.max() <= 0.4


def test_estimators_that_meet_in_one_figure_differ() -> None:
    for names in (("softmax", "linear", "frozen_rbf", "knn"), ("ips_erm", "als", "mlp", "oracle_a")):
        assert len({estimator(name) for name in names}) == len(names)
