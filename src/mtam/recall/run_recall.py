"""From trials of one shape to one record each: draw, train as one batched program, evaluate."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtam.base.columns import as_record
from mtam.base.compile_time import Stopwatch
from mtam.recall.evaluation.axis_gains import axis_gains
from mtam.recall.evaluation.benchmarks import beside
from mtam.recall.evaluation.controls import exchanged, foreign_queries, gain
from mtam.recall.evaluation.posterior_weights import posterior_mass
from mtam.recall.evaluation.risk import attention_map, outputs, participation, recall, risk, sensitivity, sharpest
from mtam.recall.evaluation.token_floor import token_floor
from mtam.recall.recall_models import LONGER, FrozenRbfModel, trained_settings
from mtam.recall.recall_numbers import TrainedNumbers
from mtam.recall.recall_spec import RecallTrial
from mtam.recall.simulate.contexts import RecallProblem, Sample, problem
from mtam.recall.theory.minimax import effective_dimension
from mtam.recall.training.checkpoint import STATE, Keeper
from mtam.recall.training.train import Trained, TrainingPlan, train
from mtam.recall.transformer import tensors
from mtam.recall.transformer.network import Network

Array = NDArray[np.float64]

KIND = torch.float32
TRAINING = 0.4  # share of the time that training takes where the Bayes rule is solved beside it
CONTROLS = 1024  # fresh contexts on which the controls are run


@dataclass(frozen=True)
class Member:
    """What one trained member says about its fresh contexts."""

    answers: Tensor  # (n,)
    weights: Tensor  # (heads * I, n)
    strength: Tensor  # (J,)
    gains: Array  # (J,)
    controls: dict[str, float]
    variance: float | None  # of the target's population, where it is known


def run(
    trials: Sequence[RecallTrial], *, device: str, tick: Callable[[float], None], checkpoint: Path | None = None
) -> list[dict[str, Any]]:
    """Trains all trials, which share one shape, as one program; one dict of plain numbers per trial, in order.

    A member that diverges returns {"failure": sentence}. ``tick`` hears the progress in [0, 1] and may raise to stop.
    With a folder ``checkpoint`` the state of the training is kept there between blocks of steps, and a killed run that
    is called again ends with the same bits.
    Raises ValueError when the shapes differ.
    """
    if len({trial.shape() for trial in trials}) > 1:
        raise ValueError("trials of different shapes cannot be trained as one program")
    watch = Stopwatch()
    solved = [trial.benchmarked() or trial.averaged() for trial in trials]
    trained = TRAINING if any(solved) else 1.0
    records = _best_length(trials, torch.device(device), lambda share: tick(trained * share), checkpoint)
    for m, trial in enumerate(trials):
        if solved[m] and "failure" not in records[m]:
            records[m] |= beside(trial)
            tick(trained + (1 - trained) * (m + 1) / len(trials))
    shared: dict[str, Any] = {
        "seconds": watch.cpu / len(trials),
        "pack_seconds": watch.wall,
        "members": len(trials),
    }
    return [each if "failure" in each else as_record(TrainedNumbers(**each, **shared)) for each in records]


def _best_length(
    trials: Sequence[RecallTrial], place: torch.device, tick: Callable[[float], None], checkpoint: Path | None
) -> list[dict[str, Any]]:
    """Trains anew with three times the steps, from the same start, as long as a member's holdout loss falls by it.

    How long is needed is the target's: noisy contexts are learned by heart within a few steps, and a smooth target is
    still being fitted after ten times as many.
    """
    most = trained_settings(trials[0].model).most_triplings()
    shares = [LONGER**k for k in range(most + 1)]
    ends = [sum(shares[: k + 1]) / sum(shares) for k in range(most + 1)]
    records = _best_of_grid(trials, place, lambda share: tick(ends[0] * share), checkpoint)
    going = [m for m, record in enumerate(records) if "failure" not in record]
    for k in range(1, most + 1):
        if not going:
            tick(1.0)
            break
        longer = [_with_steps(trials[m], LONGER**k) for m in going]
        found = _best_of_grid(longer, place, _between(tick, ends[k - 1], ends[k]), checkpoint, f"longer{k}.pt")
        better = [
            (m, record)
            for m, record in zip(going, found, strict=True)
            if record.get("holdout_loss", math.inf) < records[m]["holdout_loss"]
        ]
        for m, record in better:
            records[m] = record
        going = [m for m, _ in better]
    return records


def _with_steps(trial: RecallTrial, times: int) -> RecallTrial:
    model = trained_settings(trial.model)
    return trial.model_copy(update={"model": model.model_copy(update={"steps": times * model.steps, "triplings": 0})})


def _between(tick: Callable[[float], None], low: float, high: float) -> Callable[[float], None]:
    """Progress of a part of the work."""
    return lambda share: tick(low + (high - low) * share)


def _best_of_grid(
    trials: Sequence[RecallTrial], place: torch.device, tick: Callable[[float], None], checkpoint: Path | None,
    state: str = STATE,
) -> list[dict[str, Any]]:  # fmt: skip
    """Trains what leaves a setting to the holdout at all of its values and keeps the least holdout loss."""
    tried = [
        given.model_copy(update={"model": model}) for given in trials for model in trained_settings(given.model).tried()
    ]
    problems = [problem(trial.data, trial.seed) for trial in tried]
    network, features, trained = fit(tried, problems, place, tick, checkpoint, state)
    records = assess(tried, problems, network, features, trained, place)
    each = len(tried) // len(trials)
    groups = [records[at : at + each] for at in range(0, len(records), each)]
    return [min(group, key=lambda record: record.get("holdout_loss", math.inf)) for group in groups]


def fit(
    trials: Sequence[RecallTrial],
    problems: Sequence[RecallProblem],
    place: torch.device,
    tick: Callable[[float], None],
    checkpoint: Path | None = None,
    state: str = STATE,
) -> tuple[Network, Tensor, Trained]:
    """The network, its fixed features (M, K, D) and the parameters trained on each member's own sample.

    The training keeps its state in the folder ``checkpoint`` as the file ``state``.
    """
    head = trials[0]
    models = [trained_settings(trial.model) for trial in trials]
    seeds = [trial.seed for trial in trials]
    model = models[0]
    network = Network(model.gate(), head.data.seen_dim(), model.width, model.hidden)
    rows = tensors.stack([p.sample("train", head.n) for p in problems], models, place, KIND)
    features = torch.stack([tensors.features(p, m, KIND) for p, m in zip(problems, models, strict=True)]).to(place)
    flat = tensors.start(network, models, seeds, KIND).to(place)
    kept = max(1, round(model.holdout * head.n))
    keeper = Keeper(checkpoint, [trial.key() for trial in trials], state)
    plan = TrainingPlan(head.optimiser_steps(), model.batch, model.lr, model.weight_decay, keeper)
    rows, heard = tensors.without_faint(rows, features)
    own, holdout = rows.rows(0, head.n - kept), rows.rows(head.n - kept, head.n)
    del rows  # both are copies: with sampled tokens the sample is the largest thing in memory
    trained = train(network, heard, own, holdout, flat, seeds, plan, tick)
    return network, features, trained


def assess(
    trials: Sequence[RecallTrial], problems: Sequence[RecallProblem], network: Network, features: Tensor,
    trained: Trained, place: torch.device,
) -> list[dict[str, Any]]:  # fmt: skip
    """Every member on its own fresh contexts."""
    samples = [p.sample("test", p.data.test) for p in problems]
    models = [trained_settings(trial.model) for trial in trials]
    tests = tensors.stack(samples, models, place, KIND)
    found = outputs(network, trained.best, features, tests)
    strength = sensitivity(network, trained.best, features, tests, problems)

    def told(others: list[Sample]) -> Tensor:
        return outputs(network, trained.best, features, tensors.stack(others, models, place, KIND)).answers

    some = [sample.head(CONTROLS) for sample in samples]
    foreign = told([foreign_queries(s) for s in some])
    moved = [exchanged(s, p) for s, p in zip(some, problems, strict=True)]
    swapped = told(moved)
    gains = axis_gains(lambda given: told(given).numpy(), samples, problems)
    records = []
    for m, trial in enumerate(trials):
        variance = problems[m].answer.variance
        controls = {"shuffled_error": risk(foreign[m], some[m], variance)["error"]}
        if trial.data.components > 1:
            before, after = found.answers[m, : len(some[m])].numpy(), swapped[m].numpy()
            controls["swap_gain"] = gain(before, after, some[m].clean, moved[m].clean)
        if trial.data.length is not None:
            controls |= token_floor(samples[m], problems[m])
        member = Member(found.answers[m], found.weights[m], strength[m], gains[m], controls, variance)
        records.append(_record(trial, samples[m], member, trained, m, network))
    return records


def _record(
    trial: RecallTrial, sample: Sample, found: Member, trained: Trained, m: int, network: Network
) -> dict[str, Any]:
    step = trained.diverged_at[m]
    if step is not None:
        return {"failure": f"training diverged by step {step} (learning rate {trained_settings(trial.model).lr:g})"}
    scores = risk(found.answers, sample, found.variance)
    own, masses = sharpest(found.weights, sample)
    record: dict[str, Any] = {
        **scores,
        **recall(own, sample),
        **attention_map(own, sample),
        **({"head_masses": masses} if len(masses) > 1 else {}),
        "posterior_mass": posterior_mass(sample, trial.data),
        "axis_gains": [round(float(gain), 4) for gain in found.gains],
        "axes_learned": float(found.gains.sum()),
        "cover_axes": cover_axes(trial),
        **participation(found.strength),
        **found.controls,
        "train_loss": trained.train_loss[m],
        "holdout_loss": trained.holdout_loss[m],
        "steps": trial.optimiser_steps(),
        "best_step": trained.best_step[m],
        "trace_steps": trained.looked_at,
        "trace_holdout": trained.holdout_trace[m],
        "trace_train": trained.train_trace[m],
        "parameters": network.parameters,
    }
    if isinstance(trial.model, FrozenRbfModel):
        record["bandwidth"] = trial.model.bandwidth
    if not all(math.isfinite(value) for value in record.values() if not isinstance(value, list)):
        return {"failure": "the trained network gives answers that are not finite on fresh contexts"}
    return record


def cover_axes(trial: RecallTrial) -> int:
    """D_eff(n) of theory for a trial: axes that the best cover of the coefficient box splits."""
    d = trial.data
    return int(effective_dimension(d.alpha, d.decay, [trial.n], d.noise, spectrum=d.spectrum)[0])
