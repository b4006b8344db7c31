"""Times of the interaction wing, one thread, one run: kernels per pair, cost against M and N, ERM against its rivals.

    python scripts/bench_interaction.py [--quick]

Seconds are processor seconds of this process. Every figure is the smallest of a few repetitions after a warm-up,
except the fits, which run once. Nothing is stored.
"""

import argparse
import os
import resource
import time
from collections.abc import Callable

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
import numpy.typing as npt
import torch
from scipy.interpolate import BSpline

from mtam.interaction import als, erm, kernels, mlp
from mtam.interaction.estimators import intervals
from mtam.interaction.evaluate import evaluate
from mtam.interaction.spec import InteractionData, InteractionTrial
from mtam.interaction.splines import SplineSpace
from mtam.interaction.truth import SCALE, draw_truth, simulate

Array = npt.NDArray[np.float64]


def seconds(work: Callable[[], object], repetitions: int = 3) -> float:
    """The least processor time of a few repetitions, after one that warms up."""
    work()
    times = []
    for _ in range(repetitions):
        clock = time.process_time()
        work()
        times.append(time.process_time() - clock)
    return min(times)


def per_pair(degree: int, rows: int = 20000, tokens: int = 10, rank: int = 2, count: int = 29) -> dict[str, float]:
    """Nanoseconds per pair to aggregate spline features over pairs, by several routes to the same numbers."""
    rng = np.random.default_rng(0)
    space = SplineSpace(degree, count)
    p, q = rng.standard_normal((2, rows, rank)) * np.sqrt(SCALE / np.sqrt(rank))
    y, table = rng.standard_normal(rows), space.table(rng.standard_normal(space.dimension))
    out, residual, gp, gq = np.empty((rows, space.dimension)), np.empty(rows), np.empty_like(p), np.empty_like(q)
    pairs = ~np.eye(tokens, dtype=bool)
    groups = (-1, tokens, rank)

    def arguments() -> Array:
        return np.asarray((p.reshape(groups) @ q.reshape(groups).transpose(0, 2, 1))[:, pairs]).reshape(-1)

    def by_scipy() -> object:
        u = np.clip(arguments(), -1, 1 - 1e-15)
        knots = -1 + 2 / count * np.arange(-degree, count + degree + 1)
        return BSpline.design_matrix(u, knots, degree)

    pieces = torch.as_tensor(space.pieces)
    row = torch.arange(rows).repeat_interleave(tokens - 1)

    def by_scatter() -> object:
        v = ((torch.as_tensor(arguments()) + 1) * (count / 2)).clamp(0, count)
        k = v.long().clamp(max=count - 1)
        powers = (v - k)[:, None] ** torch.arange(degree + 1)
        index = row[:, None] * space.dimension + k[:, None] + torch.arange(degree + 1)
        flat = torch.zeros(rows * space.dimension, dtype=torch.float64)
        return flat.scatter_add_(0, index.reshape(-1), (powers @ pieces.T).reshape(-1))

    number = rows * (tokens - 1) / 1e9
    return {
        "features, fused": seconds(lambda: kernels.features(p, q, tokens, space.pieces, count, out)) / number,
        "gradient, fused": seconds(lambda: kernels.pullback(p, q, tokens, table, y, residual, gp, gq)) / number,
        "features, scipy design_matrix": seconds(by_scipy) / number,
        "features, torch scatter": seconds(by_scatter) / number,
    }


def fit_seconds(samples: int, tokens: int) -> float:
    """Seconds of one ERM fit at d = 30, r = 2."""
    trial = InteractionTrial(data=InteractionData(tokens=tokens), n=samples)
    x, y = simulate(trial.data, draw_truth(trial.data, 0), samples, 0)
    return float(erm.fit(x, y, 2, SplineSpace(3, intervals(trial)), np.random.default_rng(0)).seconds)


def rivals(samples: int, adam_steps: int) -> None:
    """ERM, alternating least squares and Adam on the same data: seconds and errors."""
    trial = InteractionTrial(n=samples)
    truth = draw_truth(trial.data, 0)
    x, y = simulate(trial.data, truth, samples, 0)
    space = SplineSpace(3, intervals(trial))
    fast = erm.fit(x, y, 2, space, np.random.default_rng(0))
    slow = als.fit(x, y, 2, space, np.random.default_rng(0))
    adam = mlp.fit(x, y, 2, 0, width=64, steps=adam_steps, batch=128, learning_rate=3e-3)
    found = evaluate(truth, [fast.g, slow.g, adam.g], 0)
    print(f"\nestimators on one data set, d = 30, r = 2, N = 10, M = {samples}")
    for name, spent, error, spread in zip(
        ("ERM", "ALS reference", f"MLP + Adam, {adam_steps} steps"),
        (fast.seconds, slow.seconds, adam.seconds),
        found.errors,
        found.standard_errors,
        strict=True,
    ):
        print(f"  {name:28s} {spent:8.2f} s   error {error:.3e} +- {spread:.0e}   {spent / fast.seconds:6.1f} x ERM")


def slope(sizes: list[int], values: list[float]) -> float:
    """Least-squares slope on log-log axes."""
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])


def _listed(sizes: list[int], times: list[float]) -> str:
    return ", ".join(f"{size}: {value:.2f}" for size, value in zip(sizes, times, strict=True))


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="smaller sizes, about a minute")
    quick = parser.parse_args().quick
    torch.set_num_threads(1)
    for degree in (3, 8):
        print(f"nanoseconds per pair, degree {degree}, N = 10, float64")
        for name, value in per_pair(degree).items():
            print(f"  {name:30s} {value:8.1f}")
    fit_seconds(2000, 10)
    sizes = [5000, 10000, 20000] if quick else [10000, 20000, 40000, 80000]
    times = [fit_seconds(samples, 10) for samples in sizes]
    print("\nERM fit, d = 30, r = 2, N = 10: seconds at M =", _listed(sizes, times))
    print(f"  log-log slope in M {slope(sizes, times):.2f}")
    counts = [5, 10, 20, 40]
    times = [fit_seconds(5000 if quick else 10000, tokens) for tokens in counts]
    print("ERM fit at fixed M, seconds at N =", _listed(counts, times))
    print(f"  log-log slope in N {slope(counts, times):.2f}")
    rivals(4000 if quick else 10000, 500 if quick else 2500)
    print(f"\npeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
