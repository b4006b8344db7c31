"""What an interaction trial's data are: tokens, truth, noise. Nothing heavy is imported here."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from mtam.base.named.named_code import known_or_named
from mtam.base.spec import Frozen
from mtam.interaction.interaction_variants import TOKEN_LAWS

TokenLaw = Annotated[str, AfterValidator(lambda name: known_or_named(TOKEN_LAWS, name))]
Noise = Literal["gaussian", "uniform", "rademacher", "laplace", "student"]
ACTIVATIONS = ("bspline", "rate_hard", "tanh", "exp", "relu", "odd", "even", "hypotheses", "samples")
Activation = Annotated[str, AfterValidator(lambda name: known_or_named(ACTIVATIONS, name))]


class InteractionData(Frozen):
    """Y_i = (N-1)^{-1} sum_{j != i} phi*(X_i^T A* X_j) + eta_i (paper B, equation of the model)."""

    d: int = Field(30, ge=1)
    tokens: int = Field(10, ge=2)  # N
    rank: int = Field(2, ge=1)  # r
    degree: int = Field(3, ge=1)  # P, smoothness of the truth; the theory's beta is P - 1
    activation: Activation = "bspline"
    knots: int = Field(6, ge=1)  # intervals of bspline, odd and even truths
    frequencies: int = Field(512, ge=8, le=2**14)  # of the series of rate_hard truths
    holder: float = Field(10.0, gt=0)  # L, Hoelder constant of the bumps of hypotheses
    samples_file: str | None = None  # CSV with columns u, phi, for activation samples
    samples_sha256: str | None = Field(None, pattern="^[0-9a-f]{64}$")  # of its content, found here
    row_normalised: bool = False  # weights exp(3u) that sum to one over j, as in softmax attention
    token_law: TokenLaw = "cube"
    condition: float = Field(100.0, ge=1)  # condition number of the covariance, anisotropic tokens only
    noise: float = Field(0.3, ge=0)  # sigma, standard deviation
    noise_law: Noise = "gaussian"
    allow_heavy_tails: bool = False
    heads: int = Field(1, ge=1, le=8)  # H, of which g* is the sum, each with an activation and a matrix of its own

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
