"""Speed of recall training on one thread: one module at a time, vmap over stacked modules, and mtam's trainer.

All three train the same factorised transformer with AdamW. The rivals are given one batch again and again; mtam draws
its batches without replacement from a sample of sixteen, as in a sweep, in blocks of steps as between two looks at the
holdout. Rounds of the contestants are interleaved and medians reported, so that a change of the machine's clock or its
neighbours meets all of them.

    python scripts/bench_recall.py [--members 12] [--batch 64 128] [--device cpu] [--json FILE]
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")

import torch
from torch import Tensor

from mtam.recall.recall_models import trained_settings
from mtam.recall.recall_spec import RecallData, RecallTrial
from mtam.recall.simulate.contexts import problem
from mtam.recall.training.adamw import Stepper
from mtam.recall.training.batches import Feed
from mtam.recall.transformer import tensors
from mtam.recall.transformer.batch import Batch
from mtam.recall.transformer.network import Network
from mtam.recall.transformer.network_reference import factorised, member_inputs

Step = Callable[[], object]
Parts = tuple[Network, Tensor, Tensor, tensors.Stack]
REPEATS = {"one_at_a_time": 4, "mtam": 1}  # calls in a row; the others 12
BATCHES, BLOCK = 16, 24  # in the sample; steps between two looks at the holdout, as at n = 512


def prepare(members: int, batch: int, place: torch.device) -> Parts:
    """A pack that differs in alpha and seed, and its sample of sixteen batches."""
    trials = [RecallTrial(n=batch, seed=m, data=RecallData(alpha=0.5 + 0.5 * (m % 3), test=16)) for m in range(members)]
    models, problems = [trained_settings(t.model) for t in trials], [problem(t.data, t.seed) for t in trials]
    network = Network(models[0].gate(), 4, models[0].width, models[0].hidden)
    rows = tensors.stack([p.sample("train", BATCHES * batch) for p in problems], models, place, torch.float32)
    features = torch.stack([tensors.features(p, m, torch.float32) for p, m in zip(problems, models, strict=True)])
    flat = tensors.start(network, models, [t.seed for t in trials], torch.float32)
    return network, features.to(place), flat.to(place), rows


def one_at_a_time(network: Network, features: Tensor, flat: Tensor, batch: Batch) -> Step:
    """Every member is its own module with its own optimiser."""
    members = [factorised(network, flat, features, m) for m in range(len(flat))]
    optimisers = [torch.optim.AdamW(member.parameters(), lr=1e-4, fused=True) for member in members]
    inputs = [member_inputs(batch, m) for m in range(len(flat))]

    def step() -> None:
        for m, (member, optimiser) in enumerate(zip(members, optimisers, strict=True)):
            optimiser.zero_grad()
            loss = (member(*inputs[m]) - batch.observed[m]).square().mean()
            loss.backward()
            optimiser.step()

    return step


def vmapped(network: Network, features: Tensor, flat: Tensor, batch: Batch) -> Step:
    """stack_module_state and vmap over grad: torch's own way to train an ensemble."""
    members = [factorised(network, flat, features, m) for m in range(len(flat))]
    params, buffers = torch.func.stack_module_state(members)
    inputs = tuple(
        torch.stack(parts) for parts in zip(*(member_inputs(batch, m) for m in range(len(flat))), strict=True)
    )
    optimiser = torch.optim.AdamW(list(params.values()), lr=1e-4, fused=True)

    def loss(own: dict[str, Tensor], fixed: dict[str, Tensor], given: tuple[Tensor, ...], observed: Tensor) -> Tensor:
        answers: Tensor = torch.func.functional_call(members[0], (own, fixed), given)
        return (answers - observed).square().mean()

    slope = torch.vmap(torch.func.grad(loss))

    def step() -> None:
        gradients = slope({k: v.detach() for k, v in params.items()}, buffers, inputs, batch.observed)
        for name, value in params.items():
            value.grad = gradients[name]
        optimiser.step()

    return step


def ours(network: Network, features: Tensor, flat: Tensor, rows: tensors.Stack) -> Step:
    """A block of steps of mtam's batched program with written gradients."""
    stepper = Stepper(network, features, flat.clone(), weight_decay=1e-2)
    feed = Feed(rows, range(len(flat)), len(rows) // BATCHES)
    return lambda: stepper.run(feed, [1e-4] * BLOCK)


def matrix_peak(members: int, size: int, place: torch.device) -> Step:
    """Products of matrices large enough to show the peak of the machine."""
    left, right = (torch.randn(members, size, size, device=place) for _ in range(2))
    out = torch.empty_like(left)
    return lambda: torch.bmm(left, right, out=out)


def clock(step: Step, repeats: int, place: torch.device) -> float:
    """Seconds per call: processor time, or wall time where a device computes."""
    now = time.process_time if place.type == "cpu" else time.perf_counter
    if place.type == "cuda":
        torch.cuda.synchronize()
    began = now()
    for _ in range(repeats):
        step()
    if place.type == "cuda":
        torch.cuda.synchronize()
    return (now() - began) / repeats


def contest(members: int, batch: int, rounds: int, place: torch.device) -> dict[str, float]:
    """Microseconds per member-step of each contestant, ratios, and the share of the matrix peak."""
    network, features, flat, rows = prepare(members, batch, place)
    given = rows.rows(0, batch).batch(0, batch)
    size, parts = 384, (network, features, flat, given)
    runners: dict[str, Step] = {
        "one_at_a_time": one_at_a_time(*parts), "vmap": vmapped(*parts), "mtam": ours(network, features, flat, rows),
        "peak": matrix_peak(4, size, place),
    }  # fmt: skip
    times: dict[str, list[float]] = {name: [] for name in runners}
    for step in runners.values():
        clock(step, 2, place)
    for _ in range(rounds):
        for name, step in runners.items():
            times[name].append(clock(step, REPEATS.get(name, 12), place))
    middle = {name: statistics.median(each) for name, each in times.items()}
    middle["mtam"] /= BLOCK
    flops = network.flops(batch, features.shape[1], given.moments.shape[1])
    rate = flops * members / middle["mtam"] / 1e9
    peak = 2 * 4 * size**3 / middle["peak"] / 1e9
    micro = {f"{name}_us": middle[name] / members * 1e6 for name in ("one_at_a_time", "vmap", "mtam")}
    return {
        "members": members, "batch": batch, **micro, "over_one_at_a_time": middle["one_at_a_time"] / middle["mtam"],
        "over_vmap": middle["vmap"] / middle["mtam"], "gflops": rate, "peak_gflops": peak, "share": rate / peak,
    }  # fmt: skip


def row(result: dict[str, float]) -> dict[str, object]:
    """A figure beside its bound: the matrix products of a step at the rate of large ones."""
    value = result["mtam_us"]
    what = f"training, batch {result['batch']:.0f}"
    return {"what": what, "unit": "us per member-step", "value": value, "bound": value * result["share"]}


def main() -> None:
    """Prints one line per batch size; with --json writes figures and bounds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, default=12)
    parser.add_argument("--batch", type=int, nargs="+", default=[64, 128])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", type=Path, help="where figures with their bounds go")
    given = parser.parse_args()
    torch.set_num_threads(1)
    place = torch.device(given.device)
    results = [contest(given.members, batch, given.rounds, place) for batch in given.batch]
    if given.json:
        given.json.write_text(json.dumps([row(result) for result in results]))
    for r in results:
        sys.stdout.write(
            f"batch {r['batch']:4.0f}, {r['members']:.0f} members, microseconds per member-step: "
            f"one at a time {r['one_at_a_time_us']:.0f}, vmap {r['vmap_us']:.0f}, mtam {r['mtam_us']:.0f}; "
            f"{r['over_one_at_a_time']:.1f}x over one at a time, {r['over_vmap']:.1f}x over vmap; "
            f"{r['gflops']:.0f} of {r['peak_gflops']:.0f} GFLOP/s ({100 * r['share']:.0f}% of the matrix peak; "
            f"bound {r['share'] * r['mtam_us']:.0f} microseconds)\n"
        )


if __name__ == "__main__":
    main()
