"""What defines an interaction trial: tokens, truth, noise, and the estimator.

Nothing heavy is imported here, so that a sweep can be planned without numba or torch.
"""

import hashlib
import json
import math
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from mtam.base.spec import SCHEMA, Frozen, Trial
from mtam.interaction import cost
from mtam.interaction.model.low_rank import dimension

TokenLaw = Literal["cube", "gaussian", "sphere", "anisotropic", "dependent", "without_replacement"]
Noise = Literal["gaussian", "uniform", "rademacher", "laplace", "student"]
KRule = Literal["rule", "cp", "holdout", "bic"]
Activation = Literal["bspline", "rate_hard", "tanh", "exp", "relu", "odd", "even", "hypotheses", "samples"]

MOST_BUMPS = 256  # of hypotheses: the longest code, see hypotheses.code


class InteractionData(Frozen):
    """Y_i = (N-1)^{-1} sum_{j != i} phi*(X_i^T A* X_j) + eta_i (paper B, equation of the model)."""

    d: int = Field(30, ge=1)
    tokens: int = Field(10, ge=2)  # N
    rank: int = Field(2, ge=1)  # r
    degree: int = Field(3, ge=1)  # P, smoothness of the truth; the theory's beta is P - 1
    activation: Activation = "bspline"
    knots: int = Field(6, ge=1)  # intervals of bspline, odd and even truths
    holder: float = Field(10.0, gt=0)  # L, Hoelder constant of the bumps of hypotheses
    samples_file: str | None = None  # CSV with columns u, phi, for activation samples
    samples_sha256: str | None = Field(None, pattern="^[0-9a-f]{64}$")  # of its content, found here
    row_normalised: bool = False  # weights exp(3u) that sum to one over j, as in softmax attention
    token_law: TokenLaw = "cube"
    condition: float = Field(100.0, ge=1)  # condition number of the covariance, anisotropic tokens only
    noise: float = Field(0.3, ge=0)  # sigma, standard deviation
    noise_law: Noise = "gaussian"
    allow_heavy_tails: bool = False

    @model_validator(mode="before")
    @classmethod
    def _known_by_content(cls, values: Any) -> Any:
        """The digest of the samples enters the trial when it is planned; whoever runs it compares."""
        if not isinstance(values, dict) or values.get("samples_file") is None or values.get("samples_sha256"):
            return values
        from mtam.interaction.files.activation_points import read

        return {**values, "samples_sha256": read(str(values["samples_file"])).sha256}

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if (self.activation == "samples") != (self.samples_file is not None):
            raise ValueError("data.activation=samples and data.samples_file=FILE.csv go together")
        if self.row_normalised and self.activation != "exp":
            raise ValueError(f"data.row_normalised=true is softmax attention and needs exp, not {self.activation}")
        if self.rank > self.d:
            raise ValueError(f"data.rank = {self.rank} is larger than data.d = {self.d}; valid: 1 to {self.d}")
        if self.noise_law in ("laplace", "student") and not self.allow_heavy_tails:
            raise ValueError(
                f"data.noise_law = {self.noise_law} is not sub-Gaussian, as the theorem assumes; "
                "data.allow_heavy_tails=true runs it all the same"
            )
        return self


class InteractionModel(Frozen):
    """The estimator; ``name`` is looked up in the registry."""

    name: str = "ips_erm"
    degree: int | None = Field(None, ge=1, le=9)  # spline degree s of the estimator; None: the degree of the truth
    intervals: int | None = Field(None, ge=1)  # K; None: by k_rule
    k_rule: KRule = "rule"  # how K is chosen where intervals is null
    k_constant: float = Field(4.0, gt=0)  # c in K = ceil(c M^{1/(2 beta + 1)})
    rank: int | None = Field(None, ge=1)  # rank of the fit; None: the rank of the truth
    max_starts: int = Field(40, ge=1)
    width: int = Field(64, ge=1)  # units per hidden layer, mlp only
    steps: int = Field(3000, ge=1)  # of Adam, mlp only
    batch: int = Field(128, ge=1)  # samples per step, mlp only
    learning_rate: float = Field(3e-3, gt=0)  # mlp only


class InteractionTrial(Trial):
    """One interaction fit; n is M, the number of samples."""

    problem: Literal["interaction"] = "interaction"
    protocol: Literal["claimed", "reported"] = "claimed"
    data: InteractionData = InteractionData()
    model: InteractionModel = InteractionModel()
    n: int = Field(20000, ge=1, le=2**26)
    seed: int = Field(0, ge=0)

    def key(self) -> str:
        """As for every trial, but without the path of the samples: the same content elsewhere is the same trial."""
        fields = self.model_dump(mode="json", exclude={"data": {"samples_file"}})
        text = json.dumps({"schema": SCHEMA, **fields}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:20]

    @model_validator(mode="after")
    def _few_enough_bumps(self) -> Self:
        if self.data.activation == "hypotheses" and self.n * self.data.tokens > MOST_BUMPS ** (2 * self.beta() + 1):
            most = int(MOST_BUMPS ** (2 * self.beta() + 1) // self.data.tokens)
            raise ValueError(
                f"hypotheses of degree {self.data.degree} have at most {MOST_BUMPS} bumps; valid: M <= {most}"
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
        return self.model.rank or self.data.rank

    def k_rule(self) -> KRule:
        """How K is chosen: a given number of intervals is a rule too."""
        return "rule" if self.model.intervals is not None else self.model.k_rule

    def parameters(self) -> int:
        """p = 2 r d - r^2 - 1, the identifiable parameters of a rank-r matrix of fixed norm."""
        return dimension(self.data.d, self.fit_rank()) - 1

    def beta(self) -> int:
        """The paper's smoothness index, beta = P - 1 (at least 1)."""
        return max(1, self.data.degree - 1)

    def memory(self) -> float:
        """The tokens in double precision, and a third more for whitening and blocks."""
        return 8 * 1.3 * self.n * self.data.tokens * (self.data.d + 1)

    def cost(self) -> float:
        """See ``expense``."""
        return cost.seconds(self)

    def inside_theorem(self) -> bool:
        """r d <= (M / ln M)^{1/(2 beta + 1)}: where the theorem's rate is free of d and r (paper B, Theorem 4.4)."""
        return self.n >= self.samples_needed()

    def broken(self) -> list[str]:
        """The assumptions of the theorem, besides a small r d, that these data do not meet: a sentence for each."""
        data = self.data
        told = []
        if data.row_normalised:
            told.append("weights that sum to one over a row make the response no mean of functions of pairs")
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
