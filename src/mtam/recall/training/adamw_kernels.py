"""A whole block of optimiser steps of one softmax head, or of fixed attention, as one compiled call, member by member.

A member's parameters, averages and batch stay in the cache through its block, rows are read where the sample has them,
and nothing between two steps is left to an interpreter: at a batch of 64 that was a third of the time. Gates that
have no compiled form, and devices other than a CPU, take ``Network.loss_gradient`` step by step; tests hold both ways
together.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtam.base.jit import kernel
from mtam.recall.gates import SHARPNESS, SPREAD, Params, Softmax, Untrained, softmax_kernels
from mtam.recall.transformer import network_kernels
from mtam.recall.transformer.network import Network
from mtam.recall.transformer.tensors import Stack

Array = NDArray[Any]  # float32 or float64, all of one kind
Rows = NDArray[np.int64]
BETAS, EPSILON = (0.9, 0.999), 1e-8  # of AdamW


@dataclass(frozen=True)
class Optimiser:
    """What AdamW moves, flat, layer after layer of all members."""

    params: Params  # views of the buffer, layer by layer
    into: Params  # views of the gradient
    buffer: Tensor
    gradient: Tensor
    mean: Tensor
    square: Tensor
    weight_decay: float


def applies(network: Network, device: torch.device) -> bool:
    """Whether there is a compiled block for this attention on this device."""
    return isinstance(network.gate, Softmax | Untrained) and device.type == "cpu"


def shares(network: Network, sample: Stack) -> Tensor:
    """What attention starts from: log shares, or all weights where there is nothing to train. (M, I, n)"""
    if isinstance(network.gate, Untrained):
        return network.gate.weights(sample.batch(0, len(sample)).at)
    return sample.log_share


def run(
    features: Tensor, sample: Stack, share: Tensor, rows: Rows, stream: NDArray[np.int64], optimiser: Optimiser,
    rates: NDArray[np.float64], done: int,
) -> Tensor:  # fmt: skip
    """``len(rates)`` steps after ``done`` of them; the sum of the losses of every member (M,).

    Member m takes rows[stream[m], t] of its sample, and of the ``shares``, at step t. (streams, steps, B)
    """
    params, into = optimiser.params, optimiser.into
    losses = torch.zeros(len(features), dtype=features.dtype)
    sampled = (sample.moments, sample.base, sample.observed, sample.query, sample.tags, share)
    attends, none = "score" in params, features.new_empty(len(features), 0)
    trained = [side[name] for side in (params, into) for name in ("score", "temperature") if attends]
    gate = [tensor.numpy() for tensor in trained or (none.unsqueeze(2), none) * 2]
    sizes = np.array([layer[0].numel() for layer in params.values()])
    moved = (optimiser.buffer, optimiser.gradient, optimiser.mean, optimiser.square)
    arrays = [
        *(tensor.numpy() for tensor in (features, *sampled)), *gate, *network_kernels.flat_head(params),
        *network_kernels.flat_head(into), sizes, *(tensor.numpy() for tensor in (*moved, losses)),
    ]  # fmt: skip
    _run(attends, rows, stream, rates, done, optimiser.weight_decay, *arrays)
    return losses


@kernel
def _run(
    attends: bool, rows: Rows, stream: NDArray[np.int64], rates: NDArray[np.float64], done: int, weight_decay: float,
    features: Array, moments: Array, base: Array, observed: Array, query: Array, tags: Array, share: Array,
    score: Array, temperature: Array, d_score: Array, d_temperature: Array,
    value: Array, second: Array, second_bias: Array, out: Array, out_bias: Array,
    d_value: Array, d_second: Array, d_second_bias: Array, d_out: Array, d_out_bias: Array,
    sizes: NDArray[np.int64], buffer: Array, gradient: Array, mean: Array, square: Array, losses: Array,
) -> None:  # fmt: skip
    members, components, count = len(features), tags.shape[1], rows.shape[2]
    space, kind = network_kernels.room(count, features[0], second[0]), features.dtype
    form, asked = np.empty(score.shape[1:], kind), softmax_kernels.room(count, tags[0])
    weights, d_weights = np.empty((components, count), kind), np.empty((components, count), kind)
    for m in range(members):
        head = (value[m], second[m], second_bias[m], out[m], out_bias[m])
        into = (d_value[m], d_second[m], d_second_bias[m], d_out[m], d_out_bias[m])
        for t in range(len(rates)):
            here = rows[stream[m], t]
            if attends:
                _form(score[m], temperature[m], form)
                softmax_kernels.softmax(form, query[m], tags[m], share[m], here, weights, asked)
            else:
                for i in range(components):
                    for b in range(count):
                        weights[i, b] = share[m, i, here[b]]
            losses[m] += network_kernels.through(
                attends, here, features[m], moments[m], base[m], observed[m], weights, head, into, d_weights, space
            )
            if attends:
                softmax_kernels.pull(weights, d_weights, form, asked)
                _pull_form(form, d_score[m], d_temperature[m])
            start = 0
            for size in sizes:
                at = start + m * size
                _adamw(
                    buffer[at : at + size], gradient[at : at + size], mean[at : at + size], square[at : at + size],
                    rates[t], weight_decay, done + t + 1,
                )  # fmt: skip
                start += members * size


@kernel
def _form(score: Array, temperature: Array, out: Array) -> None:
    """W = SPREAD * score + SHARPNESS * temperature * identity."""
    spread, sharpness = out.dtype.type(SPREAD), out.dtype.type(SHARPNESS)
    for d in range(len(score)):
        for e in range(len(score)):
            out[d, e] = spread * score[d, e]
        out[d, d] += sharpness * temperature[0]


@kernel
def _pull_form(gradient: Array, d_score: Array, d_temperature: Array) -> None:
    """dLoss/dW, handed on to score and temperature."""
    spread, sharpness = gradient.dtype.type(SPREAD), gradient.dtype.type(SHARPNESS)
    d_temperature[0] = 0
    for d in range(len(gradient)):
        for e in range(len(gradient)):
            d_score[d, e] = spread * gradient[d, e]
        d_temperature[0] += sharpness * gradient[d, d]


@kernel
def _adamw(
    buffer: Array, gradient: Array, mean: Array, square: Array, rate: float, weight_decay: float, step: int
) -> None:
    """Loshchilov and Hutter (ICLR 2019), the operations of torch's fused kernel in their order."""
    kind = buffer.dtype.type
    keep, new, old_square, new_square = (
        kind(1 - rate * weight_decay), kind(1 - BETAS[0]), kind(BETAS[1]), kind(1 - BETAS[1])
    )  # fmt: skip
    move, inverse = kind(rate / (1 - BETAS[0] ** step)), kind(1 / np.sqrt(1 - BETAS[1] ** step))
    epsilon = kind(EPSILON)
    for k in range(len(buffer)):
        g = gradient[k]
        m = mean[k] + new * (g - mean[k])
        s = old_square * square[k] + new_square * g * g
        mean[k] = m
        square[k] = s
        buffer[k] = keep * buffer[k] - move * m / (np.sqrt(s) * inverse + epsilon)
