"""What defines a recall trial: data, estimator, sample size, seed, and what follows from them.

Nothing heavy is imported here, so that a sweep can be planned without torch.
"""

import math
from collections.abc import Sequence
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, SerializeAsAny, model_validator

from mtam.base import variants
from mtam.base.spec import Frozen, Trial
from mtam.recall.recall_data import Basis as Basis
from mtam.recall.recall_data import RecallData as RecallData
from mtam.recall.recall_data import misfit
from mtam.recall.recall_models import (
    DOUBLE_MATRIX,
    POSTERIOR_TO,
    SINGLE_MATRIX,
    SPECTRUM_SECONDS,
    TrainedModel,
    exact_seconds,
    variance_seconds,
)
from mtam.recall.recall_models import RecallModel as RecallModel
from mtam.recall.recall_variants import MODELS, OF_BOX_PRIOR, OF_MATERN_PRIOR
from mtam.recall.recall_variants import TARGETS as TARGETS

BENCHMARK_FROM, BENCHMARK_TO = 1024, 32768  # sample sizes with a Bayes rule beside the model; beyond, no memory for it
SPLIT_FROM = 4096  # where the Bayes rule costs as much as the training: packs of one cell, so that workers share them
ALONE_FROM = 16384  # where a kernel matrix takes gigabytes: a trial is a pack of its own


class ReportedToy(Frozen):
    """The paper's own toy experiment (Appendix D), for protocol=reported only; what is known of it: ``reported_toy``.

    Of the data only alpha, modes (16), nodes, length (5000), noise (0.01) and test (2000) are read there.
    """

    law: Literal["normal", "uniform_sqrt3", "uniform_1"] = "normal"  # of Z
    system: Literal["constant_first", "cosines"] = "cosines"  # e_1 = 1, or e_1 = sqrt2 cos(pi x)
    constant: bool = True  # whether 1 is added to the densities
    weights: Literal["root", "whole"] = "root"  # of Z_j in the densities: sqrt(lambda_j), or lambda_j
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


def recall_model(name: str = "softmax", **settings: Any) -> RecallModel:
    """The settings of an estimator of recall; ValueError for what it does not have."""
    found: RecallModel = variants.choose(MODELS, {"name": name, **settings}, name)
    return found


class RecallTrial(Trial):
    """One recall fit."""

    own: ClassVar[str] = "softmax"
    later: ClassVar[Sequence[tuple[str, str]]] = (("reported", "weights"),)

    problem: Literal["recall"] = "recall"
    protocol: Literal["claimed", "reported"] = "claimed"
    data: RecallData = RecallData()
    model: SerializeAsAny[RecallModel] = Field(default_factory=recall_model)
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
        if reason := self.model.misfit(self.data) or self.model.too_large(self.n):
            raise ValueError(reason)
        return self

    def benchmarked(self) -> bool:
        """Whether the record holds the Bayes rule on the same contexts: where it is known and there is room for it."""
        wanted = self.model.asks_for_benchmark() and BENCHMARK_FROM <= self.n <= BENCHMARK_TO
        return wanted and self._prior_known(OF_MATERN_PRIOR)

    def averaged(self) -> bool:
        """Whether the record holds the Bayes risk averaged over the prior: where that is known and there is room."""
        if not self.model.asks_for_average():
            return False
        return self._averaged_by_spectrum() or (self._prior_known(OF_MATERN_PRIOR) and self.n <= POSTERIOR_TO)

    def _averaged_by_spectrum(self) -> bool:
        """Whether that needs no kernel matrix and no sample, because the prior's spectrum is known."""
        return self._prior_known(OF_BOX_PRIOR)

    def _prior_known(self, targets: Sequence[str]) -> bool:
        return self.protocol == "claimed" and self.data.target in targets and self.data.noise > 0

    def _solves(self) -> bool:
        """Whether a kernel matrix is factored for it."""
        return self._beside_bytes() > 0 or self.model.matrix_bytes(self.n) > 0

    def _beside_bytes(self) -> float:
        """The room for a matrix of what is solved beside the model."""
        if self.averaged() and not self._averaged_by_spectrum():
            return DOUBLE_MATRIX * self.n**2
        return SINGLE_MATRIX * self.n**2 if self.benchmarked() else 0.0

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
            "recall", self.n, m.name, *m.shape(), d.modes, d.nodes, d.components, d.seen_dim(), d.length is None,
            d.test, d.model_dump_json() if self._solves() and self.n >= SPLIT_FROM else None,
            self.seed if self._solves() and self.n >= ALONE_FROM else None,
        )  # fmt: skip

    def runner(self) -> str | None:
        """The reported toy is a program of its own."""
        return "mtam.recall.toy.toy_run:run" if self.protocol == "reported" else None

    def optimiser_steps(self) -> int:
        """Of the training; of the reported toy, its steps or epochs times batches."""
        if self.protocol == "reported":
            return self.reported.steps or self.reported.epochs * math.ceil(self.n / self.reported.batch)
        return self.model.optimiser_steps(self.n) if isinstance(self.model, TrainedModel) else 0

    def memory(self) -> float:
        """Coefficients and tags of all components in single precision, drawn in double; and a kernel matrix."""
        d = self.data
        kernel = max(self.model.matrix_bytes(self.n), self._beside_bytes())
        return 12.0 * (self.n + d.test) * d.components * (d.modes + 2 * d.seen_dim()) + kernel

    def cost(self) -> float:
        """Seconds on one thread: the estimator's, and those of the Bayes rule beside it."""
        if self.protocol == "reported":
            return 0.5 + 5e-4 * self.optimiser_steps()
        beside = exact_seconds(self.n) if self.benchmarked() else 0.0
        if self.averaged():
            beside += SPECTRUM_SECONDS if self._averaged_by_spectrum() else variance_seconds(self.n)
        return self.model.seconds(self.n) + beside

    def law(self) -> dict[str, Any]:
        """exp(-Theta((ln n)^{alpha/(alpha+1)})) for exponential spectra (paper A, main theorem).

        For lambda_j = j^{-2 alpha} a cover of n cells splits about ln n axes and leaves the tail of the others, about
        (ln n)^{-(2 alpha - 1)}, for alpha > 1/2; below, the trace of the kernel is infinite.
        """
        alpha = self.data.alpha
        if self.data.spectrum == "exponential":
            return {"name": "sub_polynomial", "gamma": alpha / (alpha + 1)}
        return {"name": "log_power", "exponent": 2 * alpha - 1 if alpha > 0.5 else None}
