"""The picture of residuals."""

from typing import Any

import numpy as np

from mtam.report.figures.own_data import residual_figure

RNG = np.random.default_rng(0)
NUMBERS: dict[str, Any] = {
    "residual_prediction": RNG.normal(size=40).tolist(),
    "residual_standardised": RNG.normal(size=40).tolist(),
    "residual_leverage": RNG.uniform(0, 0.4, size=40).tolist(),
    "residual_cook": np.sort(RNG.uniform(size=40))[::-1].tolist(),
    "residual_sample": list(range(100, 140)),
    "residual_token": [3] * 40,
    "residual_responses": 500,
    "residual_mean_leverage": 0.02,
    "order_share": [0.01, 0.5, 0.99],
    "order_residual": [-2.2, 0.1, 2.6],
    "trend_prediction": [-1.0, 1.0],
    "trend_residual": [0.1, -0.1],
    "trend_error": [0.05, 0.05],
}


def test_three_panels_with_every_response_told() -> None:
    picture = residual_figure.residuals(NUMBERS, "ips_erm")
    assert picture is not None
    axes = picture.draw().axes
    assert [axis.get_xlabel() for axis in axes] == ["prediction", "normal quantile", "leverage"]
    assert [text.get_text().strip() for text in axes[2].texts] == ["100, 3", "101, 3", "102, 3"]
    assert picture.table["sample"].tolist() == NUMBERS["residual_sample"]
    text = "".join(picture.inline("x-"))
    assert "sample 139, token 3: residual" in text
    assert "quantile 0.99: normal 2.33, residual 2.6" in text


def test_an_older_record_has_none() -> None:
    assert residual_figure.residuals({}, "ips_erm") is None
