"""protocol=reported: trains the toy of Appendix D; judges it by controls that can see recall and one that cannot."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mtam.base.columns import ATTENTION_ENTROPY, ATTENTION_MASS, RECALL_ACCURACY
from mtam.base.compile_time import Stopwatch
from mtam.base.streams import torch_seed
from mtam.recall.recall_spec import RecallTrial
from mtam.recall.toy.toy_baselines import arms
from mtam.recall.toy.toy_data import Toy, draw, shuffled, sign_only
from mtam.recall.toy.toy_model import Params, ToyStack, answers, stack, start, token_attention

BLOCKS = 20  # the learning rate falls and ticks are heard once per block; the reported run had 20 epochs
PLATEAU = 0.15  # within this share of Var S a member has learned the sign and nothing else
ONE_SIDED = 0.75  # attention from which a head is said to pick a tag


def run(
    trials: Sequence[RecallTrial], *, device: str, tick: Callable[[float], None], checkpoint: Path | None = None
) -> list[dict[str, Any]]:
    """One record per trial of protocol=reported; all trials have one shape. ``tick`` hears the progress.

    It takes seconds: it runs on the CPU and keeps no checkpoint.
    """
    del device, checkpoint
    watch = Stopwatch()
    samples = [draw(t, "train", t.n) for t in trials]
    tests = [draw(t, "test", t.data.test) for t in trials]
    params, losses = train(list(trials), samples, tick)
    with torch.no_grad():
        records = _judge(list(trials), tests, params)
    shared: dict[str, Any] = {
        "steps": trials[0].optimiser_steps(),
        "parameters": sum(p[0].numel() for p in params.values()),
        "seconds": watch.cpu / len(trials),
        "pack_seconds": watch.wall,
        "members": len(trials),
    }
    done: list[dict[str, Any]] = []
    for trial, record, loss, sample, test in zip(trials, records, losses, samples, tests, strict=True):
        if not math.isfinite(loss) or not math.isfinite(record["mse"]):
            done.append({"failure": f"training diverged (learning rate {trials[0].reported.lr:g})"})
        else:
            refused = sample.refused + test.refused
            done.append({**record, **arms(trial, sample, test), "train_loss": loss, "refused_draws": refused, **shared})
    return done


def train(trials: list[RecallTrial], samples: list[Toy], tick: Callable[[float], None]) -> tuple[Params, list[float]]:
    """Adam on the squared loss with an exponentially falling rate; the last block's mean loss of every member."""
    toy, steps = trials[0].reported, trials[0].optimiser_steps()
    params, data = start(trials), stack(samples)
    rows = torch.arange(len(trials)).unsqueeze(1)
    optimiser = torch.optim.Adam(list(params.values()), lr=toy.lr)
    laps = math.ceil(trials[0].n / toy.batch)
    block = max(1, math.ceil(steps / BLOCKS))
    total, counted, order = torch.zeros(len(trials)), 0, torch.empty(0)
    for step in range(steps):
        lap, part = divmod(step, laps)
        if part == 0:
            order = torch.stack([_order(t, lap) for t in trials])
        pick = order[:, part * toy.batch : (part + 1) * toy.batch]
        batch = ToyStack(data.counts[rows, pick], data.sign[rows, pick], data.observed[rows, pick])
        optimiser.param_groups[0]["lr"] = toy.lr * toy.lr_decay ** (BLOCKS * step / steps)
        loss = (answers(params, batch, toy.heads) - batch.observed).square().mean(1)
        optimiser.zero_grad()
        torch.autograd.backward(loss.sum())
        optimiser.step()
        total, counted = total + loss.detach(), counted + 1
        if (step + 1) % block == 0 or step + 1 == steps:
            tick((step + 1) / steps)
            if step + 1 < steps:
                total, counted = torch.zeros(len(trials)), 0
    return params, (total / max(counted, 1)).tolist()


def _order(trial: RecallTrial, lap: int) -> torch.Tensor:
    random = torch.Generator().manual_seed(torch_seed(trial.seed, "reported", "order", lap))
    return torch.randperm(trial.n, generator=random)


def _judge(trials: list[RecallTrial], tests: list[Toy], params: Params) -> list[dict[str, Any]]:
    heads = trials[0].reported.heads
    straight = stack(tests)
    turned = ToyStack(straight.counts, straight.sign.roll(1, 1), straight.observed)
    found = {
        "answers": answers(params, straight, heads), "shuffled": answers(params, turned, heads),
        "swapped": answers(params, stack(tests, swapped=True), heads),
    }  # fmt: skip
    same, other = token_attention(params, straight, heads)
    return [
        _record(trial, test, {k: v[m].double().numpy() for k, v in found.items()}, same[m].tolist(), other[m].tolist())
        for m, (trial, test) in enumerate(zip(trials, tests, strict=True))
    ]


def _record(
    trial: RecallTrial, test: Toy, found: dict[str, np.ndarray], same: list[float], other: list[float]
) -> dict[str, Any]:
    squares = (found["answers"] - test.clean) ** 2
    variance, baseline = float(test.clean.var()), float(np.abs(test.clean).var())
    mse = float(squares.mean())
    moved = test.other - test.clean  # what recall of the exchanged measure would change
    change = found["swapped"] - found["answers"]
    gain = float((change * moved).sum() / (moved**2).sum())
    half = (trial.data.length or 5000) / 2
    return {
        "error": mse / variance,
        "error_se": float(squares.std(ddof=1)) / len(squares) ** 0.5 / variance,
        "mse": mse,
        "target_variance": variance,
        "sign_only_mse": sign_only(trial),
        "sign_only_sample": baseline,
        "shuffled_mse": float(((found["shuffled"] - test.clean) ** 2).mean()),
        "shuffled_expected": shuffled(trial),
        "swap_gain": gain,
        "sign_plateau": bool(abs(mse / baseline - 1) < PLATEAU and gain < 0.5),
        ATTENTION_MASS: max(same),
        ATTENTION_ENTROPY: float(np.mean([_entropy(s, half) for s in same])),
        RECALL_ACCURACY: float(np.mean([s > ONE_SIDED for s in same])),
        "token_weight_same": [s / half for s in same],
        "token_weight_other": [o / half for o in other],
        "token_weight_same:max": max(same) / half,  # as a number, so that the table of trials holds it
        "token_weight_other:max": max(other) / half,
        "heads_matching": sum(s > ONE_SIDED for s in same),
        "heads_opposite": sum(o > ONE_SIDED for o in other),
        "heads_symmetric": sum(max(s, o) <= ONE_SIDED for s, o in zip(same, other, strict=True)),
    }


def _entropy(share: float, tokens: float) -> float:
    """Nats of attention that is even among the tokens of each tag, as far as the two tags tell."""
    parts = [p for p in (share, 1 - share) if p > 0]
    return float(-sum(p * math.log(p / tokens) for p in parts))
