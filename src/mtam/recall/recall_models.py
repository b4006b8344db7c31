"""The settings of every estimator of recall, each with its own only, and its cost. Nothing heavy is imported here."""

import math
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from mtam.base.named.named_code import expected, known_or_named, load_named, no_code
from mtam.base.spec import EstimatorSettings
from mtam.base.variants import load
from mtam.recall.recall_data import RecallData
from mtam.recall.recall_variants import OF_MATERN_PRIOR

# What all estimators of recall shared at schema 2. Frozen: it enters every key.
LEGACY: Mapping[str, Any] = {
    "width": 96, "heads": 1, "key_dim": None, "hidden": 64, "band": 1.0, "beta0": 4.0, "init": "identity",
    "bandwidth": 0.5, "lr": 5e-3, "weight_decay": 1e-4, "batch": 128, "steps": 110.0, "steps_exponent": 0.4,
    "holdout": 0.2, "benchmark": False,
}  # fmt: skip

SINGLE_MATRIX, DOUBLE_MATRIX = 4.5, 8.5  # bytes per entry of a kernel matrix, blocks beside it included
SPECTRUM_SECONDS = 1.5  # for the levels of a box, once per process
POSTERIOR_TO = 16384  # sample size; beyond, no room for a kernel matrix in double precision
STEP, LAYERED_STEP = 1.3e-4, 2e-4  # seconds per member and step at batch 128: compiled, and layer by layer

BANDWIDTHS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)  # of a frozen kernel, from one-hot on separated tags to nearly uniform

LONGER = 3  # times the steps, at every tripling

Init = Literal["identity", "random"]
SoftmaxInit = Literal["identity", "random", "random_frozen"]
Code = Annotated[str, AfterValidator(lambda name: known_or_named((), name))]


def exact_seconds(n: int) -> float:
    """The seconds of Gaussian-process regression on n contexts."""
    return 0.2 + 1e-4 * n + 1.6e-8 * n**2 + 2.5e-12 * n**3


def variance_seconds(n: int) -> float:
    """The seconds of the posterior variance: a factorisation, and a solution for each of a thousand fresh contexts."""
    return 0.05 + 5e-8 * n**2 + 4.6e-12 * n**3


class RecallModel(EstimatorSettings):
    """An estimator of recall."""

    legacy: ClassVar[Mapping[str, Any]] = LEGACY

    def misfit(self, data: RecallData) -> str | None:
        """Why these settings do not go with the data; None where they do."""
        del data
        return None

    def shape(self) -> tuple[Any, ...]:
        """Trials of one shape are trained as one program; see ``RecallTrial.shape``."""
        return ()

    def asks_for_benchmark(self) -> bool:
        """Whether the Bayes rule is wanted beside the estimator."""
        return False

    def asks_for_average(self) -> bool:
        """Whether the Bayes risk averaged over the prior is wanted beside the estimator."""
        return False

    def matrix_bytes(self, n: int) -> float:
        """The room for an (n, n) matrix, of an estimator that needs one."""
        del n
        return 0.0

    def too_large(self, n: int) -> str | None:
        """Why there cannot be so many contexts; None where there can."""
        del n
        return None

    def seconds(self, n: int) -> float:
        """A forecast of the seconds on one thread."""
        return 0.2 + 1e-4 * n


class TrainedModel(RecallModel):
    """Attention of some kind, a two-layer head on top, and how the head (and what the gate has to train) is trained."""

    gate_class: ClassVar[str]  # module:class, see ``mtam.recall.gates.interface``
    mercer_features: ClassVar[bool] = False  # the head sees true Mercer coefficients in place of Fourier features

    width: int = Field(96, ge=1)  # D, the number of value features
    hidden: int = Field(64, ge=1)
    band: float = Field(1.0, gt=0)  # highest frequency of the content's Fourier features, in units of pi J
    lr: float = Field(5e-3, gt=0)
    weight_decay: float = Field(1e-4, ge=0)
    batch: int = Field(128, ge=1)
    steps: float = Field(110.0, gt=0)  # optimiser steps are steps * n^steps_exponent
    steps_exponent: float = Field(0.4, ge=0, le=1)
    holdout: float = Field(0.2, gt=0, lt=1)  # share of the sample kept for early stopping
    benchmark: bool = False  # the Bayes rule beside the model, of Matern targets, n = 1024 .. 32768

    def gate(self) -> Any:
        """The gate, which holds no settings but those that change its shape."""
        return load(self.gate_class)()

    def head_count(self) -> int:
        """Attention heads side by side, each with values of its own."""
        return 1

    def kernel_bandwidth(self) -> float | None:
        """h of a frozen kernel, None where a grid is tried; 1 where there is none."""
        return 1.0

    def most_triplings(self) -> int:
        """How often the steps may be tripled, as long as the holdout gains by it."""
        return 0

    def optimiser_steps(self, n: int) -> int:
        """steps * n^steps_exponent, rounded."""
        return max(1, round(self.steps * math.pow(n, self.steps_exponent)))

    def step_seconds(self) -> float:
        """Seconds per member and step at batch 128."""
        return STEP

    def shape(self) -> tuple[Any, ...]:
        """The head's, the optimiser's settings, and what the gate's own shape depends on."""
        return (
            self.width, self.hidden, self.batch, self.steps, self.steps_exponent, self.holdout, self.lr,
            self.weight_decay, self.kernel_bandwidth() is None, self.head_count(), self.most_triplings(),
        )  # fmt: skip

    def asks_for_benchmark(self) -> bool:
        """As set."""
        return self.benchmark

    def tried(self) -> list["TrainedModel"]:
        """The settings that are trained, of which the one with the least holdout loss is kept."""
        return [self]

    def seconds(self, n: int) -> float:
        """Drawing and judging the contexts, and the member-steps, which grow with the batch."""
        tried = len(self.tried()) * sum(LONGER**k for k in range(self.most_triplings() + 1))
        step: float = tried * self.step_seconds() * (0.3 + 0.7 * min(self.batch, n) / 128)
        return 0.1 + 4e-5 * n + step * self.optimiser_steps(n)


def trained_settings(model: RecallModel) -> TrainedModel:
    """The same settings, which are of an estimator that is trained."""
    if not isinstance(model, TrainedModel):
        raise TypeError(f"{model.name} is not trained")
    return model


class SoftmaxModel(TrainedModel):
    """Learned softmax attention (paper A)."""

    gate_class: ClassVar[str] = "mtam.recall.gates.softmax:Softmax"

    heads: int = Field(1, ge=1)  # attention heads side by side, each with values of its own
    key_dim: int | None = Field(None, ge=1)  # rank of the form W = Q^T K; null: the tags' dimension
    beta0: float = Field(4.0, gt=0)  # W starts at beta0 times the identity
    init: SoftmaxInit = "identity"  # random_frozen: random, and the form is not trained, which shows what training adds
    triplings: int = Field(0, ge=0, le=6)  # trainings of 3, 9, .. times the steps, while the holdout gains by it
    average_bayes: bool = False  # the Bayes risk averaged over the prior beside the model, of Matern targets

    def gate(self) -> Any:
        """One full form, trained or not, or several heads, or keys of fewer dimensions."""
        if self.init == "random_frozen":
            return load("mtam.recall.gates.softmax:FrozenForm")()
        if not self._several():
            return super().gate()
        return load("mtam.recall.gates.multihead:MultiHead")(self.heads, self.key_dim)

    def _several(self) -> bool:
        return self.heads > 1 or self.key_dim is not None

    def head_count(self) -> int:
        """As set."""
        return self.heads

    def misfit(self, data: RecallData) -> str | None:
        """Keys have at most the dimensions of the tags; a frozen form is one full form."""
        if self.init == "random_frozen" and self._several():
            return (
                "model.init = random_frozen takes one head with full keys; valid: model.heads = 1, model.key_dim = null"
            )
        if self.key_dim is None or self.key_dim <= data.seen_dim():
            return None
        return f"model.key_dim = {self.key_dim} but tags have {data.seen_dim()} dimensions; valid: at most that"

    def asks_for_average(self) -> bool:
        """As set."""
        return self.average_bayes

    def most_triplings(self) -> int:
        """As set."""
        return self.triplings

    def shape(self) -> tuple[Any, ...]:
        """The width of the keys, and whether the form is trained, too."""
        return (*super().shape(), self.key_dim, self.init == "random_frozen")

    def step_seconds(self) -> float:
        """Heads, narrow keys and a frozen form have no compiled form."""
        return LAYERED_STEP if self._several() or self.init == "random_frozen" else STEP


class LinearModel(TrainedModel):
    """Affine linear attention, unnormalised (paper A, Remark 3)."""

    gate_class: ClassVar[str] = "mtam.recall.gates.linear:Linear"

    beta0: float = Field(4.0, gt=0)  # W starts at beta0 times the identity
    init: Init = "identity"

    def step_seconds(self) -> float:
        """There is no compiled form."""
        return LAYERED_STEP


class LinearEluModel(TrainedModel):
    """Linear attention with positive features elu + 1, normalised."""

    gate_class: ClassVar[str] = "mtam.recall.gates.linear_elu:LinearElu"

    beta0: float = Field(4.0, gt=0)  # the scale of the first kernel of matching tags

    def step_seconds(self) -> float:
        """There is no compiled form."""
        return LAYERED_STEP


class OwnGateModel(TrainedModel):
    """Attention by a gate of the user's own, ``model.code=MODULE:CLASS`` on the command line."""

    gate_class: ClassVar[str] = "mtam.recall.gates.softmax:Softmax"  # where none is named

    code: Code | None = None  # MODULE:CLASS of a gate, see ``mtam.recall.gates.interface``
    beta0: float = Field(4.0, gt=0)  # for the gate's start
    init: Init = "identity"  # for the gate's start

    def lacks(self) -> str | None:
        """The class: without it the gate is softmax under another name."""
        return None if self.code else no_code(self.name, "a gate as in mtam.recall.gates.interface")

    def gate(self) -> Any:
        """As named."""
        if self.code is None:
            return super().gate()
        found = load_named(self.code)()
        fits = all(hasattr(found, name) for name in ("heads", "shapes", "start", "forward", "backward"))
        return expected(self.code, found, fits, "a gate with what mtam.recall.gates.interface has")

    def shape(self) -> tuple[Any, ...]:
        """A program has one gate."""
        return (*super().shape(), self.code)

    def step_seconds(self) -> float:
        """There is no compiled form."""
        return LAYERED_STEP


class FrozenRbfModel(TrainedModel):
    """Attention by a radial kernel that cannot learn its metric."""

    gate_class: ClassVar[str] = "mtam.recall.gates.untrained:FrozenRbf"

    bandwidth: float | None = Field(None, gt=0)  # h; null: the best of a grid on the holdout

    def kernel_bandwidth(self) -> float | None:
        """As set."""
        return self.bandwidth

    def tried(self) -> list[TrainedModel]:
        """All of BANDWIDTHS, where none is set."""
        return [self] if self.bandwidth else [self.model_copy(update={"bandwidth": h}) for h in BANDWIDTHS]


class MeanModel(TrainedModel):
    """Uniform attention: the mean of the mixture, which cannot recall."""

    gate_class: ClassVar[str] = "mtam.recall.gates.untrained:Mean"


class TagOnlyModel(TrainedModel):
    """No look at the measures: the answer from the query alone."""

    gate_class: ClassVar[str] = "mtam.recall.gates.untrained:Blind"


class OracleModel(TrainedModel):
    """Attention that is told the true component."""

    gate_class: ClassVar[str] = "mtam.recall.gates.untrained:OracleGate"


class MercerModel(OracleModel):
    """Attention that is told the true component, and a head on its first D Mercer coefficients."""

    mercer_features: ClassVar[bool] = True

    width: int = Field(8, ge=1)  # D, coefficients that the head sees

    def misfit(self, data: RecallData) -> str | None:
        """There are J coefficients."""
        if self.width <= data.modes:
            return None
        return f"model.width = {self.width} but there are data.modes = {data.modes} Mercer coefficients"


class KnnModel(RecallModel):
    """Nearest neighbours on the true coefficients of the true component."""


class GpModel(RecallModel):
    """Gaussian-process regression on the true coefficients with the true kernel: the Bayes benchmark."""

    def matrix_bytes(self, n: int) -> float:
        """A triangle in single precision, and blocks."""
        return SINGLE_MATRIX * n**2

    def seconds(self, n: int) -> float:
        """One factorisation."""
        return exact_seconds(n)


class PosteriorModel(RecallModel):
    """The Bayes risk averaged over the Matern prior: the posterior variance, for which no target is drawn."""

    def misfit(self, data: RecallData) -> str | None:
        """The prior of another target is not known."""
        if data.target in OF_MATERN_PRIOR:
            return None
        valid = ", ".join(OF_MATERN_PRIOR)
        return f"model = posterior has no prior for data.target = {data.target}; valid: {valid}"

    def too_large(self, n: int) -> str | None:
        """There is no memory for more."""
        if n <= POSTERIOR_TO:
            return None
        return f"model = posterior takes at most n = {POSTERIOR_TO}, not {n}"

    def matrix_bytes(self, n: int) -> float:
        """A factor in double precision, and blocks."""
        return DOUBLE_MATRIX * n**2

    def seconds(self, n: int) -> float:
        """That of the variance, and no more."""
        return variance_seconds(n)


class OwnRecallModel(RecallModel):
    """An estimator of your own: model.code=MODULE:CLASS with fit(contexts, answers, rng) and predict(contexts)."""

    code: Code | None = None  # MODULE:CLASS, see ``mtam.recall.evaluation.own_recall``

    def lacks(self) -> str | None:
        """The class."""
        what = "a class with fit(contexts, answers, rng) and predict(contexts)"
        return None if self.code else no_code(self.name, what)

    def shape(self) -> tuple[Any, ...]:
        """A pack has one class."""
        return (*super().shape(), self.code)
