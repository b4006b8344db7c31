"""Recall alone: how near to one-hot each class of attention comes when tags are all there is, over the population.

    error = E sum_i (a_i - [i = i*])^2

for weights a of one of the gates of ``mtam.recall.gates`` with equal shares. Uniform weights have 1 - 1/I. No labels
and no content enter, so nothing is estimated but an expectation over tags: every step of the optimiser sees fresh
draws, and the error is measured on further ones. For affine gates the optimum is a least-squares problem: by rotation
invariance and convexity W = w I is best (its average over rotations is no worse), so with g_i = <v_q, v_i> for the
other components, m1 = E g_i and m2 = E g_i^2,

    min over (b, w) of (b + w - 1)^2 + (I - 1) E (b + w g_i)^2

is quadratic in two unknowns. Dimensions of symmetric noise get no weight.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtam.base.streams import generator, torch_seed
from mtam.recall.aligned_memory import tensor
from mtam.recall.gates import Gate, Tags
from mtam.recall.gates.untrained import FrozenRbf
from mtam.recall.recall_spec import RecallData, recall_model
from mtam.recall.simulate.tags import draw, gram, observe

Array = NDArray[np.float64]

CHUNK = 8192  # contexts at a time


@dataclass(frozen=True)
class MeasuredError:
    """A mean over fresh contexts and its standard error."""

    value: float
    se: float


@dataclass(frozen=True)
class Affine:
    """The best affine gate b + w <v_q, v_i> and its error."""

    offset: float
    slope: float
    error: float


def moments(data: RecallData) -> tuple[float, float]:
    """m1 = E g, m2 = E g^2 over the other components, exactly: of the fixed products, or 0 and 1/d on the sphere."""
    if data.tags == "iid":
        return 0.0, 1 / data.tag_dim
    name = "cross_polytope" if data.tags == "nuisance" else data.tags
    others = gram(name, data.components, data.correlation)[~np.eye(data.components, dtype=bool)]
    return float(others.mean()), float((others**2).mean())


def best_affine(m1: float, m2: float, components: int) -> Affine:
    """The least-squares optimum in closed form, least norm where it is not unique. Equal shares are absorbed in it."""
    rest = components - 1
    normal = np.array([[1 + rest, 1 + rest * m1], [1 + rest * m1, 1 + rest * m2]])
    found = np.linalg.lstsq(normal, np.ones(2), rcond=1e-12)[0]
    return Affine(float(found[0]), float(found[1]), error if (error := float(1 - found.sum())) > 1e-12 else 0.0)


def contexts(data: RecallData, seed: int, split: str, count: int) -> Tags:
    """``count`` fresh contexts as one member sees them; any component may be asked for."""
    tags = draw(data, seed, split, count)
    answering = generator(seed, "recall", split, "index").integers(0, data.components, count)
    keys, query = observe(data, seed, split, tags, answering)
    share = torch.full((1, data.components, count), -float(np.log(data.components)), dtype=torch.float64)
    return Tags(
        tensor(query)[None], tensor(np.swapaxes(keys, 0, 1).copy())[None], share,
        torch.from_numpy(answering)[None], torch.ones(1, 1, 1, dtype=torch.float64),
    )  # fmt: skip


def expand(at: Tags, members: int, bandwidths: Tensor | None = None) -> Tags:
    """The same contexts for several members, as views."""
    h = at.bandwidth.expand(members, 1, 1) if bandwidths is None else bandwidths.view(-1, 1, 1)
    return Tags(
        at.query.expand(members, -1, -1), at.tags.expand(members, -1, -1, -1), at.log_share.expand(members, -1, -1),
        at.answering.expand(members, -1), h,
    )  # fmt: skip


def rows(at: Tags, start: int, stop: int) -> Tags:
    """Contexts start .. stop, as views."""
    return Tags(
        at.query[:, start:stop], at.tags[:, :, start:stop], at.log_share[:, :, start:stop],
        at.answering[:, start:stop], at.bandwidth,
    )  # fmt: skip


def one_hot_errors(weights: Tensor, answering: Tensor) -> Tensor:
    """sum_i (a_i - [i = i*])^2 of every context. (M, I, B), (M, B) -> (M, B)"""
    own = weights.gather(1, answering.unsqueeze(1)).squeeze(1)
    return weights.square().sum(1) - 2 * own + 1


def measure(gate: Gate, params: dict[str, Tensor], at: Tags) -> list[MeasuredError]:
    """The error of every member on the same contexts."""
    parts = []
    for start in range(0, at.query.shape[1], CHUNK):
        some = rows(at, start, start + CHUNK)
        parts.append(one_hot_errors(gate.forward(params, some)[0], some.answering))
    errors = torch.cat(parts, 1)
    se = errors.std(1) / errors.shape[1] ** 0.5
    return [MeasuredError(float(m), float(s)) for m, s in zip(errors.mean(1), se, strict=True)]


def optimise(gate: Gate, data: RecallData, seed: int, plan: "Descent") -> dict[str, Tensor]:
    """The gate's parameters after descent on fresh contexts: a member per start of the plan, of which the best is kept.

    Adam with a cosine schedule on the gradients that the gate itself writes out; the best member is chosen on contexts
    that no step has seen. The result carries one member.
    """
    dim = data.seen_dim()
    starts = []
    for member, beta0 in enumerate(plan.starts):
        random = torch.Generator().manual_seed(torch_seed(seed, "recall", "selection", member))
        starts.append(gate.start(dim, recall_model(beta0=beta0), random))
    params = {name: torch.stack([start[name] for start in starts]) for name in starts[0]}
    if not params:
        return params
    grads = {name: torch.zeros_like(value) for name, value in params.items()}
    adam = torch.optim.Adam(list(params.values()), lr=plan.rate, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, plan.steps)
    pool = expand(contexts(data, seed, "selection", plan.batch * plan.steps), len(starts))
    for step in range(plan.steps):
        at = rows(pool, step * plan.batch, (step + 1) * plan.batch)
        weights, kept = gate.forward(params, at)
        slope: Tensor = 2 * weights / plan.batch
        slope.scatter_add_(1, at.answering.unsqueeze(1), torch.full_like(slope[:, :1], -2 / plan.batch))
        gate.backward(params, at, kept, slope, grads)
        for name, value in params.items():
            value.grad = grads[name]
        adam.step()
        schedule.step()
    judged = expand(contexts(data, seed, "selection_choice", plan.judged), len(starts))
    best = int(np.argmin([found.value for found in measure(gate, params, judged)]))
    return {name: value[best : best + 1].detach() for name, value in params.items()}


@dataclass(frozen=True)
class Descent:
    """How a gate is optimised."""

    steps: int
    batch: int
    judged: int  # contexts by which the best start is chosen
    starts: tuple[float, ...] = (4.0,)  # beta0: how sharp the gate is at first, one descent each
    rate: float = 0.1


def frozen(data: RecallData, seed: int, split: str, bandwidths: Array, count: int) -> list[MeasuredError]:
    """The error of the frozen kernel at every bandwidth, on the same fresh contexts of the stream ``split``."""
    at = contexts(data, seed, f"selection_frozen_{split}", count)
    return measure(FrozenRbf(), {}, expand(at, len(bandwidths), torch.from_numpy(bandwidths)))


def least_squares(data: RecallData, seed: int, count: int) -> tuple[float, float, Any]:
    """The affine optimum by least squares of [i = i*] on (1, v_q v_i^T) over drawn contexts: error, its SE, weights.

    All d^2 + 1 weights are free, which checks the closed form and its reduction to two. The error is measured on
    other contexts than the weights were fitted to.
    """
    fitted, fresh = (_rows(contexts(data, seed, f"selection_{part}", count)) for part in ("fit", "fresh"))
    weights = np.linalg.lstsq(fitted[0].reshape(-1, fitted[0].shape[-1]), fitted[1].ravel(), rcond=None)[0]
    errors = ((fresh[0] @ weights - fresh[1]) ** 2).sum(1)
    return float(errors.mean()), float(errors.std(ddof=1) / count**0.5), weights


def _rows(at: Tags) -> tuple[Array, Array]:
    """Features (B, I, d^2 + 1) and targets (B, I)."""
    query, keys = at.query[0].numpy(), np.swapaxes(at.tags[0].numpy(), 0, 1)
    outer = np.einsum("ba,bic->biac", query, keys).reshape(*keys.shape[:2], -1)
    own = np.zeros(keys.shape[:2])
    own[np.arange(len(own)), at.answering[0].numpy()] = 1.0
    return np.concatenate([np.ones((*own.shape, 1)), outer], -1), own
