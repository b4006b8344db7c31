"""Bases are orthonormal on their grids; densities are densities; spectra decay as promised."""

from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtam.recall.recall_spec import Basis, RecallData
from mtam.recall.simulate import bases, measures
from mtam.recall.simulate.contexts import problem

BASES = get_args(Basis)


@settings(max_examples=25, deadline=None)
@given(
    name=st.sampled_from(BASES),
    alpha=st.floats(0.3, 4.0),
    decay=st.floats(0.3, 3.0),
    spectrum=st.sampled_from(["exponential", "polynomial"]),
    signs=st.integers(0, 2**31),
)
def test_every_density_of_the_box_is_nonnegative_and_integrates_to_one(
    name: Basis, alpha: float, decay: float, spectrum: Any, signs: int
) -> None:
    law = measures.family(RecallData(basis=name, alpha=alpha, decay=decay, spectrum=spectrum))
    rng = np.random.default_rng(signs)
    corners = rng.integers(0, 2, (40, 48)).astype(np.float32)  # xi at the ends of its range: the worst densities
    inside = rng.random((40, 48), dtype=np.float32)
    for uniforms in (corners, inside):
        mass = law.probabilities(law.coefficients(uniforms))
        assert mass.min() >= 0
        np.testing.assert_allclose(mass.sum(-1), 1.0, atol=1e-6)


@pytest.mark.parametrize("name", BASES)
def test_the_amplitude_cannot_be_larger(name: Basis) -> None:
    """At the worst corner, on a fine mesh, the density comes down to the margin and not further."""
    data = RecallData(basis=name, alpha=1.0)
    law = measures.family(data)
    x = np.concatenate([np.linspace(0, 1, 1025), law.grid.nodes])
    values = bases.evaluate(name, data.modes, x)
    worst = values[:, np.argmax(np.sqrt(law.eigenvalues) @ np.abs(values))]
    corner = -np.sign(worst) * np.sqrt(3 * law.eigenvalues)
    assert 1 + law.amplitude * float(corner @ worst) == pytest.approx(measures.MARGIN, abs=1e-9)


@pytest.mark.parametrize(("spectrum", "alpha"), [("exponential", 0.5), ("exponential", 1.0), ("polynomial", 1.0)])
def test_drawn_coefficients_have_the_eigenvalues_as_variances(spectrum: Any, alpha: float) -> None:
    data = RecallData(spectrum=spectrum, alpha=alpha, components=2, tags="orthonormal", decay=0.7)
    u = problem(data, 3).sample("train", 20000).coefficients.astype(np.float64).reshape(-1, data.modes)
    j = np.arange(1, data.modes + 1)
    promised = np.exp(-0.7 * j**alpha) if spectrum == "exponential" else j ** (-2 * alpha)
    seen = (u**2).mean(0)
    kept = promised > 1e-12
    np.testing.assert_allclose(seen[kept] / promised[kept], 1.0, atol=0.04)
    slope = np.polyfit(np.log(j[:6]) if spectrum == "polynomial" else j[:6] ** alpha, np.log(seen[:6]), 1)[0]
    assert slope == pytest.approx(-2 * alpha if spectrum == "polynomial" else -0.7, rel=0.03)
    correlation = np.corrcoef(u[:, :6].T) - np.eye(6)
    assert np.abs(correlation).max() < 0.03
