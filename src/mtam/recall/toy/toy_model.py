"""The transformer of the reported toy, many members at once: context MLP, query MLP, 4-head softmax attention, MLP.

A token is one of 2 G pairs (node, tag) and a query one of two tags, so that keys, values and logits are computed once
per member, and a context enters through the shares of its tokens:  o = sum_t c_t e^{s_t} V_t / sum_t c_t e^{s_t}.
Small enough to be differentiated automatically.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from mtam.base.streams import torch_seed
from mtam.recall.recall_spec import RecallTrial
from mtam.recall.toy.toy_data import Toy

Params = dict[str, Tensor]


@dataclass(frozen=True)
class ToyStack:
    """The contexts of M members."""

    counts: Tensor  # (M, n, 2 G), tag -1 first
    sign: Tensor  # (M, n)
    observed: Tensor  # (M, n)


def stack(samples: list[Toy], *, swapped: bool = False) -> ToyStack:
    """The samples of all members; ``swapped``: with the measures of every context exchanged."""
    counts = [s.swapped if swapped else s.counts for s in samples]
    return ToyStack(
        torch.stack([torch.from_numpy(c).flatten(1) for c in counts]),
        torch.stack([torch.from_numpy(s.sign) for s in samples]),
        torch.stack([torch.from_numpy(s.observed).float() for s in samples]),
    )


def start(trials: list[RecallTrial]) -> Params:
    """Initial weights, uniform within 1 / sqrt(fan-in) as torch's linear layers, each member from its own stream."""
    width = trials[0].reported.width
    shapes = {
        "token_in": (2, width), "token_out": (width, width), "query_in": (2, width), "query_out": (width, width),
        "q": (width, width), "k": (width, width), "v": (width, width), "o": (width, width),
        "head_in": (width, width), "head_out": (width, 1),
    }  # fmt: skip
    params: Params = {}
    sources = [torch.Generator().manual_seed(torch_seed(t.seed, "reported", "start")) for t in trials]
    for name, shape in shapes.items():
        bound = shape[0] ** -0.5
        rows = [torch.rand(shape[0] + 1, shape[1], generator=g) * 2 * bound - bound for g in sources]
        params[name] = torch.stack([row[:-1] for row in rows]).requires_grad_(True)
        params[name + "_bias"] = torch.stack([row[-1:] for row in rows]).requires_grad_(True)
    return params


def _linear(params: Params, name: str, x: Tensor) -> Tensor:
    """(M, rows, in) -> (M, rows, out)"""
    return torch.baddbmm(params[name + "_bias"], x, params[name])


def _mlp(params: Params, name: str, x: Tensor) -> Tensor:
    return _linear(params, name + "_out", torch.relu(_linear(params, name + "_in", x)))


def tables(params: Params, nodes: int, heads: int) -> tuple[Tensor, Tensor, Tensor]:
    """Query embeddings (M, 2, d), logits (M, h, 2, 2 G) and values (M, h, 2 G, d / h)."""
    members = len(params["q"])
    x = (torch.arange(nodes) + 0.5) / nodes
    token = torch.stack([x.repeat(2), torch.tensor([-1.0, 1.0]).repeat_interleave(nodes)], -1)
    query = torch.tensor([[0.0, -1.0], [0.0, 1.0]])  # (content, tag): the query token is (0, v)
    tokens = _mlp(params, "token", token.expand(members, -1, -1))
    queries = _mlp(params, "query", query.expand(members, -1, -1))
    q, k, v = (
        _linear(params, name, y).view(members, y.shape[1], heads, -1).transpose(1, 2)
        for name, y in (("q", queries), ("k", tokens), ("v", tokens))
    )
    return queries, q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5, v


def answers(params: Params, at: ToyStack, heads: int) -> Tensor:
    """Predictions of every member for its contexts. (M, n)"""
    queries, logits, values = tables(params, at.counts.shape[-1] // 2, heads)
    weight = (logits - logits.amax(-1, keepdim=True)).exp()  # (M, h, 2, 2 G)
    members, count = at.sign.shape
    mixed = weight.unsqueeze(-1) * values.unsqueeze(2)  # (M, h, 2, 2 G, d / h)
    table = torch.cat([mixed, weight.unsqueeze(-1)], -1).permute(0, 3, 2, 1, 4)  # (M, 2 G, 2, h, d / h + 1)
    sums = (at.counts @ table.flatten(2)).view(members, count, 2, heads, -1)
    chosen = sums.gather(2, at.sign.view(members, count, 1, 1, 1).expand(-1, -1, 1, *sums.shape[3:])).squeeze(2)
    pooled = (chosen[..., :-1] / chosen[..., -1:].clamp_min(1e-30)).flatten(2)  # (M, n, d)
    query = queries.gather(1, at.sign.unsqueeze(-1).expand(-1, -1, queries.shape[-1]))
    return _mlp(params, "head", query + _linear(params, "o", pooled)).squeeze(-1)


def token_attention(params: Params, at: ToyStack, heads: int) -> tuple[Tensor, Tensor]:
    """Each head's attention on all tokens of the query's tag, and on all others, mean over contexts. (M, h) twice"""
    _, logits, _ = tables(params, at.counts.shape[-1] // 2, heads)
    weight = (logits - logits.amax(-1, keepdim=True)).exp()
    members, count = at.sign.shape
    nodes = at.counts.shape[-1] // 2
    halves = [at.counts[..., :nodes] @ weight[..., :nodes].flatten(1, 2).transpose(1, 2),
              at.counts[..., nodes:] @ weight[..., nodes:].flatten(1, 2).transpose(1, 2)]  # fmt: skip
    mass = torch.stack([h.view(members, count, heads, 2) for h in halves], -1)  # (M, n, h, query, tag)
    chosen = mass.gather(3, at.sign.view(members, count, 1, 1, 1).expand(-1, -1, heads, 1, 2)).squeeze(3)
    share = chosen / chosen.sum(-1, keepdim=True).clamp_min(1e-30)
    same = share.gather(3, at.sign.view(members, count, 1, 1).expand(-1, -1, heads, 1)).squeeze(3)
    return same.mean(1), (1 - same).mean(1)
