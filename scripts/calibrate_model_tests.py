"""How often "phi is linear" and "A has rank r" are rejected, over simulated data of each kind.

    python scripts/calibrate_model_tests.py [--sets 200] [--first 0] [--kinds linear tanh ...] [--predictions]

Samples of N tokens in d dimensions; the noise is in part common to a sample, skewed, and of a scale of its own in
every sample. The fit is that of the command line, with the rank of ``fitted``. A hypothesis that holds is to be
rejected in 5%. With --predictions instead: how often 90% intervals hold responses of as many samples not fitted.
"""

import argparse
import os
from dataclasses import dataclass, replace

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

import numpy as np
import numpy.typing as npt

from mtam.interaction.own_data import fit_own_data, model_tests
from mtam.interaction.own_data.fitted_interaction import FittedInteraction
from mtam.interaction.own_data.interaction_regressor import InteractionRegressor
from mtam.interaction.own_data.own_data_spec import OwnTrial

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Kind:
    """What is simulated: phi of u with E u^2 = 1, A of a rank, and the rank that is fitted."""

    phi: str
    rank: int = 1
    fitted: int = 1
    samples: int = 300
    tokens: int = 4
    d: int = 3
    second: float = 1.0  # the second singular value of A, the first being 1


KINDS = {
    "linear": Kind("linear"),
    "linear, rank 2": Kind("linear", 2, 2),
    "tanh": Kind("tanh"),
    "square": Kind("square"),
    "tanh, rank 2": Kind("tanh", 2, 2),
    "tanh, rank 2 fitted by 1": Kind("tanh", 2, 1, second=0.5),
    "linear, rank 2 fitted by 1": Kind("linear", 2, 1, second=0.3),
}


def draw(kind: Kind, seed: int) -> tuple[Array, Array]:
    """X (M, N, d), Y (M, N)."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, *kind.phi.encode(), kind.rank, kind.fitted]))
    m, n, d = kind.samples, kind.tokens, kind.d
    x = rng.uniform(-1, 1, (m, n, d)) * np.sqrt(3)
    left, right = (np.linalg.qr(rng.normal(size=(d, d)))[0][:, : kind.rank] for _ in range(2))
    values = np.array([1.0, kind.second])[: kind.rank]
    u = (x @ (left * values / np.linalg.norm(values))) @ (x @ right).transpose(0, 2, 1)
    g = {"linear": lambda u: u, "tanh": lambda u: np.tanh(1.5 * u), "square": lambda u: 0.7 * u**2}[kind.phi](u)
    mean = (g.sum(axis=2) - np.einsum("mii->mi", g)) / (n - 1)
    noise = rng.normal(size=(m, 1)) + rng.exponential(size=(m, n)) - 1
    return x, mean + 0.3 * noise * rng.exponential(size=(m, 1))


def p_values(kind: Kind, seed: int) -> tuple[float, float]:
    """p of "phi is linear" and of "A has the rank that is fitted"."""
    x, y = draw(kind, seed)
    fitted = fit(x, y, kind.fitted)
    rank = model_tests.next_rank(x, y, fitted.matrix, kind.fitted, fitted.spline, np.random.default_rng(seed))
    return model_tests.linear_phi(x, y, fitted.matrix, kind.fitted), 1.0 if rank is None else rank


def fit(x: Array, y: Array, rank: int) -> FittedInteraction:
    """The fit of the command line at a given rank."""
    data = {"path": "none", "sha256": "0" * 64, "samples": len(x), "tokens": x.shape[1], "d": x.shape[2]}
    model = {"name": "ips_erm", "rank": rank, "k_rule": "reml", "max_starts": 8}
    trial = OwnTrial.model_validate({"data": data, "n": len(x), "seed": 0, "model": model})
    return fit_own_data.at_rank(trial, x, y, rank)


def covered(kind: Kind, seed: int) -> tuple[float, ...]:
    """The share of responses of samples not fitted in their 90% prediction intervals."""
    x, y = draw(replace(kind, samples=2 * kind.samples), seed)
    known, new = slice(None, kind.samples), slice(kind.samples, None)
    model = InteractionRegressor(kind.fitted, max_starts=8).fit(x[known], y[known])
    low, high = model.predict_interval(x[new])
    return (float(np.mean((low <= y[new]) & (y[new] <= high))),)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sets", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--kinds", nargs="*", default=list(KINDS))
    parser.add_argument("--predictions", action="store_true")
    asked = parser.parse_args()
    print("kind,sets," + ("responses_held" if asked.predictions else "phi_linear_rejected,rank_rejected"))
    for name in asked.kinds:
        look = covered if asked.predictions else p_values
        values = np.array([look(KINDS[name], seed) for seed in range(asked.first, asked.first + asked.sets)])
        told = (values if asked.predictions else values < 0.05).mean(axis=0)
        print(f'"{name}",{asked.sets},{",".join(f"{share:.3f}" for share in told)}', flush=True)


if __name__ == "__main__":
    main()
