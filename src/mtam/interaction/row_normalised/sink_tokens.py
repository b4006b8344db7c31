"""Tokens of which one is a sink, with values, and the layer that reads them.

Tokens are uniform on the sphere of radius sqrt(d), one of every sample scaled by the sink's strength s: its norm is s
times that of all others. Its place is the first: rows are summed over, and no place differs from another. Values are
w^T x, which grow with the norm, or w^T x sqrt(d)/|x|, which do not (a sink of ordinary value).
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from mtam.interaction.row_normalised.attention_forms import AttentionForm, respond, scores

Array = npt.NDArray[np.float64]
ValueOfSink = Literal["growing", "ordinary"]


@dataclass(frozen=True)
class SinkLayer:
    """A* = Q_1 diag(s) Q_2^T with ||A*||_F = the standard deviation of scores of ordinary tokens, and w of norm 1."""

    matrix: Array  # A* (d, d)
    linear: Array  # w (d,)


@dataclass(frozen=True)
class SinkSample:
    """Tokens, their values, and the response."""

    x: Array  # (M, N, d)
    values: Array  # (M, N)
    y: Array  # (M, N)
    noise: float  # sigma


def draw_layer(d: int, score_sd: float, rng: np.random.Generator) -> SinkLayer:
    """Uniform frames, singular values uniform on [1/2, 1] before scaling."""
    frames = [np.linalg.qr(rng.standard_normal((d, d)))[0] for _ in range(2)]
    matrix = (frames[0] * rng.uniform(0.5, 1.0, d)) @ frames[1].T
    linear = rng.standard_normal(d)
    return SinkLayer(matrix * (score_sd / np.linalg.norm(matrix)), linear / np.linalg.norm(linear))


def draw_tokens(shape: tuple[int, int, int], rng: np.random.Generator) -> Array:
    """Uniform on the sphere of radius sqrt(d)  # (M, N, d)."""
    x = rng.standard_normal(shape)
    return np.asarray(x * (np.sqrt(shape[2]) / np.linalg.norm(x, axis=2, keepdims=True)))


def with_sink(layer: SinkLayer, tokens: Array, strength: float, value: ValueOfSink) -> tuple[Array, Array]:
    """Tokens with a sink of this strength, and values  # (M, N, d) -> (M, N, d), (M, N)."""
    x = tokens.copy()
    x[:, 0] *= strength
    return x, (x if value == "growing" else tokens) @ layer.linear


def draw_responses(
    form: AttentionForm, layer: SinkLayer, x: Array, values: Array, noise: float, rng: np.random.Generator
) -> SinkSample:
    """Y = f + sigma eta, sigma = ``noise`` times the standard deviation of f over these rows."""
    mean = respond(form, scores(x, layer.matrix, np.eye(x.shape[2])), values).mean
    clean = SinkSample(x, values, mean, noise * float(mean.std()))
    return replace(clean, y=mean + clean.noise * rng.standard_normal(mean.shape))


def attended(form: AttentionForm, layer: SinkLayer, x: Array, values: Array) -> tuple[float, float]:
    """The mean share of the ordinary rows' weight that lies on the sink, and how many tokens they attend to.

    The latter is the mean of (sum |W_ij|)^2/sum W_ij^2, N - 1 for equal weights and 1 for a single token; rows without
    any weight are left out.
    """
    weights = np.abs(respond(form, scores(x, layer.matrix, np.eye(x.shape[2])), values).weights[:, 1:])
    total = weights.sum(axis=2)
    some = total > 0
    share = weights[..., 0][some] / total[some]
    return float(share.mean()), float((total[some] ** 2 / (weights**2).sum(axis=2)[some]).mean())
