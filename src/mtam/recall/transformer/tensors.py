"""The tensors of a pack: samples of all members stacked, features, initial parameters. Nothing here is trained."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from mtam.base.streams import torch_seed
from mtam.recall.aligned_memory import tensor
from mtam.recall.gates import Tags
from mtam.recall.recall_models import TrainedModel
from mtam.recall.simulate.contexts import RecallProblem, Sample
from mtam.recall.transformer.batch import Batch
from mtam.recall.transformer.network import Network

LANES = 8  # single-precision numbers of a vector register


@dataclass(frozen=True)
class Stack:
    """Samples of M members, n rows each."""

    moments: Tensor  # (M, I, n, K), K moments of the measure and two zeros
    base: Tensor  # (M, n, heads * (K - 2) + 2): zeros, then the query's content and a one
    tags: Tensor  # (M, I, n, d)
    log_share: Tensor  # (M, I, n)
    query: Tensor  # (M, n, d)
    answering: Tensor  # (M, n)
    observed: Tensor  # (M, n)
    bandwidth: Tensor  # (M, 1, 1)

    def __len__(self) -> int:
        return self.observed.shape[1]

    def batch(self, start: int, stop: int) -> Batch:
        """Rows start .. stop of every member, as views."""
        at = Tags(
            self.query[:, start:stop], self.tags[:, :, start:stop], self.log_share[:, :, start:stop],
            self.answering[:, start:stop], self.bandwidth,
        )  # fmt: skip
        return Batch(self, start, at)

    def rows(self, start: int, stop: int) -> "Stack":
        """A contiguous copy of rows start .. stop."""
        return self._map(lambda t, axis: t.narrow(axis, start, stop - start).contiguous())

    def permute_from(self, source: "Stack", orders: Sequence[Tensor]) -> None:
        """Row r of member m becomes row orders[m][r] of the source; batches are then views."""
        for mine, theirs, axis in zip(self._tensors(), source._tensors(), AXES, strict=True):
            for member, order in enumerate(orders):
                torch.index_select(theirs[member], axis - 1, order, out=mine[member])

    def moments_kept(self, kept: int) -> "Stack":
        """The first ``kept`` moments, query's content and one, of a single head's."""
        ends = [*range(kept), -2, -1]
        moments, base = (tensor[..., ends].contiguous() for tensor in (self.moments, self.base))
        return replace(self, moments=moments, base=base)

    def empty_like(self) -> "Stack":
        """Room for as many rows."""
        return self._map(lambda t, _: torch.empty_like(t))

    def _tensors(self) -> list[Tensor]:
        return [getattr(self, name) for name in ROWED]

    def _map(self, change: Callable[[Tensor, int], Tensor]) -> "Stack":
        parts = {name: change(t, axis) for name, t, axis in zip(ROWED, self._tensors(), AXES, strict=True)}
        return Stack(**parts, bandwidth=self.bandwidth)


ROWED = ("moments", "base", "tags", "log_share", "query", "answering", "observed")
AXES = (2, 1, 2, 2, 1, 1, 1)  # where the rows lie


def stack(samples: Sequence[Sample], models: Sequence[TrainedModel], place: torch.device, kind: torch.dtype) -> Stack:
    """The samples of all members, components before rows, on a device and in a precision."""

    def join(parts: Sequence[np.ndarray], rows: int, dtype: torch.dtype = kind) -> Tensor:
        whole = torch.stack([torch.from_numpy(np.ascontiguousarray(np.moveaxis(p, 0, rows))) for p in parts])
        return whole.to(place, dtype)

    def base(sample: Sample, heads: int) -> np.ndarray:
        content = np.stack([sample.query, np.ones_like(sample.query)], -1)
        return np.pad(content, ((0, 0), (heads * sample.moments.shape[-1], 0)))

    return Stack(
        moments=join([np.pad(s.moments, ((0, 0), (0, 0), (0, 2))) for s in samples], 1),
        base=join([base(s, m.head_count()) for s, m in zip(samples, models, strict=True)], 0),
        tags=join([s.tags for s in samples], 1),
        log_share=join([s.log_share for s in samples], 1),
        query=join([s.query_tag for s in samples], 0),
        answering=join([s.answering for s in samples], 0, torch.int64),
        observed=join([s.observed for s in samples], 0),
        bandwidth=torch.tensor([m.kernel_bandwidth() or 1.0 for m in models], dtype=kind, device=place).view(-1, 1, 1),
    )


def features(problem: RecallProblem, model: TrainedModel, kind: torch.dtype) -> Tensor:
    """Moments of the value features against the dictionary, C_kd = sum_g D_kg V_d(x_g), once for every head.

    (heads * K + 2, heads * D + 2), in blocks. Features are scaled so that those of one component, the noise of finite
    tokens included, have unit variance on average. The identity at the end passes the query's content and the one for
    the bias through.
    """
    values = (
        tensor(problem.law.grid.values[: model.width].T) if model.mercer_features else fourier(problem, model)
    )  # (G, D)
    mesh = problem.law.grid
    mercer = tensor(mesh.values * mesh.weights) @ values  # (J, D)
    variance = (tensor(problem.law.eigenvalues) @ mercer.square()).mean()
    if problem.data.length is not None:  # what L / I tokens add: the spread of V under the uniform measure, over s^2
        weights = tensor(mesh.weights)
        spread = (weights @ values.square() - (weights @ values).square()).mean() / problem.law.amplitude**2
        variance = variance + spread * problem.data.components / problem.data.length
    moments = tensor(problem.dictionary()) @ values / variance.sqrt()
    rows, columns = moments.shape
    heads = model.head_count()
    whole = torch.zeros(heads * rows + 2, heads * columns + 2, dtype=moments.dtype)
    for head in range(heads):
        whole[head * rows : (head + 1) * rows, head * columns : (head + 1) * columns] = moments
    whole[-2:, -2:] = torch.eye(2, dtype=moments.dtype)
    return whole.to(kind)


def without_faint(rows: Stack, features: Tensor) -> tuple[Stack, Tensor]:
    """The sample and its features without the last moments, where these are zero in all contexts of all members.

    Modes too faint to be drawn are zeros, and add nothing to any sum; of alpha = 2 they are 42 of 48. What is left is a
    multiple of LANES, so that where matrix products add in such steps the training keeps its bits; elsewhere it is the
    same but for rounding.
    """
    count = rows.moments.shape[-1] - 2
    drawn = rows.moments[..., :-2].any(0).any(0).any(0).nonzero()
    kept = LANES * -(-(int(drawn.max()) + 1 if len(drawn) else 1) // LANES)
    if kept >= count or len(features[0]) != count + 2:  # heads side by side have features in blocks
        return rows, features
    return rows.moments_kept(kept), features[:, [*range(kept), -2, -1]].contiguous()


def fourier(problem: RecallProblem, model: TrainedModel) -> Tensor:
    """V_d(x) = cos(w_d x + b_d) on the nodes, b_d uniform, w_d = band pi J (d + 1/2) / D. (G, D)

    Frequencies are spread evenly over the band of the kept modes, so that every Mercer coefficient reaches the head
    about equally well. A small network of x in their place is far worse.
    """
    random = torch.Generator().manual_seed(torch_seed(problem.seed, "recall", "features"))
    d = torch.arange(model.width, dtype=torch.float64)
    w = model.band * torch.pi * problem.data.modes * (d + 0.5) / model.width
    b = 2 * torch.pi * torch.rand(model.width, generator=random, dtype=torch.float64)
    return torch.cos(torch.from_numpy(problem.law.grid.nodes)[:, None] * w + b)


def start(network: Network, models: Sequence[TrainedModel], seeds: Sequence[int], kind: torch.dtype) -> Tensor:
    """Initial parameters of all members, each from its own stream. (M, P)"""
    flat = torch.empty(len(models), network.parameters, dtype=kind)
    for row, model, seed in zip(flat, models, seeds, strict=True):
        random = torch.Generator().manual_seed(torch_seed(seed, "recall", "start"))
        layers = {**network.start_head(random), **network.gate.start(network.dim, model, random)}
        for name, view in network.views(row[None]).items():
            view.copy_(layers[name][None])
    return flat
