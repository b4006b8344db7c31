"""What defines a fit to the user's own data. Nothing heavy is imported here."""

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from mtam.base.spec import Frozen, Trial
from mtam.interaction.interaction_models import IpsErmModel
from mtam.interaction.model.low_rank import dimension
from mtam.interaction.model.partners import Partners


class OwnDataErmModel(IpsErmModel):
    """The empirical risk minimiser for data whose truth is not known.

    ``partners``: the tokens over which phi is averaged, see ``model.partners``.

    Revision 1: the domain of phi follows the data, and the fit is told in three words.
    """

    revision: ClassVar[int] = 1

    partners: Partners = "others"


class OwnData(Frozen):
    """A file with tokens X (M, N, d) and responses Y (M, N), known by its content."""

    path: str
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    samples: int = Field(ge=1)  # M
    tokens: int = Field(ge=2)  # N
    d: int = Field(ge=1)
    arrays: list[str] = Field(default_factory=list)  # optional ones that the file has: weights, groups, mask
    responses: int | None = Field(None, ge=1)  # that count; None: M N


class OwnTrial(Trial):
    """One fit of an interaction to data whose truth is unknown; n is M, the number of samples.

    In ``model``, rank None means chosen by hold-out, degree None means 3, intervals None means by ``k_rule``.
    """

    own: ClassVar[str] = "ips_erm"
    later: ClassVar[Sequence[tuple[str, str]]] = (("data", "arrays"), ("data", "responses"))
    unhashed: ClassVar[Sequence[tuple[str, str]]] = (("data", "path"),)

    problem: Literal["interaction_data"] = "interaction_data"
    protocol: Literal["claimed"] = "claimed"
    data: OwnData
    model: OwnDataErmModel = OwnDataErmModel(name="ips_erm")
    n: int = Field(ge=1)
    seed: int = Field(0, ge=0)

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        data, model = self.data, self.model
        if self.n != data.samples:
            raise ValueError(f"n = {self.n} differs from the {data.samples} samples of {data.path}")
        if model.rank is not None and model.rank > data.d:
            raise ValueError(f"model.rank = {model.rank} is larger than d = {data.d}; valid: 1 to {data.d}")
        rows = self.rows()
        unknowns = self.parameters(model.rank or 1)
        if rows < 2 * unknowns and data.responses is not None:
            raise ValueError(
                f"{rows} responses that count are too few for the {unknowns} parameters of a rank-{model.rank or 1} "
                f"matrix in d = {data.d}; valid: at least {2 * unknowns}"
            )
        if rows < 2 * unknowns:
            raise ValueError(
                f"{data.samples} samples of {data.tokens} tokens are too few for the {unknowns} parameters of a "
                f"rank-{model.rank or 1} matrix in d = {data.d}; valid: at least {-(-2 * unknowns // data.tokens)}"
            )
        if model.intervals is not None and rows < 2 * (model.intervals + self.degree()):
            raise ValueError(
                f"model.intervals = {model.intervals} is too many for {rows} responses; valid: at most "
                f"{rows // 2 - self.degree()}"
            )
        return self

    def rows(self) -> int:
        """Responses that count."""
        return self.data.responses or self.data.samples * self.data.tokens

    def parameters(self, rank: int) -> int:
        """p, the identifiable parameters of a rank-r matrix of fixed norm."""
        return dimension(self.data.d, rank) - 1

    def degree(self) -> int:
        """s, the degree of the spline."""
        return self.model.degree or 3

    def ranks(self) -> list[int]:
        """The ranks to try: the one asked for, or 1, 2, 4, ..., d as far as twice their parameters fit the rows."""
        if self.model.rank is not None:
            return [self.model.rank]
        powers = [2**k for k in range(self.data.d.bit_length()) if 2**k < self.data.d]
        rows = self.rows()
        return [rank for rank in [*powers, self.data.d] if 2 * self.parameters(rank) <= rows]

    def cost(self) -> float:
        """Linear in the number of pairs, times the fits of the rank's choice."""
        return (len(self.ranks()) + 2) * (0.3 + 1e-6 * self.n * self.data.tokens**2)

    def law(self) -> dict[str, Any]:
        """A power law of unknown exponent: the smoothness of phi is not known."""
        return {"name": "power_law"}
