"""What a trained member is worth on fresh contexts: risk, and whether it recalls the right component."""

from dataclasses import dataclass

import torch
from torch import Tensor

from mtam.recall.contexts import Sample
from mtam.recall.network import Network
from mtam.recall.pack import Stack

CHUNK = 1024  # contexts at a time


@dataclass(frozen=True)
class Outputs:
    """Answers (M, n) and attention (M, I, n) of all members, in float64."""

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


def risk(answers: Tensor, sample: Sample) -> dict[str, float]:
    """Excess risk against the noise-free answers, normalised by their variance, with its standard error.

    error = mean (f - F*)^2 / Var F*; error_se is the deviation of the squared errors over sqrt n, by the same Var.
    """
    clean = torch.from_numpy(sample.clean)
    squares = (answers - clean).square()
    variance = float(clean.var(correction=0))
    mse = float(squares.mean())
    return {
        "error": mse / variance,
        "error_se": float(squares.std(correction=1)) / len(sample) ** 0.5 / variance,
        "mse": mse,
        "target_variance": variance,
    }


def recall(weights: Tensor, sample: Sample) -> dict[str, float]:
    """Attention on the answering component, entropy in nats, and how often it has the most. (I, n)

    Linear attention may weigh negatively; shares are then those of the absolute weights.
    """
    size = weights.abs()
    share = size / size.sum(0, keepdim=True).clamp_min(torch.finfo(size.dtype).tiny)
    answering = torch.from_numpy(sample.answering)
    return {
        "attention_mass": float(share.gather(0, answering[None]).mean()),
        "attention_entropy": float(-torch.special.xlogy(share, share).sum(0).mean()),
        "recall_accuracy": float((weights.argmax(0) == answering).double().mean()),
    }
