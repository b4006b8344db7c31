"""From trials of one shape to one record each: draw, train as one batched program, evaluate."""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from mtam.recall import pack
from mtam.recall.contexts import Problem, Sample, problem
from mtam.recall.evaluate import Outputs, outputs, recall, risk
from mtam.recall.gates import GATES
from mtam.recall.network import Network
from mtam.recall.spec import RecallTrial
from mtam.recall.train import Plan, Trained, train

KIND = torch.float32


def run(trials: Sequence[RecallTrial], *, device: str, tick: Callable[[float], None]) -> list[dict[str, Any]]:
    """Trains all trials, which share one shape, as one program; one dict of plain numbers per trial, in order.

    A member that diverges returns {"failure": sentence}. ``tick`` hears the progress in [0, 1] and may raise to stop.
    Raises ValueError when the shapes differ.
    """
    if len({trial.shape() for trial in trials}) > 1:
        raise ValueError("trials of different shapes cannot be trained as one program")
    began, cpu = time.perf_counter(), time.process_time()
    place = torch.device(device)
    problems = [problem(trial.data, trial.seed) for trial in trials]
    network, features, trained = fit(trials, problems, place, tick)
    records = assess(trials, problems, network, features, trained, place)
    shared = {
        "seconds": (time.process_time() - cpu) / len(trials),
        "pack_seconds": time.perf_counter() - began,
        "members": len(trials),
    }
    return [record if "failure" in record else {**record, **shared} for record in records]


def fit(
    trials: Sequence[RecallTrial], problems: Sequence[Problem], place: torch.device, tick: Callable[[float], None]
) -> tuple[Network, Tensor, Trained]:
    """The network, its fixed features (M, K, D) and the parameters trained on each member's own sample."""
    head = trials[0]
    models = [trial.model for trial in trials]
    seeds = [trial.seed for trial in trials]
    network = Network(GATES[head.model.name], head.data.tag_dim, head.model.width, head.model.hidden)
    samples = pack.stack([p.sample("train", head.n) for p in problems], models, place, KIND)
    features = torch.stack([pack.features(p, m, KIND) for p, m in zip(problems, models, strict=True)]).to(place)
    flat = pack.start(network, models, seeds, KIND).to(place)
    kept = max(1, round(head.model.holdout * head.n))
    plan = Plan(head.optimiser_steps(), head.model.batch, head.model.lr, head.model.weight_decay)
    trained = train(
        network, features, samples.rows(0, head.n - kept), samples.rows(head.n - kept, head.n), flat, seeds, plan,
        tick,
    )  # fmt: skip
    return network, features, trained


def assess(
    trials: Sequence[RecallTrial], problems: Sequence[Problem], network: Network, features: Tensor, trained: Trained,
    place: torch.device,
) -> list[dict[str, Any]]:  # fmt: skip
    """Every member on its own fresh contexts."""
    samples = [p.sample("test", p.data.test) for p in problems]
    tests = pack.stack(samples, [trial.model for trial in trials], place, KIND)
    found = outputs(network, trained.best, features, tests)
    return [_record(m, trial, samples[m], found, trained, network) for m, trial in enumerate(trials)]


def _record(
    m: int, trial: RecallTrial, sample: Sample, found: Outputs, trained: Trained, network: Network
) -> dict[str, Any]:
    step = trained.diverged_at[m]
    if step is not None:
        return {"failure": f"training diverged by step {step} (learning rate {trial.model.lr:g})"}
    record: dict[str, Any] = {
        **risk(found.answers[m], sample),
        **recall(found.weights[m], sample),
        "train_loss": trained.train_loss[m],
        "holdout_loss": trained.holdout_loss[m],
        "steps": trial.optimiser_steps(),
        "best_step": trained.best_step[m],
        "parameters": network.parameters,
    }
    if not all(math.isfinite(value) for value in record.values()):
        return {"failure": "the trained network gives answers that are not finite on fresh contexts"}
    return record
