"""The passes of ``row_sums`` in torch, double precision, for data on a CUDA device.

Aggregated features by power sums: S_ike = sum_{j != i, u_ij in interval k} t_ij^e by scattered addition, then
F_i,k+a = sum_e C[a, e] S_ike, one small product per row instead of one spline evaluation per pair. On CUDA scattered
additions happen in no fixed order: numbers are equal to rounding there, not bit for bit.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.solver.row_sums import Data

Array = npt.NDArray[np.float64]

ROOM = 2**22  # numbers of an array over pairs and powers, per block


class TorchPasses:
    """Passes over x (M, N, d), y (M, N) kept on a torch device; see ``row_sums.Passes``."""

    def __init__(self, x: Data, y: Array, device: str) -> None:
        self.device, self.tokens = torch.device(device), x.shape[1]
        self.x, self.y = torch.as_tensor(x, device=self.device), self._tensor(y)
        self.others = 1.0 - torch.eye(self.tokens, dtype=torch.float64, device=self.device)

    def normal(self, u: Array, v: Array, space: SplineSpace, transform: Array | None) -> tuple[Array, Array]:
        """F^T F and F^T Y."""
        size = space.dimension if transform is None else transform.shape[1]
        gram = torch.zeros(size, size, dtype=torch.float64, device=self.device)
        moment = torch.zeros(size, dtype=torch.float64, device=self.device)
        for x, y in self._blocks(space.degree):
            features = self.features(x, u, v, space)
            features = features if transform is None else features @ self._tensor(transform)
            gram += features.T @ features
            moment += features.T @ y.reshape(-1)
        return _numpy(gram), _numpy(moment)

    def pullback(self, u: Array, v: Array, table: Array, both: bool = True) -> tuple[float, Array, Array]:
        """sum_i residual_i^2 and half its negative gradient along u, and along v if ``both`` are wanted."""
        left, right = self._tensor(u), self._tensor(v)
        grad_u, grad_v = torch.zeros_like(left), torch.zeros_like(right)
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        for x, y in self._blocks(table.shape[1] - 1):
            p, q = x @ left, x @ right
            value, slope = self._values(p, q, table)
            residual = y - value.sum(dim=2)
            factor = residual[:, :, None] * slope
            grad_u += torch.einsum("snd,snr->dr", x, factor @ q)
            if both:
                grad_v += torch.einsum("snd,snr->dr", x, factor.transpose(1, 2) @ p)
            total += torch.sum(residual**2)
        return float(total), _numpy(grad_u), _numpy(grad_v)

    def residuals(self, u: Array, v: Array, space: SplineSpace, coefficients: Array) -> Array:
        """Y - F c  # (M, N)."""
        c = self._tensor(coefficients)
        parts = [y - (self.features(x, u, v, space) @ c).reshape(y.shape) for x, y in self._blocks(space.degree)]
        return _numpy(torch.cat(parts))

    def scores(
        self, u: Array, v: Array, white: Array, space: SplineSpace, table: Array
    ) -> Iterator[tuple[Array, Array, Array]]:
        """x_i W, z_i W and F_i, in blocks."""
        for x, _ in self._blocks(space.degree):
            x_white = x @ self._tensor(white)
            slope = self._values(x @ self._tensor(u), x @ self._tensor(v), table)[1]
            z, features = slope @ x_white, self.features(x, u, v, space)
            yield _numpy(x_white.flatten(0, 1)), _numpy(z.flatten(0, 1)), _numpy(features)

    def features(self, x: Tensor, u: Array, v: Array, space: SplineSpace) -> Tensor:
        """F of a block  # (S, N, d), (d, r), (d, r) -> (SN, K+s)."""
        t, k = self._locate(x @ self._tensor(u), x @ self._tensor(v), space.intervals)
        samples, width = len(x), space.degree + 1
        powers = t[..., None] ** torch.arange(width, device=self.device) * self.others[..., None]
        row = torch.arange(samples * self.tokens, device=self.device).reshape(samples, self.tokens, 1)
        cell = row * space.intervals + k
        sums = torch.zeros(samples * self.tokens * space.intervals, width, dtype=torch.float64, device=self.device)
        sums.index_add_(0, cell.reshape(-1), powers.reshape(-1, width))
        parts = (sums @ self._tensor(space.pieces).T).reshape(-1, space.intervals, width)
        out = torch.zeros(samples * self.tokens, space.dimension, dtype=torch.float64, device=self.device)
        for a in range(width):
            out[:, a : a + space.intervals] += parts[:, :, a]
        return out.div_(self.tokens - 1)

    def _locate(self, p: Tensor, q: Tensor, intervals: int) -> tuple[Tensor, Tensor]:
        """Local coordinate and interval of u_ij  # (S, N, r), (S, N, r) -> (S, N, N), (S, N, N)."""
        v = ((p @ q.transpose(1, 2) + 1) * (intervals / 2)).clamp(0, intervals)
        k = v.long().clamp(max=intervals - 1)
        return v - k - 0.5, k

    def _values(self, p: Tensor, q: Tensor, table: Array) -> tuple[Tensor, Tensor]:
        """phi(u_ij)/(N-1) and phi'(u_ij)/(N-1), zero for i = j  # (S, N, N), (S, N, N)."""
        intervals, width = table.shape
        t, k = self._locate(p, q, intervals)
        local = self._tensor(table)[k]
        value, slope = local[..., width - 1], torch.zeros_like(t)
        for e in range(width - 2, -1, -1):
            slope = slope * t + value
            value = value * t + local[..., e]
        inside = (t < 0.5) & ((t > -0.5) | (k > 0))
        scaled = self.others / (self.tokens - 1)
        return value * scaled, slope * inside * scaled * (intervals / 2)

    def _blocks(self, degree: int) -> Iterator[tuple[Tensor, Tensor]]:
        samples = max(1, ROOM // (self.tokens**2 * (degree + 1)))
        for first in range(0, len(self.x), samples):
            yield self.x[first : first + samples].double(), self.y[first : first + samples]

    def _tensor(self, array: Array) -> Tensor:
        return torch.as_tensor(array, dtype=torch.float64, device=self.device)


def _numpy(tensor: Tensor) -> Array:
    return np.asarray(tensor.cpu().numpy())
