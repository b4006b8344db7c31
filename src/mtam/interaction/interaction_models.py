"""The settings of every estimator of interactions, each with its own only, and its cost. Nothing heavy is imported."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from mtam.base.named.named_code import known_or_named, no_code
from mtam.base.spec import EstimatorSettings
from mtam.interaction import cost
from mtam.interaction.interaction_data import InteractionData

KRule = Literal["rule", "cp", "holdout", "bic", "reml"]
SMOOTHEST = 3  # highest degree of a penalised spline: beyond, B-splines are too alike for differences to mean anything
GIVEN = ("rule", "reml")  # K is known before the data are seen

# What all estimators of interactions shared at schema 2. Frozen: it enters every key.
LEGACY: Mapping[str, Any] = {
    "degree": None, "intervals": None, "k_rule": "rule", "k_constant": 4.0, "rank": None, "max_starts": 40,
    "width": 64, "steps": 3000, "batch": 128, "learning_rate": 3e-3,
}  # fmt: skip


@dataclass(frozen=True)
class SplineChoice:
    """The spline of a fit, and of the fit with A* known and the forecast that stand beside it."""

    degree: int | None = None  # s; None: the degree of the truth
    intervals: int | None = None  # K; None: by k_rule
    k_rule: KRule = "rule"
    k_constant: float = 4.0  # c in K = ceil(c M^{1/(2 beta + 1)})

    @property
    def rule(self) -> KRule:
        """How K is chosen: a given number of intervals is a rule too."""
        return "rule" if self.intervals is not None else self.k_rule

    def fitted_degree(self, truth: int) -> int:
        """s, that of the truth where none is given, as far as a penalised spline may have it."""
        return min(self.degree or truth, SMOOTHEST) if self.rule == "reml" else self.degree or truth

    def checked(self) -> None:
        """ValueError for a degree that a penalised spline cannot have."""
        if self.rule == "reml" and (self.degree or 0) > SMOOTHEST:
            raise ValueError(
                f"model.degree = {self.degree} is too high for a penalised spline; valid with model.k_rule=reml: 1 to "
                f"{SMOOTHEST}, with another rule up to 9"
            )


class InteractionModel(EstimatorSettings):
    """An estimator of interactions."""

    legacy: ClassVar[Mapping[str, Any]] = LEGACY
    fit: ClassVar[str]  # module:function, see ``mtam.interaction.estimators.estimators.Estimator``
    knows_a: ClassVar[bool] = False  # then nothing with A* known stands beside it
    several: ClassVar[bool] = False  # whether it fits the sum of several heads
    streams: ClassVar[bool] = False  # samples are drawn block by block and not kept

    def fit_rank(self, data: InteractionData) -> int:
        """The rank of the fitted matrix."""
        return data.rank

    def fit_heads(self, data: InteractionData) -> int:
        """The number of fitted heads."""
        del data
        return 1

    def held(self, samples: int) -> int:
        """How many of the samples are in memory at once."""
        return samples

    def spline(self) -> SplineChoice:
        """The paper's rule, for estimators that set nothing about it."""
        return SplineChoice()

    def seconds(self, data: InteractionData, samples: int) -> float:
        """A forecast of the seconds on one thread of the fit and what stands beside it."""
        return self.fit_seconds(data, samples) + cost.forecast_seconds(data, samples, self.spline().rule in GIVEN)

    def fit_seconds(self, data: InteractionData, samples: int) -> float:
        """Of the fit alone."""
        return 0.7 + 2.3e-5 * samples * data.tokens

    def _choice_seconds(self, data: InteractionData, samples: int) -> float:
        chosen = self.spline()
        if chosen.rule in GIVEN:
            return 0.0
        return cost.choice_seconds(chosen.degree or data.degree, samples * data.tokens)


class IpsErmModel(InteractionModel):
    """Empirical risk minimiser over splines x rank-r matrices, by variable projection (paper B)."""

    fit: ClassVar[str] = "mtam.interaction.estimators.estimators:fit_erm"

    degree: int | None = Field(None, ge=1, le=9)  # spline degree s of the estimator; None: the degree of the truth
    intervals: int | None = Field(None, ge=1)  # K; None: by k_rule
    k_rule: KRule = "rule"  # how K is chosen where intervals is null
    k_constant: float = Field(4.0, gt=0)  # c in K = ceil(c M^{1/(2 beta + 1)})
    rank: int | None = Field(None, ge=1)  # rank of the fit; None: the rank of the truth
    max_starts: int = Field(40, ge=1)

    def fit_rank(self, data: InteractionData) -> int:
        """As set, else the rank of the truth."""
        return self.rank or data.rank

    @model_validator(mode="after")
    def _degree_of_a_penalised_spline(self) -> Self:
        self.spline().checked()
        return self

    def spline(self) -> SplineChoice:
        """As set."""
        return SplineChoice(self.degree, self.intervals, self.k_rule, self.k_constant)

    def fit_seconds(self, data: InteractionData, samples: int) -> float:
        """Passes over the pairs, and over the columns of A."""
        d, rows = data.d, samples * data.tokens
        matrix = 1e-7 * d * (1 + 0.35 * (self.fit_rank(data) - 1)) if d > 1 else 0.0
        linear = cost.linear_seconds(data, samples)
        return 0.05 + 0.005 * d + linear + matrix * rows + self._choice_seconds(data, samples)


class OneStepModel(InteractionModel):
    """The one-step estimator: the minimiser on a pilot, then one Gauss-Newton step on the sums over all samples."""

    fit: ClassVar[str] = "mtam.interaction.streaming.run_one_step:run"
    streams: ClassVar[bool] = True

    degree: int | None = Field(None, ge=1, le=9)  # spline degree s; None: the degree of the truth
    intervals: int | None = Field(None, ge=1)  # K, of the last step; None: by the paper's rule
    k_constant: float = Field(4.0, gt=0)  # c in K = ceil(c M^{1/(2 beta + 1)})
    rank: int | None = Field(None, ge=1)  # rank of the fit; None: the rank of the truth
    max_starts: int = Field(40, ge=1)  # of the pilot
    pilot: int = Field(2**18, ge=1000, le=2**26)  # samples of the pilot, at most
    growth: float = Field(8.0, gt=1)  # most samples of a step over those of the one before; the last step has all

    def fit_rank(self, data: InteractionData) -> int:
        """As set, else the rank of the truth."""
        return self.rank or data.rank

    def held(self, samples: int) -> int:
        """The pilot alone."""
        return min(samples, self.pilot)

    def sizes(self, samples: int) -> list[int]:
        """Samples of every step, in equal ratios from the pilot's to all."""
        ratio = max(1.0, samples / self.pilot)
        steps = max(1, math.ceil(math.log(ratio) / math.log(self.growth) - 1e-9))
        return [round(samples / ratio ** ((steps - k) / steps)) for k in range(1, steps)] + [samples]

    def spline(self) -> SplineChoice:
        """As set, K always by the rule."""
        return SplineChoice(self.degree, self.intervals, "rule", self.k_constant)

    def fit_seconds(self, data: InteractionData, samples: int) -> float:
        """The pilot as the minimiser takes it, and the passes of all steps."""
        moves = 2 * data.d * self.fit_rank(data) if data.d > 1 else 0
        pairs = data.tokens - 1
        row = 1.1e-8 * data.d + 1e-7 * pairs + 2e-9 * moves * (1 + 0.4 * pairs) + 3e-11 * moves**2
        pilot = IpsErmModel(name="ips_erm", rank=self.rank).fit_seconds(data, self.held(samples))
        return pilot + row * data.tokens * sum(self.sizes(samples))


class HeadsErmModel(InteractionModel):
    """Empirical risk minimiser over sums of several heads: all splines profiled out jointly (beyond paper B)."""

    fit: ClassVar[str] = "mtam.interaction.heads.run_heads:run"
    several: ClassVar[bool] = True

    degree: int | None = Field(None, ge=1, le=9)  # spline degree s; None: the degree of the truth
    intervals: int | None = Field(None, ge=1)  # K; None: by the paper's rule
    k_constant: float = Field(4.0, gt=0)  # c in K = ceil(c M^{1/(2 beta + 1)})
    rank: int | None = Field(None, ge=1)  # rank of every head of the fit; None: the rank of the truth
    max_starts: int = Field(40, ge=1)
    heads: int | None = Field(None, ge=1, le=8)  # of the fit; None: as many as the truth has

    def fit_rank(self, data: InteractionData) -> int:
        """As set, else the rank of the truth."""
        return self.rank or data.rank

    def fit_heads(self, data: InteractionData) -> int:
        """As set, else the heads of the truth."""
        return self.heads or data.heads

    def spline(self) -> SplineChoice:
        """As set, K always by the rule."""
        return SplineChoice(self.degree, self.intervals, "rule", self.k_constant)

    def fit_seconds(self, data: InteractionData, samples: int) -> float:
        """Joint starts on rows that grow with the parameters, and a descent and a law on all."""
        heads, rows = self.fit_heads(data), samples * data.tokens
        moves = 2 * data.d * self.fit_rank(data) * heads
        return 0.1 + 3e-4 * moves**2 + 1e-5 * heads * rows + 4e-7 * rows * (data.tokens - 1) * heads


class OracleAModel(InteractionModel):
    """The spline fitted with A* known: the nonparametric part of the error alone (paper B)."""

    fit: ClassVar[str] = "mtam.interaction.estimators.estimators:fit_oracle_a"
    knows_a: ClassVar[bool] = True

    degree: int | None = Field(None, ge=1, le=9)  # spline degree s; None: the degree of the truth
    intervals: int | None = Field(None, ge=1)  # K; None: by k_rule
    k_rule: KRule = "rule"  # how K is chosen where intervals is null
    k_constant: float = Field(4.0, gt=0)  # c in K = ceil(c M^{1/(2 beta + 1)})

    @model_validator(mode="after")
    def _degree_of_a_penalised_spline(self) -> Self:
        self.spline().checked()
        return self

    def spline(self) -> SplineChoice:
        """As set."""
        return SplineChoice(self.degree, self.intervals, self.k_rule, self.k_constant)

    def seconds(self, data: InteractionData, samples: int) -> float:
        """A linear fit and its evaluation."""
        return self.fit_seconds(data, samples) + cost.evaluation_seconds(data.d)

    def fit_seconds(self, data: InteractionData, samples: int) -> float:
        """One pass over the pairs, and the choice of K."""
        return cost.linear_seconds(data, samples) + self._choice_seconds(data, samples)


class AlsModel(InteractionModel):
    """Alternating least squares in plain numpy and scipy, the readable reference (paper B)."""

    fit: ClassVar[str] = "mtam.interaction.estimators.estimators:fit_als"

    degree: int | None = Field(None, ge=1, le=9)  # spline degree s; None: the degree of the truth
    intervals: int | None = Field(None, ge=1)  # K; None: by the paper's rule
    k_constant: float = Field(4.0, gt=0)  # c in K = ceil(c M^{1/(2 beta + 1)})
    rank: int | None = Field(None, ge=1)  # rank of the fit; None: the rank of the truth
    max_starts: int = Field(40, ge=1)  # of which it takes five at most

    def fit_rank(self, data: InteractionData) -> int:
        """As set, else the rank of the truth."""
        return self.rank or data.rank

    def spline(self) -> SplineChoice:
        """As set, K always by the rule."""
        return SplineChoice(self.degree, self.intervals, "rule", self.k_constant)


class MlpModel(InteractionModel):
    """The paper's numerical route: phi a small network, A by back-propagation with Adam (paper B)."""

    fit: ClassVar[str] = "mtam.interaction.estimators.estimators:fit_mlp"

    rank: int | None = Field(None, ge=1)  # rank of the fit; None: the rank of the truth
    width: int = Field(64, ge=1)  # units per hidden layer
    steps: int = Field(3000, ge=1)  # of Adam
    batch: int = Field(128, ge=1)  # samples per step
    learning_rate: float = Field(3e-3, gt=0)

    def fit_rank(self, data: InteractionData) -> int:
        """As set, else the rank of the truth."""
        return self.rank or data.rank

    def fit_seconds(self, data: InteractionData, samples: int) -> float:
        """Steps over the pairs of a batch."""
        del samples
        return self.steps * (1e-3 + 1.5e-8 * self.batch * data.tokens * (data.tokens - 1) * self.width)


class GradientModel(InteractionModel):
    """SGD or Adam on (phi, A) in the class of the minimiser, from several starts, which is held against (paper B)."""

    fit: ClassVar[str] = "mtam.interaction.training.run_training:run"
    knows_a: ClassVar[bool] = True  # what stands beside it is the minimiser, not a fit with A* known

    degree: int | None = Field(None, ge=1, le=9)  # spline degree s; None: the degree of the truth
    intervals: int | None = Field(None, ge=1)  # K; None: by the paper's rule
    k_constant: float = Field(4.0, gt=0)  # c in K = ceil(c M^{1/(2 beta + 1)})
    rank: int | None = Field(None, ge=1)  # rank of the fit; None: the rank of the truth
    optimiser: Literal["sgd", "adam"] = "adam"
    start: Literal["random", "moment"] = "random"  # of A; moment: what the minimiser's search tries first
    starts: int = Field(5, ge=1, le=1000)
    steps: int = Field(4000, ge=1, le=10**9)  # of every start
    batch: int = Field(128, ge=1)  # samples per step
    learning_rate: float | None = Field(None, gt=0)  # None: 0.1 for sgd, times batch/d below d samples; 0.01 for adam

    def fit_rank(self, data: InteractionData) -> int:
        """As set, else the rank of the truth."""
        return self.rank or data.rank

    def spline(self) -> SplineChoice:
        """As set, K always by the rule."""
        return SplineChoice(self.degree, self.intervals, "rule", self.k_constant)

    def rate(self, d: int) -> float:
        """The learning rate before its decay.

        A step of SGD in d dimensions moves by the noise of the gradient, whose square is of order d/batch, so that its
        length must fall as batch/d where d is larger (Ben Arous, Gheissari and Jagannath 2021, JMLR 22).
        """
        if self.optimiser == "adam":
            return self.learning_rate or 0.01
        return (self.learning_rate or 0.1) * min(1.0, self.batch / d)

    def seconds(self, data: InteractionData, samples: int) -> float:
        """Training, the minimiser beside it, and their evaluation."""
        return self.fit_seconds(data, samples) + cost.evaluation_seconds(data.d)

    def fit_seconds(self, data: InteractionData, samples: int) -> float:
        """Steps over the pairs of a batch, and the minimiser."""
        tokens, rank = data.tokens, self.fit_rank(data)
        sample = tokens * (4e-9 * data.d * rank + 4.5e-8 * (tokens - 1) * (1 + 0.1 * (rank - 1)))
        least = IpsErmModel(name="ips_erm", rank=self.rank).fit_seconds(data, samples)
        return least + self.starts * self.steps * (2e-6 + self.batch * sample)


class OwnInteractionModel(InteractionModel):
    """An estimator of your own: model.code=MODULE:CLASS with fit(X, Y, rng) and g(x, y) (paper B)."""

    fit: ClassVar[str] = "mtam.interaction.estimators.own_interaction:fit"

    code: Annotated[str, AfterValidator(lambda name: known_or_named((), name))] | None = None  # MODULE:CLASS

    def lacks(self) -> str | None:
        """The class."""
        return None if self.code else no_code(self.name, "a class with fit(X, Y, rng) and g(x, y)")
