"""Times of the interaction wing against its rivals, one thread, one run of a few minutes.

    python scripts/bench_interaction.py [--quick] [--only PART ...] [--out FOLDER] [--json FILE]

- kernels: nanoseconds per pair to aggregate spline features, against scipy and torch, which get u for nothing, and
  against the time of the additions and multiplications that no route avoids at the rate of matrix products;
- estimators: seconds to the same error for the ERM, alternating least squares and an MLP with Adam. Every iterate is
  kept with its time and judged afterwards on the same fresh pairs; what the judging costs is not counted;
- cost against M and N, of one pass over the data (loss and gradient) and of whole fits; a picture, cost.png;
- peak memory of whole fits, each in a process of its own.

Seconds are processor seconds. "a (b to c)" is a median with the range of the repetitions.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest import mock

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

import numpy as np
import numpy.typing as npt
import torch
from scipy.interpolate import BSpline
from scipy.stats import linregress, t

from mtam.interaction.estimators import als, erm, mlp
from mtam.interaction.estimators.estimators import spline_space
from mtam.interaction.interaction_spec import InteractionData, InteractionTrial
from mtam.interaction.model import pair_kernels
from mtam.interaction.model.splines import Spline, SplineSpace
from mtam.interaction.simulate.tokens import TokenStream
from mtam.interaction.simulate.truth import SCALE, Truth, draw_truth, simulate
from mtam.interaction.solver.levenberg_marquardt import Point, start
from mtam.interaction.solver.row_sums import Data
from mtam.interaction.solver.varpro import Profile, ProfiledFit, whitener

Array = npt.NDArray[np.float64]
Work = Callable[[], object]
Judge = Callable[[Callable[[Array, Array], Array]], float]
ROUNDS = 7
PARTS = ("kernels", "rivals", "cost", "memory")
MEMORY = """
import json, re, sys
from pathlib import Path
from mtam.base.streams import generator
from mtam.interaction.estimators import erm
from mtam.interaction.estimators.estimators import spline_space
from mtam.interaction.interaction_spec import InteractionData, InteractionTrial
from mtam.interaction.simulate.truth import draw_truth, simulate
trial = InteractionTrial(data=InteractionData(tokens=5), n=int(sys.argv[1]))
x, y = simulate(trial.data, draw_truth(trial.data, 0), trial.n, 0)
erm.fit(x, y, 2, spline_space(trial), generator(0, "interaction", "starts"))
peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024
print(json.dumps([peak / 1e6, (x.nbytes + y.nbytes) / 1e6]))
"""


def clock(work: Work, least: float = 0.02) -> float:
    """Processor seconds per call, over as many calls as take ``least`` seconds."""
    count, began = 0, time.process_time()
    while time.process_time() - began < least:
        work()
        count += 1
    return (time.process_time() - began) / count


def rounds(works: dict[str, Work], repetitions: int = ROUNDS) -> dict[str, Array]:
    """Times of each work in turn, after one that warms up, so that a slow moment hits all of them."""
    for work in works.values():
        work()
    times = [[clock(work) for work in works.values()] for _ in range(repetitions)]
    return dict(zip(works, np.array(times).T, strict=True))


def shown(values: Array, digits: int = 1) -> str:
    """Median and range."""
    return f"{np.median(values):.{digits}f} ({np.min(values):.{digits}f} to {np.max(values):.{digits}f})"


def unavoidable(degree: int, rank: int) -> dict[str, int]:
    """Multiply-adds per pair: u, a value of each spline and its addition; u, phi, phi', their sums along p and q."""
    return {"features": rank + 2 * (degree + 1), "gradient": rank + (2 * degree - 1) + 2 + 2 * rank}


def multiply_adds(size: int = 384) -> Array:
    """Multiply-adds per nanosecond of a product of float64 matrices."""
    left, right = np.random.default_rng(0).standard_normal((2, size, size))
    out = np.empty_like(left)
    return np.asarray(size**3 * 1e-9 / rounds({"product": lambda: np.dot(left, right, out=out)})["product"])


def per_pair(degree: int, rows: int = 2000, tokens: int = 10, rank: int = 2, count: int = 29) -> dict[str, Array]:
    """Nanoseconds per pair of several routes to the same features; ours computes u = p . q as well.

    As many rows as a fit takes at a time, so that features stay in the second-level cache.
    """
    rng = np.random.default_rng(0)
    space = SplineSpace(degree, count)
    p, q = rng.standard_normal((2, rows, rank)) * np.sqrt(SCALE / np.sqrt(rank))
    y, table = rng.standard_normal(rows), space.table(rng.standard_normal(space.dimension))
    out, residual, gp, gq = np.empty((rows, space.dimension)), np.empty(rows), np.empty_like(p), np.empty_like(q)
    products = p.reshape(-1, tokens, rank) @ q.reshape(-1, tokens, rank).transpose(0, 2, 1)
    u = np.clip(products[:, ~np.eye(tokens, dtype=bool)].reshape(-1), -1, 1 - 1e-15)
    knots = -1 + 2 / count * np.arange(-degree, count + degree + 1)
    given, pieces, grid = torch.as_tensor(u), torch.as_tensor(space.pieces), torch.as_tensor(knots)
    row = torch.arange(rows).repeat_interleave(tokens - 1)

    def scatter() -> torch.Tensor:
        v = (given + 1) * (count / 2)
        k = v.long().clamp(max=count - 1)
        powers = (v - k - 0.5)[:, None] ** torch.arange(degree + 1)
        index = row[:, None] * space.dimension + k[:, None] + torch.arange(degree + 1)
        flat = torch.zeros(rows * space.dimension, dtype=torch.float64)
        return flat.scatter_add_(0, index.reshape(-1), (powers @ pieces.T).reshape(-1))

    def dense() -> torch.Tensor:
        basis = ((given[:, None] >= grid[:-1]) & (given[:, None] < grid[1:])).double()
        for s in range(1, degree + 1):
            rise = (given[:, None] - grid[: -s - 1]) * (count / 2 / s)
            fall = (grid[s + 1 :] - given[:, None]) * (count / 2 / s)
            basis = rise * basis[:, :-1] + fall * basis[:, 1:]
        return torch.zeros(rows, space.dimension, dtype=torch.float64).index_add_(0, row, basis)

    pair_kernels.features(p, q, tokens, space.pieces, count, out)
    for rival in (scatter, dense):  # all routes lead to the same numbers
        np.testing.assert_allclose(rival().numpy().reshape(out.shape) / (tokens - 1), out, atol=1e-9)
    works: dict[str, Work] = {
        "features": lambda: pair_kernels.features(p, q, tokens, space.pieces, count, out),
        "gradient": lambda: pair_kernels.pullback(p, q, tokens, table, y, residual, gp, gq),
        "scipy design_matrix": lambda: BSpline.design_matrix(u, knots, degree),
        "torch scatter": scatter,
        "torch dense": dense,
    }
    return {name: times * 1e9 / u.size for name, times in rounds(works).items()}


def kernel_table() -> list[dict[str, object]]:
    """Print nanoseconds per pair, bounds and ratios."""
    rows: list[dict[str, object]] = []
    for degree in (3, 8):
        times, counts, rate = per_pair(degree), unavoidable(degree, 2), float(np.median(multiply_adds()))
        print(f"\nnanoseconds per pair, degree {degree}, K = 29, N = 10, r = 2, float64")
        for name, each in times.items():
            if name in counts:
                bound = counts[name] / rate
                against = f"   bound {bound:.2f}: {counts[name]} multiply-adds at the rate of matrix products"
                what = f"{name}, degree {degree}"
                rows.append({"what": what, "unit": "ns per pair", "value": float(np.median(each)), "bound": bound})
            else:
                against = f"   {shown(each / times['features'])} x features"
            print(f"  {name:22s} {shown(each):28s}{against}")
    return rows


class Trace:
    """Iterates with the processor seconds at which they were there; the clock stands while ``aside``."""

    def __init__(self) -> None:
        self.began, self.lost = time.process_time(), 0.0
        self.points: list[tuple[float, Callable[[Array, Array], Array]]] = []

    def seconds(self) -> float:
        return time.process_time() - self.began - self.lost

    def add(self, left: Array, right: Array, phi: Callable[[Array], Array]) -> None:
        self.points.append((self.seconds(), lambda x, y: phi(np.einsum("nr,nr->n", x @ left, y @ right))))

    def first(self, judge: Judge, goal: float) -> float:
        """When an iterate was first at least as good as ``goal``."""
        return next((at for at, g in self.points if judge(g) <= goal), np.inf)


def traced_erm(x: Data, y: Array, space: SplineSpace) -> tuple[erm.Erm, Trace]:
    """The fit, and every A at which it profiled the spline out."""
    trace, plain = Trace(), Profile.fit

    def record(self: Profile, u: Array, v: Array) -> ProfiledFit:
        fit = plain(self, u, v)
        if len(u) == x.shape[2]:  # what was found in a subspace counts once it is lifted from there
            trace.add(self.white @ u, self.white @ v, self.spline(fit))
        return fit

    with mock.patch.object(Profile, "fit", record):
        return erm.fit(x, y, 2, space, np.random.default_rng(0)), trace


def traced_als(x: Data, y: Array, space: SplineSpace) -> tuple[als.Als, Trace]:
    """The fit, and every A at which it solved for the spline."""
    trace, plain, white = Trace(), als.spline_step, whitener(x)

    def record(x: Data, y: Array, u: Array, v: Array, space: SplineSpace) -> tuple[float, Spline]:
        loss, phi = plain(x, y, u, v, space)
        trace.add(white @ u, white @ v, phi)
        return loss, phi

    with mock.patch.object(als, "spline_step", record):
        return als.fit(x, y, 2, space, np.random.default_rng(0)), trace


class Enough(Exception):
    """The time given to Adam is over."""


def traced_adam(x: Data, y: Array, limit: float, judge: Judge) -> tuple[float, float, int]:
    """Adam for ``limit`` seconds, learning rate falling to zero over them: best error, when, and steps."""
    options = mlp.MlpOptions(width=64, steps=200, batch=128, learning_rate=3e-3)
    began = time.process_time()
    mlp.fit(x, y, 2, 0, options)
    steps = int(limit / (time.process_time() - began) * 200)
    white, nets, found = whitener(x), list[mlp.PhiNetwork](), [(np.inf, 0.0)]
    plain, trace, taken = mlp.PhiNetwork, Trace(), [0]

    def make(*given: object) -> mlp.PhiNetwork:
        nets.append(plain(*given))  # type: ignore[arg-type]
        return nets[0]

    def tick() -> None:
        taken[0] += 1
        now = trace.seconds()
        if taken[0] % max(1, steps // 60) == 0 or now > limit:
            net = nets[0]
            u, v = (white @ factor.detach().double().numpy() for factor in (net.u, net.v))

            def g(a: Array, b: Array) -> Array:
                with torch.no_grad():
                    return np.asarray(net.phi(torch.as_tensor(np.einsum("nr,nr->n", a @ u, b @ v)).float()).double())

            found.append((judge(g), now))
            trace.lost += trace.seconds() - now
        if now > limit:
            raise Enough

    with mock.patch.object(mlp, "PhiNetwork", make), contextlib.suppress(Enough):
        mlp.fit(x, y, 2, 0, replace(options, steps=steps), tick)
    return *min(found), taken[0]


def fresh(truth: Truth, seed: int) -> Judge:
    """The squared error on 2^16 fresh pairs, the same for all."""
    pairs = TokenStream(truth.law, seed, "evaluation").take(2**16, 2)
    x, y = np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])
    true = truth.phi(truth.arguments(x, y))
    return lambda g: float(np.mean((g(x, y) - true) ** 2))


def rivals(samples: int, seeds: int, adam_seconds: float) -> None:
    """Print seconds to the same error."""
    print(f"\nseconds to the same error, d = 30, r = 2, N = 10, M = {samples}")
    against_als, against_adam = [], []
    for seed in range(seeds):
        trial = InteractionTrial(n=samples, seed=seed)
        truth, space = draw_truth(trial.data, seed), spline_space(trial)
        x, y = simulate(trial.data, truth, samples, seed)
        judge = fresh(truth, seed)
        fast, fast_trace = traced_erm(x, y, space)
        slow, slow_trace = traced_als(x, y, space)
        errors = judge(fast.g), judge(slow.g)
        goal = 1.05 * max(errors)
        mine, other = fast_trace.first(judge, goal), slow_trace.first(judge, goal)
        against_als.append(other / mine)
        print(
            f"  data {seed}: ERM error {errors[0]:.2e} in {fast.seconds:.2f} s; ALS {errors[1]:.2e} in "
            f"{slow.seconds:.2f} s; to {goal:.2e}: {mine:.2f} s against {other:.2f} s, {other / mine:.1f} x "
            f"(whole fits {slow.seconds / fast.seconds:.1f} x)"
        )
        if seed == 0:
            best, at, steps = traced_adam(x, y, adam_seconds, judge)
            first = fast_trace.first(judge, best)
            against_adam = [at / fast.seconds, at / first]
            print(
                f"  data {seed}: MLP + Adam, {adam_seconds:.0f} s, {steps} steps: best error {best:.2e} at {at:.1f} s; "
                f"ERM there in {first:.2f} s, {at / first:.0f} x; its whole fit ({errors[0]:.2e}): "
                f"{at / fast.seconds:.0f} x"
            )
    print(f"  ERM is {shown(np.array(against_als))} x as fast as ALS, {min(against_adam):.0f} x as Adam or more")


def problem(samples: int, tokens: int) -> tuple[Data, Array, SplineSpace]:
    """Data at d = 30, r = 2."""
    trial = InteractionTrial(data=InteractionData(tokens=tokens), n=samples)
    return *simulate(trial.data, draw_truth(trial.data, 0), samples, 0), spline_space(trial)


def one_pass(x: Data, y: Array, space: SplineSpace) -> Array:
    """Seconds of one evaluation of loss and gradient, a few times."""
    profile = erm.prepare(x, y, 2, space, np.random.default_rng(0))
    u, v = np.random.default_rng(1).standard_normal((2, x.shape[2], 2))
    point: Point = start(profile, u, v, SCALE)
    return rounds({"": lambda: profile.gradient(point.u, point.v, profile.fit(point.u, point.v))}, 5)[""]


def cost(quick: bool, out: Path) -> None:
    """Print cost against M and N with exponents, and draw both."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    sizes = [2000, 4000, 8000, 16000] if quick else [5000, 10000, 20000, 40000, 80000]
    counts = [10, 20, 40, 80] if quick else [10, 20, 40, 80, 160]
    fixed = 250
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), constrained_layout=True)
    for ax, name, grid, cases in (
        (axes[0], "M", sizes, [(size, 10) for size in sizes]),
        (axes[1], "N", counts, [(fixed, count) for count in counts]),
    ):
        passes, fits = [], []
        for samples, tokens in cases:
            x, y, space = problem(samples, tokens)
            passes.append(one_pass(x, y, SplineSpace(3, 29)))
            fits.append([erm.fit(x, y, 2, space, np.random.default_rng(seed)).seconds for seed in range(2)])
        print(f"\nseconds against {name} (d = 30, r = 2, {'N = 10' if name == 'M' else f'M = {fixed}'})")
        for label, times, marker in (("one pass", passes, "o"), ("whole fit", fits, "s")):
            middle = np.array([np.median(each) for each in times])
            print(f"  {label:10s}", ", ".join(f"{n}: {each:.3g}" for n, each in zip(grid, middle, strict=True)))
            for low, words in ((0, "all"), (len(grid) - 3, "the three largest")):
                line = linregress(np.log(grid[low:]), np.log(middle[low:]))
                half = t.ppf(0.975, len(grid) - low - 2) * line.stderr
                print(f"    exponent over {words}: {line.slope:.2f} [{line.slope - half:.2f}, {line.slope + half:.2f}]")
            ax.loglog(grid, middle, marker=marker, label=label)
        power = 1 if name == "M" else 2
        base = np.median(passes[-1])
        ax.loglog(grid, base * (np.array(grid) / grid[-1]) ** power, ":", color="gray", label=f"${name}^{power}$")
        ax.set(xlabel=f"{'samples' if name == 'M' else 'tokens'} {name}", ylabel="processor seconds")
        ax.set_xticks(grid, [str(value) for value in grid])
        ax.set_xticks([], minor=True)
        ax.legend(frameon=False)
    out.mkdir(parents=True, exist_ok=True)
    figure.savefig(out / "cost.png", dpi=130)
    print(f"  picture: {out / 'cost.png'}")


def memory(quick: bool) -> None:
    """Print peak memory, and what of it is neither data nor there at the smallest M."""
    if not Path("/proc/self/status").exists():  # a child's ru_maxrss begins with that of its parent
        print("\npeak memory: measured on Linux only")
        return
    print("\npeak memory of simulation and fit, d = 30, r = 2, N = 5")
    for samples in [5000, 20000, 80000] if quick else [20000, 80000, 320000]:
        done = subprocess.run([sys.executable, "-c", MEMORY, str(samples)], capture_output=True, text=True, check=True)
        peak, data = json.loads(done.stdout)
        print(f"  M = {samples:7d}: {peak:6.0f} MB, of which data {data:5.0f} MB, the rest {peak - data:5.0f} MB")


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="smaller sizes, under a minute")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="all unless given")
    parser.add_argument("--out", type=Path, default=Path("outputs/bench"), help="where the picture goes")
    parser.add_argument("--json", type=Path, help="where figures with their bounds go")
    options = parser.parse_args()
    torch.set_num_threads(1)
    began = time.perf_counter()
    rows = kernel_table() if "kernels" in options.only else []
    if options.json:
        options.json.write_text(json.dumps(rows))
    erm.fit(*problem(500, 5)[:2], 2, SplineSpace(3, 6), np.random.default_rng(0))  # compiles
    if "rivals" in options.only:
        rivals(4000 if options.quick else 10000, 1 if options.quick else 3, 5.0 if options.quick else 60.0)
    if "cost" in options.only:
        cost(options.quick, options.out)
    if "memory" in options.only:
        memory(options.quick)
    print(f"\n{time.perf_counter() - began:.0f} s in all")


if __name__ == "__main__":
    main()
