"""What defines an interaction trial: data, estimator, sample size, seed, and what follows from them.

Nothing heavy is imported here, so that a sweep can be planned without numba or torch.
"""

import math
from collections.abc import Sequence
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, SerializeAsAny, model_validator

from mtam.base import variants
from mtam.base.spec import MOST_SAMPLES, Trial
from mtam.interaction import cost
from mtam.interaction.interaction_data import Activation as Activation
from mtam.interaction.interaction_data import InteractionData as InteractionData
from mtam.interaction.interaction_data import Noise as Noise
from mtam.interaction.interaction_data import TokenLaw as TokenLaw
from mtam.interaction.interaction_models import InteractionModel as InteractionModel
from mtam.interaction.interaction_models import KRule as KRule
from mtam.interaction.interaction_variants import MODELS
from mtam.interaction.model.low_rank import dimension

MOST_HELD = 2**26  # samples of an estimator that holds them
MOST_MOVES = 600  # numbers of the factors, where the square of it is kept and added to for every row
MOST_BUMPS = 256  # of hypotheses: the longest code, see hypotheses.code


def interaction_model(name: str = "ips_erm", **settings: Any) -> InteractionModel:
    """The settings of an estimator of interactions; ValueError for what it does not have."""
    found: InteractionModel = variants.choose(MODELS, {"name": name, **settings}, name)
    return found


class InteractionTrial(Trial):
    """One interaction fit; n is M, the number of samples."""

    own: ClassVar[str] = "ips_erm"
    unhashed: ClassVar[Sequence[tuple[str, str]]] = (("data", "samples_file"),)
    later: ClassVar[Sequence[tuple[str, str]]] = (("data", "frequencies"), ("data", "heads"))

    problem: Literal["interaction"] = "interaction"
    protocol: Literal["claimed", "reported"] = "claimed"
    data: InteractionData = InteractionData()
    model: SerializeAsAny[InteractionModel] = Field(default_factory=interaction_model)
    n: int = Field(20000, ge=1, le=MOST_SAMPLES)
    seed: int = Field(0, ge=0)

    @model_validator(mode="after")
    def _few_enough_bumps(self) -> Self:
        if self.data.activation == "hypotheses" and self.n * self.data.tokens > MOST_BUMPS ** (2 * self.beta() + 1):
            most = int(MOST_BUMPS ** (2 * self.beta() + 1) // self.data.tokens)
            raise ValueError(
                f"hypotheses of degree {self.data.degree} have at most {MOST_BUMPS} bumps; valid: M <= {most}"
            )
        return self

    @model_validator(mode="after")
    def _heads_that_can_be_told_apart(self) -> Self:
        data, model = self.data, self.model
        if data.heads > 1 and not model.several:
            raise ValueError(
                f"data.heads = {data.heads}: model.name = {model.name} knows one head; valid: model=heads_erm, or "
                "data.heads=1"
            )
        if model.several and data.d == 1:
            raise ValueError(
                f"in d = 1 all heads are one function of x y, which model.name = {model.name} cannot divide; valid: "
                "data.d >= 2, or model=ips_erm"
            )
        if model.several and data.row_normalised:
            raise ValueError("data.row_normalised=true is no sum of heads; valid: model=ips_erm, which fits one head")
        if data.heads > 1 and data.activation == "hypotheses":
            raise ValueError(
                f"data.activation=hypotheses is the lower bound's family of one head, not of {data.heads}; valid: "
                "data.heads=1"
            )
        return self

    @model_validator(mode="after")
    def _rank_of_a_matrix(self) -> Self:
        if self.fit_rank() > self.data.d:
            raise ValueError(
                f"model.rank = {self.fit_rank()} is larger than data.d = {self.data.d}; valid: 1 to {self.data.d}"
            )
        return self

    @model_validator(mode="after")
    def _few_enough_samples(self) -> Self:
        if self.n > MOST_HELD and not self.model.streams:
            raise ValueError(
                f"model.name = {self.model.name} holds all of its M = {self.n} samples; valid: M <= {MOST_HELD} = "
                "2^26, or model=one_step, which draws them block by block"
            )
        return self

    @model_validator(mode="after")
    def _what_can_be_streamed(self) -> Self:
        if self.model.streams and self.data.row_normalised:
            raise ValueError(
                f"model.name = {self.model.name} fits means over pairs, which data.row_normalised=true has not; valid: "
                "model=ips_erm, whose fit is misspecified there"
            )
        if self.model.streams and 2 * self.data.d * self.fit_rank() > MOST_MOVES:
            raise ValueError(
                f"model.name = {self.model.name} keeps products of the 2 d r = {2 * self.data.d * self.fit_rank()} "
                f"numbers of A; valid: d r <= {MOST_MOVES // 2}"
            )
        return self

    @model_validator(mode="after")
    def _enough_samples(self) -> Self:
        unknowns = self.parameters()
        if self.n * self.data.tokens < 2 * unknowns:
            raise ValueError(
                f"{self.n} samples of {self.data.tokens} tokens are too few for the {unknowns} parameters of a "
                f"rank-{self.fit_rank()} matrix in d = {self.data.d}; valid: at least "
                f"{-(-2 * unknowns // self.data.tokens)} samples"
            )
        return self

    def fit_rank(self) -> int:
        """The rank of the fitted matrix."""
        return self.model.fit_rank(self.data)

    def k_rule(self) -> KRule:
        """How K is chosen: a given number of intervals is a rule too."""
        return self.model.spline().rule

    def spline_degree(self) -> int:
        """s, the degree of the spline: that of the truth where none is given."""
        return self.model.spline().fitted_degree(self.data.degree)

    def parameters(self) -> int:
        """p = 2 r d - r^2 - 1, the identifiable parameters of a rank-r matrix of fixed norm; their sum over heads."""
        return self.fit_heads() * (dimension(self.data.d, self.fit_rank()) - 1)

    def fit_heads(self) -> int:
        """The number of fitted heads."""
        return self.model.fit_heads(self.data)

    def beta(self) -> int:
        """The paper's smoothness index, beta = P - 1 (at least 1)."""
        return max(1, self.data.degree - 1)

    def memory(self) -> float:
        """The tokens in double precision, and a third more for whitening and blocks."""
        return 8 * 1.3 * self.model.held(self.n) * self.data.tokens * (self.data.d + 1)

    def cost(self) -> float:
        """Seconds on one thread: the data, the fit, and what stands beside it; see ``mtam.interaction.cost``."""
        data = cost.data_seconds(self.data, self.model.held(self.n))
        return cost.BUSY * (data + self.model.seconds(self.data, self.n))

    def has_linear(self) -> bool:
        """Whether its error has the linearised estimator as a control variate: least squares.

        A penalised fit has not: what is linearised carries no penalty.
        """
        least_squares = self.model.name == "ips_erm" and self.k_rule() != "reml" and self.fit_rank() == self.data.rank
        return least_squares and not self.data.row_normalised

    def inside_theorem(self) -> bool:
        """r d <= (M / ln M)^{1/(2 beta + 1)}: where the theorem's rate is free of d and r (paper B, Theorem 4.4)."""
        return self.n >= self.samples_needed()

    def broken(self) -> list[str]:
        """The assumptions of the theorem, besides a small r d, that these data do not meet: a sentence for each."""
        data = self.data
        told = []
        if data.row_normalised:
            told.append("weights that sum to one over a row make the response no mean of functions of pairs")
        if data.heads > 1 or self.fit_heads() > 1:
            told.append("the theorem has one head")
        if data.noise_law in ("laplace", "student"):
            told.append(f"{data.noise_law} noise is not sub-Gaussian")
        if data.token_law == "without_replacement":
            told.append("tokens drawn without replacement are finitely exchangeable only; coercivity may fail")
        if data.activation == "relu" and self.beta() > 1:
            told.append(
                f"relu has a kink and is no Hoelder function of order beta = {self.beta()}; its bias² falls as K^-3, "
                "which gives the slope -0.75"
            )
        return told

    def samples_needed(self) -> float:
        """The smallest M with M / ln M >= (r d)^{2 beta + 1}, by bisection on ln M."""
        wanted = (2 * self.beta() + 1) * math.log(self.data.rank * self.data.d)
        low, high = 1.0, 2.0 * wanted + 10.0  # ln M - ln ln M grows with M from M = e on
        for _ in range(100):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if middle - math.log(middle) < wanted else (low, middle)
        return math.exp(high)

    def facts(self) -> dict[str, Any]:
        """The other exponent (beta = P: a degree-P spline is Hoelder of order P) and the theorem's condition."""
        smooth = self.data.degree
        return {
            "theory_slope_beta_P": -2 * smooth / (2 * smooth + 1),
            "inside_theorem": self.inside_theorem() and not self.broken(),
            "theorem_needs_M": float(f"{self.samples_needed():.1e}"),
        }

    def law(self) -> dict[str, Any]:
        """M^{-2 beta/(2 beta + 1)} (paper B, Theorem 4.4 and its matching upper bound)."""
        return {"name": "power_law", "exponent": 2 * self.beta() / (2 * self.beta() + 1)}
