"""Student quantiles against scipy."""

import pytest
from scipy.stats import t

from mtam.rates.t_quantiles import cdf, quantile


@pytest.mark.parametrize("df", [1, 1.7, 2, 4, 5.5, 9, 30, 200])
@pytest.mark.parametrize("p", [0.025, 0.5, 0.9, 0.975, 0.9995])
def test_quantiles(df: float, p: float) -> None:
    assert quantile(p, df) == pytest.approx(t.ppf(p, df), rel=1e-9, abs=1e-12)
    assert cdf(float(t.ppf(p, df)), df) == pytest.approx(p, abs=1e-12)


@pytest.mark.parametrize(("p", "df"), [(0.0, 3), (1.0, 3), (0.5, 0)])
def test_out_of_range(p: float, df: float) -> None:
    with pytest.raises(ValueError, match="must lie"):
        quantile(p, df)
