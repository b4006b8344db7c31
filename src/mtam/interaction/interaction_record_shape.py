"""The numbers in a record of an interaction that tables and pictures read, by their shapes."""

from typing import Self

from pydantic import Field, model_validator

from mtam.base.spec import Number, Numbers, Size


class FitShape(Numbers):
    """What every fit tells of phi and A: curves on one grid of u, and singular values."""

    intervals: int = Field(1, ge=1, le=2**40)
    spline_degree: int = Field(1, ge=0, le=100)
    starts: int = Field(0, ge=0, le=2**40)
    agreeing: int = Field(0, ge=0, le=2**40)
    converged: bool = False
    seconds: Size = 0.0
    phi_grid: list[Number] = Field(default_factory=list, min_length=2)
    phi_hat: list[Number] = Field(default_factory=list, min_length=2)
    u_density: list[Size] = Field(default_factory=list, min_length=2)
    phi_true: list[Number] = Field(default_factory=list, min_length=2)
    band_low: list[Number] = Field(default_factory=list, min_length=2)
    band_high: list[Number] = Field(default_factory=list, min_length=2)
    simultaneous_low: list[Number] = Field(default_factory=list, min_length=2)
    simultaneous_high: list[Number] = Field(default_factory=list, min_length=2)
    simultaneous_from: Number = 0.0
    simultaneous_to: Number = 0.0
    singular_hat: list[Size] = Field(default_factory=list, min_length=1)
    singular_true: list[Size] = Field(default_factory=list, min_length=1)

    @model_validator(mode="after")
    def _aligned(self) -> Self:
        points, wide = len(self.phi_grid), (self.simultaneous_low, self.simultaneous_high)
        if not points == len(self.phi_hat) == len(self.u_density):
            raise ValueError("phi_grid, phi_hat and u_density differ in length")
        if {len(curve) for curve in (self.phi_true, self.band_low, self.band_high, *wide)} - {0, points}:
            raise ValueError("curves over phi_grid differ in length")
        if len(self.band_low) != len(self.band_high) or len(wide[0]) != len(wide[1]):
            raise ValueError("a band has two sides")
        if self.singular_true and len(self.singular_true) != len(self.singular_hat):
            raise ValueError("A and its estimate have different numbers of singular values")
        return self


class InteractionShape(FitShape):
    """Numbers of one trial against the truth; without a fit beside it that knows A*, the later ones are not there."""

    error: Size
    error_se: Size = 0.0
    oracle_error: Size = 0.0
    oracle_error_se: Size = 0.0
    excess: Number = 0.0
    excess_se: Number = 0.0
    excess_ratio: Number = 0.0
    parametric_error: Number = 0.0
    predicted_parametric_error: Size = 0.0
    forecast_error: Size = 0.0
    forecast_oracle_error: Size = 0.0
    forecast_best_error: Size = 0.0
    forecast_linear_price: Size = 0.0
    forecast_intervals: Size = 0.0
    lack_of_fit: Number = 0.0
    a_cosine: Number = 0.0


class OwnDataShape(FitShape):
    """Numbers of a fit to own data, with the whole of the fitted interaction."""

    rank: int = Field(ge=1, le=2**40)
    d: int = Field(ge=1, le=2**20)
    spline_degree: int = Field(ge=0, le=100)
    intervals: int = Field(ge=1, le=2**40)
    holdout_error: Size
    holdout_se: Size = 0.0
    noise_sd: Size = 0.0
    explained: Number = 0.0
    explainable: Number = 0.0
    phi_grid: list[Number] = Field(min_length=2)
    singular_hat: list[Size] = Field(min_length=1)
    band_low: list[Number] = Field(min_length=2)
    matrix: list[Number]  # (d, d), row by row
    coefficients: list[Number]  # (K + s,)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if len(self.matrix) != self.d**2 or len(self.coefficients) != self.intervals + self.spline_degree:
            raise ValueError("matrix or coefficients have another length than d, intervals and spline_degree say")
        return self
