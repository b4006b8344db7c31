"""What a trained member is worth on fresh contexts: risk, and whether it recalls the right component."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mtam.base.columns import ATTENTION_ENTROPY, ATTENTION_MASS, RECALL_ACCURACY
from mtam.recall.aligned_memory import tensor
from mtam.recall.simulate.contexts import RecallProblem, Sample
from mtam.recall.transformer.network import Network
from mtam.recall.transformer.tensors import Stack

CHUNK = 1024  # contexts at a time
SHOWN = 16  # sensitivities kept in a record
MAPPED = 8  # contexts whose attention is kept in a record
WIDEST = 64  # components beyond which it is not


@dataclass(frozen=True)
class Outputs:
    """Answers (M, n) and attention (M, heads * I, n) of all members, in float64."""

    answers: Tensor
    weights: Tensor


def outputs(network: Network, flat: Tensor, features: Tensor, contexts: Stack) -> Outputs:
    """Runs the network over all contexts."""
    params = network.views(flat)
    answers, weights = [], []
    for start in range(0, len(contexts), CHUNK):
        part, kept = network.forward(params, features, contexts.batch(start, min(start + CHUNK, len(contexts))))
        answers.append(part.double().cpu())
        weights.append(kept.weights.double().cpu())
    return Outputs(torch.cat(answers, 1), torch.cat(weights, 2))


def sensitivity(
    network: Network, flat: Tensor, features: Tensor, contexts: Stack, problems: Sequence[RecallProblem]
) -> Tensor:
    """How much each Mercer coefficient of the attended measure moves the answer: E (df/du_j)^2 lambda_j. (M, J)"""
    slopes = network.content_slopes(network.views(flat), features, contexts.batch(0, min(len(contexts), CHUNK)))
    parts = []
    for each, p in zip(slopes.double().cpu(), problems, strict=True):
        by_mode = each @ tensor(p.presentation().T)  # (B, J)
        parts.append(by_mode.square().mean(0) * torch.from_numpy(p.law.eigenvalues))
    return torch.stack(parts)


def participation(strength: Tensor) -> dict[str, Any]:
    """How many coefficients share the answer's slopes, (sum s)^2 / sum s^2, and the first of the s_j. (J,)"""
    total = float(strength.sum())
    return {
        "participation": total**2 / max(float(strength.square().sum()), 1e-300),
        "sensitivity": [float(s) for s in strength[:SHOWN]],
    }


def risk(answers: Tensor, sample: Sample, population: float | None = None) -> dict[str, float]:
    """Excess risk against the noise-free answers, normalised by their variance, with its standard error.

    error = mean (f - F*)^2 / Var F*; error_se is the deviation of the squared errors over sqrt n, by the same Var:
    that of the sample, or that of the ``population`` where it is known.
    """
    clean = torch.from_numpy(sample.clean)
    squares = (answers - clean).square()
    variance = float(clean.var(correction=0)) if population is None else population
    mse = float(squares.mean())
    return {
        "error": mse / variance,
        "error_se": float(squares.std(correction=1)) / len(sample) ** 0.5 / variance,
        "mse": mse,
        "target_variance": variance,
    }


def sharpest(weights: Tensor, sample: Sample) -> tuple[Tensor, list[float]]:
    """The head with the most attention on the answering component (I, n), and that attention for every head.

    Linear attention may weigh negatively; shares are then those of the absolute weights. (heads * I, n)
    """
    heads = weights.view(-1, sample.tags.shape[1], len(sample))  # (heads, I, n)
    answering, rows = torch.from_numpy(sample.answering), torch.arange(len(sample))
    masses = [float(_shares(head)[answering, rows].mean()) for head in heads]
    return heads[max(range(len(masses)), key=masses.__getitem__)], masses


def _shares(weights: Tensor) -> Tensor:
    size = weights.abs()
    return size / size.sum(0, keepdim=True).clamp_min(torch.finfo(size.dtype).tiny)


def recall(weights: Tensor, sample: Sample) -> dict[str, float]:
    """Attention on the answering component, entropy in nats, and how often it has the most. (I, n)"""
    share = _shares(weights)
    answering = torch.from_numpy(sample.answering)
    return {
        ATTENTION_MASS: float(share.gather(0, answering[None]).mean()),
        ATTENTION_ENTROPY: float(-torch.special.xlogy(share, share).sum(0).mean()),
        RECALL_ACCURACY: float((weights.argmax(0) == answering).double().mean()),
    }


def attention_map(weights: Tensor, sample: Sample) -> dict[str, list[Any]]:
    """Attention of the first contexts, one after the other, and the component that answers each. (I, n)"""
    if len(weights) > WIDEST:
        return {}
    answering = sample.answering[:MAPPED].tolist()
    shown = weights[:, : len(answering)].T.flatten().tolist()
    return {"attention_map": [round(weight, 4) for weight in shown], "attention_answering": answering}
