"""What defines a recall trial: the measures, the tags, the target, the model and its training.

Nothing heavy is imported here, so that a sweep can be planned without torch.
"""

import math
from collections.abc import Sequence
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from mtam.base.spec import Frozen, Trial
from mtam.recall.spectrum import Spectrum

Tags = Literal["cross_polytope", "orthonormal", "simplex", "equicorrelated", "iid", "nuisance"]
Basis = Literal["cosine", "legendre", "haar", "bspline"]
ModelName = Literal[
    "softmax", "linear", "linear_elu", "frozen_rbf", "mean", "tag_only", "oracle", "mercer", "knn", "gp"
]

# Regression functions by name: module and function (dim, generator) -> Function. A new target is one file and one line.
TARGETS = {
    "matern": "mtam.recall.simulate.targets:matern",
    "takagi": "mtam.recall.simulate.targets:takagi",
    "linear": "mtam.recall.simulate.targets:linear",
    "quadratic": "mtam.recall.simulate.targets:quadratic",
}

BENCHMARK_FROM, BENCHMARK_TO = 1024, 16384  # sample sizes with a Bayes rule beside the model; beyond, no memory for it
SPLIT_FROM = 4096  # where the Bayes rule costs as much as the training: packs of one cell, so that workers share them


def misfit(basis: Basis, modes: int, nodes: int) -> str | None:
    """Why this many modes of a basis are not orthonormal on this many quadrature nodes; None if they are."""
    if basis in ("haar", "bspline") and nodes & (nodes - 1):
        return f"data.basis = {basis} needs a power of two as data.nodes, not {nodes}"
    most = nodes // 2 if basis == "bspline" else nodes - 1
    if modes > most:
        return f"data.modes = {modes} is too many for data.nodes = {nodes}: {basis} has at most {most} there"
    return None


class RecallData(Frozen):
    """Contexts nu = I^{-1} sum_i mu^(i), queries, answers (paper A, Assumptions 1 and 2)."""

    alpha: float = Field(1.0, gt=0)  # lambda_j = exp(-c j^alpha); for a polynomial spectrum lambda_j = j^{-2 alpha}
    decay: float = Field(1.0, gt=0)  # c
    spectrum: Spectrum = "exponential"
    basis: Basis = "cosine"
    modes: int = Field(48, ge=1)  # J, the number of basis functions kept
    nodes: int = Field(128, ge=8)  # G quadrature nodes on [0, 1]
    components: int = Field(4, ge=1)  # I
    tag_dim: int = Field(4, ge=1)  # d1
    tags: Tags = "cross_polytope"
    nuisance: int = Field(4, ge=1)  # dimensions of pure noise beside cross-polytope tags, for nuisance tags only
    correlation: float = Field(0.5, ge=0, lt=1)  # rho, for equicorrelated tags only
    rotate: bool = True  # a fresh rotation (of i.i.d. tags: a fresh draw) per context; false: the same tags in all
    target: str = "matern"  # a name in TARGETS
    length_scale: float = Field(5.0, gt=0)  # of the target, in root mean squares of the coefficient vector
    length: int | None = Field(None, ge=1)  # tokens per context; None: the exact measure
    query_noise: float = Field(0.0, ge=0)  # the query's tag is v + query_noise * N(0, I/d1)
    query_scale: float = Field(0.1, ge=0)  # range of the query's content in units of the target's length scale
    noise: float = Field(0.1, ge=0)  # sigma, as a share of the target's standard deviation
    test: int = Field(4096, ge=16)  # fresh contexts on which the risk is measured

    @field_validator("target")
    @classmethod
    def _known_target(cls, name: str) -> str:
        if name not in TARGETS:
            raise ValueError(f"{name!r} is no target; valid: {', '.join(TARGETS)}")
        return name

    def seen_dim(self) -> int:
        """The dimension of a tag as the model sees it."""
        return self.tag_dim + (self.nuisance if self.tags == "nuisance" else 0)


class RecallModel(Frozen):
    """The attention variant and its training; ``name`` is looked up in the registry."""

    name: ModelName = "softmax"
    width: int = Field(96, ge=1)  # D, the number of value features; of mercer, of true Mercer coefficients
    heads: int = Field(1, ge=1)  # softmax only: attention heads side by side, each with values of its own
    key_dim: int | None = Field(None, ge=1)  # softmax only: rank of the form W = Q^T K; null: the tags' dimension
    hidden: int = Field(64, ge=1)
    band: float = Field(1.0, gt=0)  # highest frequency of the content's Fourier features, in units of pi J
    beta0: float = Field(4.0, gt=0)  # W starts at beta0 times the identity
    init: Literal["identity", "random"] = "identity"
    bandwidth: float | None = Field(0.5, gt=0)  # frozen_rbf only; null: the best of a grid on the holdout
    lr: float = Field(5e-3, gt=0)
    weight_decay: float = Field(1e-4, ge=0)
    batch: int = Field(128, ge=1)
    steps: float = Field(110.0, gt=0)  # optimiser steps are steps * n^steps_exponent
    steps_exponent: float = Field(0.4, ge=0, le=1)
    holdout: float = Field(0.2, gt=0, lt=1)  # share of the sample kept for early stopping
    benchmark: bool = False  # the Bayes rule beside the model, of Matern targets, n = 1024 .. 16384

    @model_validator(mode="after")
    def _heads_are_of_softmax(self) -> Self:
        if self.name != "softmax" and (self.heads > 1 or self.key_dim is not None):
            raise ValueError(f"model.heads and model.key_dim are settings of softmax attention, not of {self.name}")
        return self


class ReportedToy(Frozen):
    """The paper's own toy experiment (Appendix D), for protocol=reported only; ``provenance`` says what is known of it.

    Of the data only alpha, modes (16), nodes, length (5000), noise (0.01) and test (2000) are read there.
    """

    law: Literal["normal", "uniform_sqrt3", "uniform_1"] = "normal"  # of Z
    system: Literal["constant_first", "cosines"] = "cosines"  # e_1 = 1, or e_1 = sqrt2 cos(pi x)
    constant: bool = True  # whether 1 is added to the densities
    heads: int = Field(4, ge=1)
    width: int = Field(8, ge=1)  # d_model = d_hidden
    epochs: int = Field(20, ge=1)
    steps: int | None = Field(None, ge=1)  # optimiser steps whatever n is; null: as many as the epochs make
    batch: int = Field(16, ge=1)
    lr: float = Field(1e-2, gt=0)
    lr_decay: float = Field(0.95, gt=0, le=1)  # factor per twentieth of the training: per epoch of the reported run

    @model_validator(mode="after")
    def _heads_share_the_width(self) -> Self:
        if self.width % self.heads:
            raise ValueError(f"reported.width = {self.width} is no multiple of reported.heads = {self.heads}")
        return self


class RecallTrial(Trial):
    """One recall fit."""

    problem: Literal["recall"] = "recall"
    protocol: Literal["claimed", "reported"] = "claimed"
    data: RecallData = RecallData()
    model: RecallModel = RecallModel()
    reported: ReportedToy = ReportedToy()
    n: int = Field(1024, ge=4, le=2**26)
    seed: int = Field(0, ge=0)

    @model_validator(mode="after")
    def _basis_fits_grid(self) -> Self:
        if reason := misfit(self.data.basis, self.data.modes, self.data.nodes):
            raise ValueError(reason)
        return self

    @model_validator(mode="after")
    def _tags_exist(self) -> Self:
        d1, count = self.data.tag_dim, self.data.components
        most = {
            "orthonormal": d1,
            "simplex": d1 + 1,
            "cross_polytope": 2 * d1,
            "equicorrelated": d1,
            "nuisance": 2 * d1,
        }
        limit = most.get(self.data.tags)
        if limit is not None and count > limit:
            raise ValueError(
                f"data.components = {count} but {self.data.tags} tags in data.tag_dim = {d1} dimensions "
                f"number at most {limit}"
            )
        return self

    @model_validator(mode="after")
    def _model_fits_data(self) -> Self:
        d, m = self.data, self.model
        if m.key_dim is not None and m.key_dim > d.seen_dim():
            raise ValueError(
                f"model.key_dim = {m.key_dim} but tags have {d.seen_dim()} dimensions; valid: at most that"
            )
        if m.name == "mercer" and m.width > d.modes:
            raise ValueError(f"model.width = {m.width} but there are data.modes = {d.modes} Mercer coefficients")
        return self

    def benchmarked(self) -> bool:
        """Whether the record holds the Bayes rule on the same contexts: where it is known and there is room for it."""
        known = self.protocol == "claimed" and self.data.target == "matern" and self.data.noise > 0
        return self.model.benchmark and known and BENCHMARK_FROM <= self.n <= BENCHMARK_TO

    def shape(self) -> tuple[Any, ...]:
        """Members of one batched program share every tensor shape, the number of steps and the attention variant."""
        d, m = self.data, self.model
        if self.protocol == "reported":
            r = self.reported
            return (
                "reported", self.n, d.modes, d.nodes, d.length, d.test, r.heads, r.width, r.batch, r.lr, r.lr_decay,
                self.optimiser_steps(),
            )  # fmt: skip
        return (
            "recall", self.n, m.name, m.width, m.hidden, m.batch, m.steps, m.steps_exponent, m.holdout, m.lr,
            m.weight_decay, d.modes, d.nodes, d.components, d.seen_dim(), d.length is None, d.test, m.bandwidth is None,
            m.heads, m.key_dim, d.model_dump_json() if self.benchmarked() and self.n >= SPLIT_FROM else None,
        )  # fmt: skip

    def optimiser_steps(self) -> int:
        """steps * n^steps_exponent, rounded; of the reported toy, its steps or epochs times batches."""
        if self.protocol == "reported":
            return self.reported.steps or self.reported.epochs * math.ceil(self.n / self.reported.batch)
        return max(1, round(self.model.steps * math.pow(self.n, self.model.steps_exponent)))

    def memory(self) -> float:
        """Coefficients and tags of all components in single precision, drawn in double; a kernel matrix in single."""
        d = self.data
        kernel = 4.5 * self.n**2 if self.model.name == "gp" or self.benchmarked() else 0.0
        return 12.0 * (self.n + d.test) * d.components * (d.modes + 2 * d.seen_dim()) + kernel

    def cost(self) -> float:
        """Seconds on one thread: drawing and judging the contexts, and 0.13 ms per member-step at batch 128.

        Attention without a compiled form, which learns and is not plain softmax, takes 0.2 ms.
        """
        if self.protocol == "reported":
            return 0.5 + 5e-4 * self.optimiser_steps()
        if self.model.name == "knn":
            return 0.2 + 1e-4 * self.n
        exact = 0.2 + 1e-4 * self.n + 1.6e-8 * self.n**2 + 2.5e-12 * self.n**3
        if self.model.name == "gp":
            return exact
        rows = min(self.model.batch, self.n)
        layered = self.model.name.startswith("linear") or self.model.heads > 1 or self.model.key_dim is not None
        step = (2e-4 if layered else 1.3e-4) * (0.3 + 0.7 * rows / 128)
        training = 0.1 + 4e-5 * self.n + step * self.optimiser_steps()
        return training + (exact if self.benchmarked() else 0.0)

    def reference(self, sizes: Sequence[int]) -> list[float]:
        """R_ref(n) by reverse water-filling of the coefficient box (``mtam.recall.theory.minimax``)."""
        from mtam.recall.theory.minimax import reference_curve

        d = self.data
        curve = reference_curve(d.alpha, d.decay, sizes, d.noise, spectrum=d.spectrum)
        return [float(value) for value in curve]

    def lower_bound(self, sizes: Sequence[int]) -> list[float] | None:
        """Assouad's bound over the same class (``mtam.recall.theory.minimax``); None without noise and for the toy."""
        from mtam.recall.theory.minimax import lower_bound

        d = self.data
        if self.protocol == "reported" or d.noise == 0:
            return None
        return [float(value) for value in lower_bound(d.alpha, d.decay, sizes, d.noise, spectrum=d.spectrum)]

    def law(self) -> dict[str, Any]:
        """exp(-Theta((ln n)^{alpha/(alpha+1)})) for exponential spectra (paper A, main theorem).

        For lambda_j = j^{-2 alpha} a cover of n cells splits about ln n axes and leaves the tail of the others, about
        (ln n)^{-(2 alpha - 1)}, for alpha > 1/2; below, the trace of the kernel is infinite.
        """
        alpha = self.data.alpha
        if self.data.spectrum == "exponential":
            return {"name": "sub_polynomial", "gamma": alpha / (alpha + 1)}
        return {"name": "log_power", "exponent": 2 * alpha - 1 if alpha > 0.5 else None}
