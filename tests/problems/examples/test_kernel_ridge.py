"""Kernel ridge regression whose risk is known: against a dense solve, against its expectation, through the engine."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import mtam
from mtam.base.streams import generator
from mtam.problems.examples import kernel_ridge as example
from tests.conftest import REPO

FILE = REPO / "src" / "mtam" / "problems" / "examples" / "kernel_ridge.py"


def trial(n: int, seed: int, design: str = "grid", modes: int = 2**12) -> Any:
    data = SimpleNamespace(s=1, beta=1.0, sigma=0.5, design=design, modes=modes)
    return SimpleNamespace(n=n, seed=seed, data=data, model=SimpleNamespace(c=0.1))


def test_the_fourier_form_is_the_dense_solve_of_the_kernel_system() -> None:
    """alpha = (K + n lambda)^-1 Y with the kernel summed mode by mode; the squared error by Parseval."""
    n, modes = 24, 60
    one = trial(n, 3, modes=modes)
    k, mu, power = example.spectrum(one)
    x = np.arange(n) / n
    waves = np.exp(2j * np.pi * np.outer(x, k))  # (n, 2 modes)
    truth = example.target(one, power)
    noise = generator(3, "kernel_ridge", "noise", n).standard_normal(n)
    y = (waves @ truth).real + 0.5 * noise
    gram = (waves * mu @ waves.conj().T).real
    alpha = np.linalg.solve(gram + n * example.penalty(one) * np.eye(n), y)
    fitted = mu * (waves.conj().T @ alpha)
    assert example.on_grid(one)[0] == pytest.approx((np.abs(fitted - truth) ** 2).sum(), rel=1e-9)


@pytest.mark.parametrize("n", [64, 1024])
def test_the_expectation_is_exact(n: int) -> None:
    ratios = np.array([np.divide(*example.on_grid(trial(n, seed))) for seed in range(4000, 4400)])
    assert abs(ratios.mean() - 1) < 4 * ratios.std(ddof=1) / 20
    assert ratios.std(ddof=1) / 20 < 0.02


def test_the_kernel_is_its_series() -> None:
    k = np.arange(1, 200_001)
    for s in (1, 2):
        for t in (0.0, 0.3, 0.75):
            series = 2 * np.sum(np.cos(2 * np.pi * k * t) / k ** (2.0 * s))
            assert float(example.kernel(np.array([t]), s)[0]) == pytest.approx(series, abs=2e-5)


def test_a_random_design_comes_near_its_equivalent() -> None:
    ratios = np.array([np.divide(*example.at_random(trial(256, seed, "random"))) for seed in range(4000, 4016)])
    assert 0.8 < ratios.mean() < 1.25


def test_the_exponents_of_the_exact_risk_come_to_those_of_the_theorem() -> None:
    last, before = (example.on_grid(trial(n, 0, modes=2**16))[1] for n in (2**15, 2**14))
    assert np.log2(last / before) == pytest.approx(-2 / 3, abs=0.004)


@pytest.mark.parametrize("sweep", ["kernel_ridge", "saturation"])
def test_claims_are_supported_and_controls_contradicted_on_fresh_seeds(sweep: str, tmp_path: Path) -> None:
    """Seeds 1000 and later: margins were set before they were drawn."""
    words = ("sweep.first_seed=1000", "launcher=inline")
    run = mtam.sweep(sweep, *words, problem=FILE, out=tmp_path / "run")
    assert not run.failures
    claims = run.judgements[run.judgements["id"] != ""]
    wanted = claims["id"].str.endswith("control").map({True: "contradicted", False: "supported"})
    assert len(claims) == {"kernel_ridge": 4, "saturation": 2}[sweep]
    assert claims["verdict"].tolist() == wanted.tolist(), claims.to_string()
