"""What a recall trial's contexts are: the measures, the tags, the target. Nothing heavy is imported here."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from mtam.base.named.named_code import known_or_named
from mtam.base.spec import Frozen
from mtam.recall.recall_variants import TARGETS
from mtam.recall.spectrum import Spectrum

TAGS = ("cross_polytope", "orthonormal", "simplex", "equicorrelated", "iid", "nuisance")
Tags = Annotated[str, AfterValidator(lambda name: known_or_named(TAGS, name))]
Basis = Literal["cosine", "legendre", "haar", "bspline"]
Target = Annotated[str, AfterValidator(lambda name: known_or_named(TARGETS, name))]


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
    target: Target = "matern"
    length_scale: float = Field(5.0, gt=0)  # of the target, in root mean squares of the coefficient vector
    length: int | None = Field(None, ge=1)  # tokens per context; None: the exact measure
    query_noise: float = Field(0.0, ge=0)  # the query's tag is v + query_noise * N(0, I/d1)
    query_scale: float = Field(0.1, ge=0)  # range of the query's content in units of the target's length scale
    noise: float = Field(0.1, ge=0)  # sigma, as a share of the target's standard deviation
    test: int = Field(4096, ge=16)  # fresh contexts on which the risk is measured

    def seen_dim(self) -> int:
        """The dimension of a tag as the model sees it."""
        return self.tag_dim + (self.nuisance if self.tags == "nuisance" else 0)
