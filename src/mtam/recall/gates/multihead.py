"""Softmax attention with several heads, or with keys of fewer dimensions than the tags."""

from typing import Any

import torch
from torch import Tensor

from mtam.recall.gates.form import SHARPNESS, SPREAD, form_pull, form_scores
from mtam.recall.gates.interface import Params, Shapes, Tags


class MultiHead:
    """a_hi = c_i exp(q^T W_h v_i) / sum_k c_k exp(q^T W_h v_k) for every head h.

    W_h = SPREAD * score_h + SHARPNESS * temperature_h * identity as in the single head, or, for keys of ``key_dim`` = r
    dimensions, W_h = SHARPNESS * temperature_h * Q_h K_h^T with Q_h, K_h (d, r): a form of rank r, which cannot tell
    tags apart that agree on r dimensions.
    """

    def __init__(self, heads: int, key_dim: int | None) -> None:
        self.heads = heads
        self.key_dim = key_dim

    def shapes(self, dim: int) -> Shapes:
        """One form per head."""
        if self.key_dim is None:
            return {"score": (self.heads, dim, dim), "temperature": (self.heads,)}
        maps = (self.heads, dim, self.key_dim)
        return {"query_map": maps, "key_map": maps, "temperature": (self.heads,)}

    def start(self, dim: int, model: Any, random: torch.Generator) -> Params:
        """Every head starts with matching tags at a score of beta0 on average, or at random forms.

        Of keys of r dimensions: Q = K with orthonormal columns, the same scale of scores by the factor d / r.
        """
        normal = torch.randn(self.heads, dim, self.key_dim or dim, generator=random, dtype=torch.float64)
        if self.key_dim is not None:
            columns = torch.linalg.qr(normal)[0]
            other = columns.clone()
            if model.init == "random":
                other = torch.linalg.qr(torch.randn(normal.shape, generator=random, dtype=torch.float64))[0]
            scale = model.beta0 * dim / self.key_dim if model.init == "identity" else 1.0
            temperature = torch.full((self.heads,), scale / SHARPNESS, dtype=torch.float64)
            return {"query_map": columns, "key_map": other, "temperature": temperature}
        identity = model.init == "identity"
        score = torch.zeros_like(normal) if identity else normal / (SPREAD * dim**0.5)
        temperature = torch.full((self.heads,), model.beta0 / SHARPNESS if identity else 0.0, dtype=torch.float64)
        return {"score": score, "temperature": temperature}

    def forward(self, params: Params, at: Tags) -> tuple[Tensor, Tensor]:
        """Softmax of every head; the weights themselves are kept."""
        form = self._form(params)
        weights = torch.cat([torch.softmax(form_scores(each, at) + at.log_share, 1) for each in form.unbind(1)], 1)
        return weights, weights

    def backward(self, params: Params, at: Tags, kept: Tensor, grad: Tensor, into: Params) -> None:
        """dLoss/dscore_hi = a_hi (grad_hi - sum_k a_hk grad_hk), then through the form."""
        count = at.tags.shape[1]
        for head in range(self.heads):
            own = slice(head * count, (head + 1) * count)
            pulled = kept[:, own] * grad[:, own]
            pulled -= kept[:, own] * pulled.sum(1, keepdim=True)
            self._pull(params, head, form_pull(at, pulled), into)

    def _form(self, params: Params) -> Tensor:
        """The bilinear forms W_h. (M, heads, d, d)"""
        temperature = SHARPNESS * params["temperature"][..., None, None]
        if self.key_dim is not None:
            return temperature * (params["query_map"] @ params["key_map"].transpose(2, 3))
        eye = torch.eye(params["score"].shape[-1], dtype=temperature.dtype, device=temperature.device)
        return SPREAD * params["score"] + temperature * eye

    def _pull(self, params: Params, head: int, gradient: Tensor, into: Params) -> None:
        """From dLoss/dW_h (M, d, d) to the gradients of the parameters of head h."""
        if self.key_dim is None:
            into["score"][:, head] = SPREAD * gradient
            into["temperature"][:, head] = SHARPNESS * gradient.diagonal(dim1=1, dim2=2).sum(1)
            return
        left, right = params["query_map"][:, head], params["key_map"][:, head]  # (M, d, r)
        scale = SHARPNESS * params["temperature"][:, head, None, None]
        pulled = gradient @ right
        into["query_map"][:, head] = scale * pulled
        into["key_map"][:, head] = scale * (gradient.transpose(1, 2) @ left)
        into["temperature"][:, head] = SHARPNESS * (pulled * left).sum((1, 2))
