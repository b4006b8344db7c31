"""A quick count of what the script counts in full."""

import pytest

from mtam.rates.simulation.calibrate_predictions import runs_covered


@pytest.mark.slow
def test_two_resources_cover() -> None:
    """24 data sets: all intervals of parameters hold them in 95% on the mean, predictions in 90%."""
    rows = {row["what"]: row for row in runs_covered("5 x 5 runs", 24, key=12)}
    assert rows["prediction"]["share"] >= 0.7  # 17 of 24: less has probability .002 at 90%
    shares = [rows[name]["share"] for name in ("E", "alpha", "beta", "share")]
    assert min(shares) >= 0.8
