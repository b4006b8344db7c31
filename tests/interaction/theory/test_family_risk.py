"""What least squares over splines risks on a family of hypotheses."""

import math

import numpy as np
import pytest

from mtam.base.streams import generator
from mtam.interaction.model.splines import Spline, SplineSpace
from mtam.interaction.simulate.hypotheses import hypothesis
from mtam.interaction.simulate.tokens import TokenStream
from mtam.interaction.theory.family_risk import Risk, erm_risk
from tests.interaction.theory.helpers import FACTORS, LAW, NOISE, aggregated, bumps


def test_the_risk_of_least_squares_by_simulation() -> None:
    """Bias and variance against fits to simulated data sets."""
    members, samples, tokens, sets = bumps(cells=8, holder=200.0), 2000, 3, 60
    space = SplineSpace(2, 6)
    said = erm_risk(members, FACTORS, LAW, tokens, space, 60000, seed=5).at(samples, tokens, NOISE)
    stream, rng = TokenStream(LAW, 11, "data"), generator(0, "fits")
    fresh = TokenStream(LAW, 12, "fresh").take(20000, 2)
    v = np.einsum("md,de,me->m", fresh[:, 0], FACTORS[0] @ FACTORS[1].T, fresh[:, 1])
    errors = []
    for _ in range(sets):
        word = members.words[rng.integers(len(members.words))]
        x = stream.take(samples, tokens)
        u = np.einsum("mid,de,mje->mij", x, FACTORS[0] @ FACTORS[1].T, x)
        off = ~np.eye(tokens, dtype=bool)
        design = np.where(off[..., None], space.design(u.ravel()).reshape(*u.shape, -1), 0.0).sum(axis=2) / (tokens - 1)
        mean = aggregated(members, word, x)
        y = (mean + NOISE * rng.standard_normal(mean.shape)).ravel()
        found = Spline(space, np.linalg.lstsq(design.reshape(len(y), -1), y, rcond=None)[0])
        reach = members.cells * members.width / 2
        errors.append(np.mean((found(v) - hypothesis(v, word, 2, members.holder, reach=reach)) ** 2))
    assert np.mean(errors) == pytest.approx(said, abs=4 * np.std(errors) / math.sqrt(sets) + 0.02 * said)


def test_the_variance_falls_with_the_number_of_rows_and_the_bias_stays() -> None:
    risk = Risk(bias=0.5, trace=8.0)
    assert risk.at(100, 4, 0.0) == 0.5
    assert risk.at(100, 4, 0.5) == pytest.approx(0.5 + 0.25 / 400 * 8)


def test_two_tokens_make_the_trace_the_dimension_of_the_space() -> None:
    """For N = 2 a row is a pair, so that tr(Q^{-1} E[b b^T]) counts the splines."""
    space = SplineSpace(2, 4)
    found = erm_risk(bumps(cells=8), FACTORS, LAW, 2, space, 40000, seed=1)
    assert found.trace == pytest.approx(space.dimension, rel=0.05)


def test_a_finer_space_has_less_bias() -> None:
    members = bumps(cells=8, holder=200.0)
    coarse, fine = (erm_risk(members, FACTORS, LAW, 3, SplineSpace(2, k), 20000, seed=2) for k in (3, 24))
    assert 0 <= fine.bias < 0.2 * coarse.bias
    assert fine.trace > coarse.trace
