"""The regression function F*(mu, x): one fixed random draw per seed, Lipschitz in the kernel's MMD.

A measure enters through its coefficients, the query's content as one more coordinate:
z = (u / (ell sqrt(sum_j lambda_j)), q (x - 1/2)), so that the MMD between two measures is the distance of their u up
to a constant, and ell is the function's length scale in root mean squares of u. The draw depends on the seed only;
different spectra meet the same function of z.
Every target is standardised to mean 0 and variance 1 on a reference sample, so that noise and risk need no units; but
where the prior standardises (``BY_POPULATION``), a draw is divided by the prior's deviation sqrt(v0), not by its own.
"""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from mtam.base.named.named_code import expected
from mtam.base.streams import generator
from mtam.base.variants import load_choice
from mtam.recall.aligned_memory import room, tensor
from mtam.recall.recall_spec import TARGETS, RecallData
from mtam.recall.recall_variants import BY_POPULATION, OF_BOX_PRIOR
from mtam.recall.simulate.measures import MeasureFamily
from mtam.recall.theory.box_prior import varying_share
from mtam.recall.theory.matern_prior import population_variance

Array = NDArray[np.float64]

FEATURES = 1024  # spectral features of the Matern process
SCALES, RIDGES = 8, 16  # dyadic scales of the Takagi sum, directions per scale
REFERENCE = 4096  # contexts by which mean and variance are standardised
BLOCK = 256  # rows at a time: their features stay in the second-level cache
MOST_BLOCKS = 512  # of which answers are kept: a megabyte


class Function(Protocol):
    """A function of z with a bound on its Lipschitz constant."""

    def __call__(self, z: Array) -> Array:
        """(rows, dim) -> (rows,)"""

    @property
    def lipschitz(self) -> float:
        """An upper bound of |f(z) - f(z')| / ||z - z'||."""


@dataclass(frozen=True)
class MaternTarget:
    """Gaussian process with the Matern kernel of smoothness 1, by spectral features: rough and barely Lipschitz.

    f(z) = sqrt(2/M) sum_m cos(w_m . z + b_m) with w = g / sqrt(t), g standard normal, t standard exponential: the
    spectral density of smoothness 1 is a multivariate Student law with 2 degrees of freedom.
    """

    frequencies: Array  # (M, dim)
    phases: Array  # (M,)

    def __call__(self, z: Array) -> Array:
        """(rows, dim) -> (rows,)"""
        frequencies, phases = tensor(self.frequencies.T), tensor(self.phases)
        cosines = torch.addmm(phases, torch.from_numpy(z), frequencies).cos_()  # torch: its cosine is vectorised
        return np.asarray(np.sqrt(2 / len(self.phases)) * cosines.sum(1).numpy())

    @property
    def lipschitz(self) -> float:
        """sqrt 2 times the spectral norm of the frequencies: |sum_m sin(.) w_m| <= sqrt(M) ||w||."""
        return float(np.sqrt(2) * np.linalg.norm(self.frequencies, 2))


@dataclass(frozen=True)
class Takagi:
    """f(z) = sum_k 2^{-k} P^{-1/2} sum_p T(2^k d_kp . z + b_kp), T the triangle wave of period 1, d_kp unit vectors."""

    directions: Array  # (K, P, dim)
    phases: Array  # (K, P)

    def __call__(self, z: Array) -> Array:
        """(rows, dim) -> (rows,)"""
        total = np.zeros(len(z))
        for k, (directions, phases) in enumerate(zip(self.directions, self.phases, strict=True)):
            t = 2.0**k * (z @ directions.T) + phases
            total += 2.0**-k * np.abs(t - np.round(t)).sum(1) / np.sqrt(len(phases))
        return total

    @property
    def lipschitz(self) -> float:
        """Every scale adds at most the spectral norm of its directions."""
        return float(np.linalg.norm(self.directions, 2, axis=(1, 2)).sum())


@dataclass(frozen=True)
class LinearTarget:
    """f(z) = d . z with a random unit vector d: the easiest Lipschitz answer, learned at a parametric rate."""

    direction: Array  # (dim,)

    def __call__(self, z: Array) -> Array:
        """(rows, dim) -> (rows,)"""
        return np.asarray(z @ self.direction)

    @property
    def lipschitz(self) -> float:
        """The length of the direction."""
        return float(np.linalg.norm(self.direction))


@dataclass(frozen=True)
class QuadraticTarget:
    """f(z) = ||z||^2: a smooth functional, learned at a parametric rate, which would fake the law of the theorem."""

    def __call__(self, z: Array) -> Array:
        """(rows, dim) -> (rows,)"""
        return np.asarray((z**2).sum(1))

    @property
    def lipschitz(self) -> float:
        """2 sqrt 3: on ||z|| <= sqrt 3, where all coefficients lie for a length scale of at least one."""
        return 2 * 3**0.5


def _unit(normals: Array) -> Array:
    return np.asarray(normals / np.linalg.norm(normals, axis=-1, keepdims=True))


def matern(dim: int, rng: np.random.Generator) -> MaternTarget:
    """A draw of the Matern process on R^dim."""
    frequencies = rng.standard_normal((FEATURES, dim)) / np.sqrt(rng.standard_exponential((FEATURES, 1)))
    return MaternTarget(frequencies, rng.uniform(0, 2 * np.pi, FEATURES))


def takagi(dim: int, rng: np.random.Generator) -> Takagi:
    """A draw of the Takagi sum on R^dim."""
    return Takagi(_unit(rng.standard_normal((SCALES, RIDGES, dim))), rng.random((SCALES, RIDGES)))


def linear(dim: int, rng: np.random.Generator) -> LinearTarget:
    """A random direction of R^dim."""
    return LinearTarget(_unit(rng.standard_normal(dim)))


def quadratic(dim: int, rng: np.random.Generator) -> QuadraticTarget:
    """The squared norm, which leaves nothing to draw."""
    del dim, rng
    return QuadraticTarget()


def draw(name: str, dim: int, seed: int, half_widths: Array | None = None) -> Function:
    """The seed's function of z, by its name in ``spec.TARGETS``; of a prior that lives on a box, on that box. (dim,)"""
    box = [half_widths] if name in OF_BOX_PRIOR and half_widths is not None else []
    given = load_choice(TARGETS, name)(dim, generator(seed, "recall", "target", name), *box)
    fits = callable(given) and hasattr(given, "lipschitz")
    drawn: Function = expected(name, given, fits, "a function of z, (rows, dim) -> (rows,), with lipschitz")
    return drawn


class KeptBlocks:
    """The answers of one function to the blocks that it was last asked, by the block's content.

    A study asks for the same rows at every sample size, of every training and of the Bayes rule; thousands of waves a
    row cost a hundred times what it takes to recognise them.
    """

    def __init__(self, most: int = MOST_BLOCKS) -> None:
        self._most = most
        self._kept: OrderedDict[bytes, Array] = OrderedDict()

    def answers(self, function: Function, block: Array) -> Array:
        """f(z) of a whole block, computed or as before: the same bits. (BLOCK, dim) -> (BLOCK,)"""
        key = hashlib.blake2b(np.ascontiguousarray(block).data, digest_size=16).digest()
        if key not in self._kept:
            self._kept[key] = function(block)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def in_blocks(function: Function, z: Array, kept: KeptBlocks | None = None) -> Array:
    """f(z), row by row the same bits however many rows come after. (rows, dim) -> (rows,)

    Libraries sum a matrix product's last rows in another order than the same rows with more behind them, and which rows
    count as the last depends on library and processor. So every call has one shape: ``BLOCK`` rows at one alignment,
    the last block filled up with its last row.
    """
    kept = KeptBlocks(most=1) if kept is None else kept
    values = np.empty(len(z))
    block = room(BLOCK, z.shape[1])
    for at in range(0, len(z), BLOCK):
        some = z[at : at + BLOCK]
        block[: len(some)], block[len(some) :] = some, some[-1]
        values[at : at + BLOCK] = kept.answers(function, block)[: len(some)]
    return values


@dataclass(frozen=True)
class Answer:
    """F*(mu, x) = (f(z) - mean) / deviation."""

    function: Function
    scale: float  # ell times the root mean square of u
    query_scale: float
    mean: float = 0.0
    deviation: float = 1.0
    variance: float | None = None  # of the population, by which risks are told; None: that of each sample
    kept: KeptBlocks = field(default_factory=KeptBlocks, repr=False, compare=False)

    def inputs(self, coefficients: NDArray[np.floating], queries: NDArray[np.floating]) -> Array:
        """z = (u / scale, q (x - 1/2)). (rows, J), (rows,) -> (rows, J + 1)"""
        u = coefficients.astype(np.float64) / self.scale
        return np.column_stack([u, self.query_scale * (queries.astype(np.float64) - 0.5)])

    def __call__(self, coefficients: NDArray[np.floating], queries: NDArray[np.floating]) -> Array:
        """The noise-free answers. (rows, J), (rows,) -> (rows,)"""
        return (in_blocks(self.function, self.inputs(coefficients, queries), self.kept) - self.mean) / self.deviation


def answer(data: RecallData, law: MeasureFamily, seed: int) -> Answer:
    """The seed's regression function for a family of measures, of mean 0 and variance 1 up to sampling error.

    Of a target that the prior standardises the variance is 1 on average over seeds.
    """
    widths = half_widths(data, law)
    function = draw(data.target, data.modes + 1, seed, widths)
    raw = Answer(function, data.length_scale * law.scale, data.query_scale)
    rng = generator(seed, "recall", "standardise")
    uniforms = rng.random((REFERENCE, data.modes), dtype=np.float32)
    values = raw(law.coefficients(uniforms), rng.random(REFERENCE))
    mean = float(values.mean())
    if data.target in BY_POPULATION:
        varies = varying_share if data.target in OF_BOX_PRIOR else population_variance
        deviation = varies(widths) ** 0.5
        return Answer(raw.function, raw.scale, raw.query_scale, mean, deviation, variance=1.0)
    return Answer(raw.function, raw.scale, raw.query_scale, mean, float(values.std()))


def half_widths(data: RecallData, law: MeasureFamily) -> Array:
    """b_j of the box |z_j| <= b_j that contexts fill evenly, the query's content last. (J + 1,)"""
    own = law.half_widths().astype(np.float64) / (data.length_scale * law.scale)
    return np.append(own, data.query_scale / 2)
