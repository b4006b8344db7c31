"""Softmax, sigmoid and ReLU attention beside a sink (paper B, introduction): is any of them best, and is it coercive?

Statement: extreme tokens dominate or diffuse attention, and no activation is best. Softmax weights sum to one over a
row (``attention_forms``), sigmoid and ReLU are means over pairs, as in paper B; values w^T x are known, A* is not.
Judged by how dear A is: E ||A_hat - A*||^2/||A*||^2 of least squares per sigma^2/Var f and row, which is
tr(H^{-1}) Var f/||A*||^2, so that every activation has the same share of noise. Excess risk would not tell them apart:
it is d^2 sigma^2/(M N) for each. Were the statement false, one activation would have the least price, within the
margin, beside every sink.

Beside it: is softmax coercive (Lemma 3.4 says it of means over pairs), and does least squares for softmax have the
parametric rate with Fisher's constant?
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mtam.base.finding import Finding
from mtam.checks.check_registry import Tick
from mtam.checks.check_settings import CheckSettings, distinct_within
from mtam.checks.sink import sink_tables
from mtam.checks.sink.sink_measure import VALUES, SinkCase, cells, fits, measure, on_a_hyperplane
from mtam.checks.sink.sink_verdicts import (
    coercivity_verdict,
    control_hyperplane,
    control_single,
    efficient_verdict,
    no_best,
    prices_of,
    rate_verdict,
)

Activation = Literal["softmax", "sigmoid", "relu", "sigmoid_rows", "softplus_rows"]
Strength = Annotated[float, Field(ge=1, le=100)]
Margin = Annotated[float, Field(gt=0, lt=1)]

SHARES = (0.5, 0.7)  # of the work, when information and rate are done


class Settings(CheckSettings):
    """Tokens, sinks and activations."""

    seed: int = Field(1000, ge=0)
    d: int = Field(5, ge=2, le=20)
    tokens: int = Field(10, ge=3, le=100)  # N
    score_sd: float = Field(1.0, gt=0, le=10)  # of x' A* y for ordinary tokens
    activations: list[Activation] = Field(["softmax", "sigmoid", "relu"], min_length=2)
    strengths: list[Strength] = Field([1.0, 2.0, 4.0, 7.0, 10.0], min_length=2)  # norm of the sink over the others'
    noise: float = Field(0.3, gt=0)  # sigma, as a share of the response's standard deviation
    truths: int = Field(16, ge=2, le=200)
    samples: int = Field(1000, ge=200, le=10**6)  # behind every information matrix
    sizes: list[int] = Field([250, 1000, 4000, 8000], min_length=2)  # M of softmax fits
    fitted: int = Field(500, ge=100, le=10**5)  # M at which every activation is fitted
    margin: Margin = 0.1  # of a price: within it two activations are alike; of the exponent
    least: float = Field(0.01, gt=0, lt=1)  # coercivity asked for
    efficiency: Margin = 0.15  # of the ratio of error to forecast

    @model_validator(mode="after")
    def _in_range(self) -> Self:
        for name in ("activations", "strengths"):
            if len(set(getattr(self, name))) < len(getattr(self, name)):
                raise ValueError(f"{name} = {getattr(self, name)} must be distinct")
        if self.strengths != sorted(self.strengths):
            raise ValueError(f"strengths = {self.strengths} must rise")
        least = -(-4 * self.d**2 // self.tokens)
        try:
            distinct_within(self.sizes, least, 10**6)
        except ValueError as wrong:
            raise ValueError(f"sizes = {self.sizes} {wrong}: four rows for each of the d^2 numbers of A") from None
        if self.fitted < least:
            raise ValueError(f"fitted = {self.fitted} must be at least {least}")
        return self


def check(settings: Settings, tick: Tick) -> Finding:
    """The finding on sinks; one minute with the default settings, linear in truths."""
    case = SinkCase(settings.d, settings.tokens, settings.score_sd, settings.noise, settings.samples,
                    settings.truths, settings.seed)  # fmt: skip
    found = cells(case, settings.activations, settings.strengths, lambda part: tick(SHARES[0] * part))
    ends = (settings.strengths[0], settings.strengths[-1])
    softmax = {cell.strength: cell for cell in found if (cell.activation, cell.value) == ("softmax", "growing")}
    softmax = softmax or {at: measure(case, "softmax", at, "growing") for at in ends}
    rate = [fits(case, softmax[at], size, lambda: tick(SHARES[0])) for at in ends for size in sorted(settings.sizes)]
    measured = [fits(case, cell, settings.fitted, lambda: tick(SHARES[1])) for cell in found if cell.value == "growing"]
    conditions = {value: [(value, at) for at in settings.strengths] for value in VALUES}
    everywhere = [each for value in VALUES for each in conditions[value]]
    prices = prices_of(found, everywhere)
    margin, span = settings.margin, f"strengths {ends[0]:g} to {ends[1]:g}"
    verdicts = [
        no_best("no_best", f"no activation is best: each costs over {1 + margin:g} times another beside some sink, "
                f"{span}, of either value", prices, everywhere, margin),
        no_best("no_best_growing", f"no activation is best where the value grows with the norm, {span}",
                prices_of(found, conditions["growing"]), conditions["growing"], margin),
        no_best("no_best_ordinary", f"no activation is best where the sink has an ordinary value, {span}",
                prices_of(found, conditions["ordinary"]), conditions["ordinary"], margin),
        control_single(prices, margin),
        *(coercivity_verdict(name, [cell for cell in found if cell.activation == name], settings.least)
          for name in settings.activations),
        control_hyperplane(on_a_hyperplane(case, "softmax"), on_a_hyperplane(case, "sigmoid"), settings.least),
        rate_verdict(rate, margin),
        efficient_verdict([each for each in rate if each.size >= settings.fitted] or rate, settings.efficiency),
    ]  # fmt: skip
    tick(1.0)
    return Finding(
        name="sink",
        title="Softmax, sigmoid and ReLU beside a sink",
        source="paper B, introduction, and Lemma 3.4 for softmax",
        statement="extreme tokens dominate or diffuse attention, and no activation is best",
        assumptions=[
            "tokens on a sphere, one of each sample longer than the others; A* of full rank, values known",
            "phi known, least squares at its asymptotic error; fits beside it",
            "noise a fixed share of the response's standard deviation, for every activation and strength",
        ],
        if_false="one activation would have the least price of A, within the margin, beside every sink",
        verdicts=verdicts,
        tables=[sink_tables.strengths(found, measured), sink_tables.rate(rate)],
        panels=sink_tables.panels(found, rate),
        notes=[
            "Price: squared relative error of A per sigma²/Var f and row. Coercivity: smallest ratio of excess risk "
            "over Var f to squared relative error of A. Intervals over truths, 99% over all looks.",
            "The excess risk of least squares is d² sigma²/(M N) for every activation and sink: what differs is how "
            "far A is off for it.",
            f"M = {settings.fitted} for the column measured / forecast, which is of first order in the error of A.",
        ],
    )
