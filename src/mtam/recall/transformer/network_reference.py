"""The readable transformer: one member as a torch module, differentiated automatically, trained one at a time.

``Joint`` is the general model, in which score and value come from the joint token (v, x); ``Factorised`` keeps the
scores on the tags alone, so that values enter through their moments. With the extra weights of ``Joint`` at zero the
two agree, and ``mtam.recall.transformer.network`` is ``Factorised`` for many members with its gradients written out.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import silu

from mtam.recall.gates import SHARPNESS, SPREAD
from mtam.recall.transformer.batch import Batch
from mtam.recall.transformer.network import Network


class Head(nn.Module):
    """w . silu(W2^T silu(W1^T o + q x_q + b1) + b2) + b3."""

    def __init__(self, layers: dict[str, Tensor]) -> None:
        super().__init__()
        self.value = nn.Parameter(layers["value"].clone())  # W1, q and b1 (D + 2, H)
        self.second = nn.Parameter(layers["second"].clone())  # W2 (H, H)
        self.second_bias = nn.Parameter(layers["second_bias"].clone())
        self.out = nn.Parameter(layers["out"].clone())  # w (H, 1)
        self.out_bias = nn.Parameter(layers["out_bias"].clone())

    def forward(self, pooled: Tensor) -> Tensor:
        """(B, D + 2) -> (B,)"""
        hidden = silu(pooled @ self.value)
        hidden = silu(hidden @ self.second + self.second_bias)
        return (hidden @ self.out + self.out_bias).squeeze(-1)


class Factorised(nn.Module):
    """Softmax attention on tags, values by moments. For one member."""

    features: Tensor  # (K + 2, D + 2)

    def __init__(self, layers: dict[str, Tensor], features: Tensor) -> None:
        super().__init__()
        self.score = nn.Parameter(layers["score"].clone())
        self.temperature = nn.Parameter(layers["temperature"].clone())
        self.register_buffer("features", features.clone())
        self.head = Head(layers)

    def form(self) -> Tensor:
        """The bilinear form W. (d, d)"""
        return SPREAD * self.score + SHARPNESS * self.temperature * torch.eye(len(self.score), dtype=self.score.dtype)

    def forward(self, moments: Tensor, tags: Tensor, log_share: Tensor, query: Tensor, base: Tensor) -> Tensor:
        """(I, B, K + 2), (I, B, d), (I, B), (B, d), (B, K + 2) -> (B,)"""
        scores = torch.einsum("bd,de,ibe->ib", query, self.form(), tags)
        attention = torch.softmax(scores + log_share, 0)
        recalled = (attention.unsqueeze(-1) * moments).sum(0) + base  # (B, K + 2)
        answers: Tensor = self.head(recalled @ self.features)
        return answers


class Joint(nn.Module):
    """Every token (v_i, x_g) has its own score and value: sum_{i,g} softmax(<Q q, K (v, x)>) V (v, x) nu(i, g).

    Extra weights against ``Factorised``: ``score_content`` (d, D) lets the score see the content, ``value_tag`` (d, D)
    lets the value see the tag. Cost: I x G x D per context.
    """

    node_values: Tensor  # (G, D)

    def __init__(self, plain: Factorised, node_values: Tensor) -> None:
        super().__init__()
        dim, width = len(plain.score), node_values.shape[-1]
        self.plain = plain
        self.register_buffer("node_values", node_values.clone())
        self.score_content = nn.Parameter(torch.zeros(dim, width, dtype=node_values.dtype))
        self.value_tag = nn.Parameter(torch.zeros(dim, width, dtype=node_values.dtype))

    def forward(self, mass: Tensor, tags: Tensor, query: Tensor, content: Tensor) -> Tensor:
        """Token masses nu (B, I, G), tags (I, B, d), query tags (B, d), contents (B, 2) -> (B,)"""
        values = self.node_values
        scores = torch.einsum("bd,de,ibe->bi", query, self.plain.form(), tags).unsqueeze(-1)
        scores = scores + (query @ self.score_content @ values.T).unsqueeze(1)  # (B, I, G)
        attention = torch.softmax((scores + mass.log()).flatten(1), 1).view(mass.shape)
        pooled = attention.sum(1) @ values  # (B, D)
        pooled = pooled + torch.einsum("big,ibd,de->be", attention, tags, self.value_tag)
        answers: Tensor = self.plain.head(torch.cat([pooled, content], 1))
        return answers


def factorised(network: Network, flat: Tensor, features: Tensor, member: int) -> Factorised:
    """One member of a pack as a module. Raises KeyError for an attention other than softmax."""
    layers = {name: view[member] for name, view in network.views(flat).items()}
    return Factorised(layers, features[member])


def member_inputs(batch: Batch, member: int) -> tuple[Tensor, ...]:
    """The inputs of ``Factorised.forward`` for one member of a batch."""
    at = batch.at
    return (
        batch.moments[member], at.tags[member], at.log_share[member], at.query[member], batch.base[member],
    )  # fmt: skip
