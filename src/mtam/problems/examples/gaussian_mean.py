"""The mean of a Gaussian vector: the sample mean has squared error d sigma^2 / n, exactly.

The smallest problem that has a theorem. With X_1, ..., X_n i.i.d. N(theta, sigma^2 I_d) and theta ~ N(0, I_d),

    E ||mean - theta||^2 = d sigma^2 / n                        (the parametric rate),
    E ||estimate - theta||^2 >= d sigma^2 / (n + sigma^2)       (Bayes risk under this prior, for any estimator).

``first_half`` throws half of the sample away: the same rate at twice the error. ``shrunk`` multiplies the sample mean
by a fixed factor, and so has a bias that does not fall: the rate must be refused for it.
"""

from collections.abc import Sequence
from typing import Any

from mtam.problems.own import (
    DataSettings,
    EstimatorSettings,
    Field,
    OwnProblem,
    SweepDefaults,
    Tick,
    answer_each,
    generator,
)


class MeanData(DataSettings):
    """n draws of N(theta, sigma^2 I_d)."""

    d: int = Field(32, ge=1)  # dimension
    sigma: float = Field(1.0, gt=0)  # standard deviation of a coordinate


class SampleMean(EstimatorSettings):
    """The mean of the sample."""


class FirstHalf(EstimatorSettings):
    """The mean of the first half of the sample."""


class ShrunkMean(EstimatorSettings):
    """The mean of the sample times a factor."""

    factor: float = Field(0.5, ge=0, le=1)


def answer(trial: Any, tick: Tick) -> dict[str, Any]:
    """One trial: numbers by name, ``error`` among them; whatever is raised here is kept in the trial's record."""
    rng = generator(trial.seed, "gaussian_mean", trial.n)
    theta = rng.standard_normal(trial.data.d)
    sample = theta + trial.data.sigma * rng.standard_normal((trial.n, trial.data.d))
    tick(0.5)
    if trial.model.name == "first_half":
        sample = sample[: (trial.n + 1) // 2]
    estimate = sample.mean(axis=0) * getattr(trial.model, "factor", 1.0)
    return {"error": float(((estimate - theta) ** 2).sum())}


def run(trials: Sequence[Any], *, device: str, tick: Tick, checkpoint: Any = None) -> list[dict[str, Any]]:
    """All trials of a pack, one after the other, on the CPU."""
    del device, checkpoint
    return answer_each(trials, tick, answer)


def reference(trial: Any, sizes: Sequence[int]) -> list[float]:
    """d sigma^2 / n, the error of the sample mean."""
    return [trial.data.d * trial.data.sigma**2 / n for n in sizes]


def bayes_risk(trial: Any, sizes: Sequence[int]) -> list[float]:
    """d sigma^2 / (n + sigma^2)."""
    return [trial.data.d * trial.data.sigma**2 / (n + trial.data.sigma**2) for n in sizes]


CLAIMS = [
    {
        "id": "gaussian-mean-rate",
        "claim": "the squared error of the sample mean falls as 1/n",
        "source": "d sigma^2 / n, exactly",
        "theory": "-1",
        "at": {"model": "sample_mean"},
        "judge": {"way": "slope", "expected": -1.0, "rival": -0.5},
        "why": "exact at every n, so the interval must hold -1; one that holds -1/2 as well supports nothing",
    },
    {
        "id": "gaussian-mean-control",
        "claim": "so does that of half the sample mean",
        "source": "false: its bias ||theta||^2 / 4 does not fall",
        "theory": "-1 (to be refused)",
        "at": {"model": "shrunk"},
        "judge": {"way": "slope", "expected": -1.0, "rival": -0.5},
        "why": "the negative control: a claim that must be contradicted",
        "if_contradicted": {"nature": "negative-control", "why": "the bias of the factor does not fall"},
    },
]

PROBLEM = OwnProblem(
    name="gaussian_mean",
    data=MeanData,
    estimators={"sample_mean": SampleMean, "first_half": FirstHalf, "shrunk": ShrunkMean},
    run=run,
    law={"name": "power_law", "exponent": 1.0},
    reference=reference,
    lower_bound=bayes_risk,
    claims=CLAIMS,
    sweep=SweepDefaults(
        title="squared error of the mean of a Gaussian vector against n",
        axes={"model": ["sample_mean", "first_half", "shrunk"]},
        n_min=64,
        n_max=1024,
        seeds=16,
        first_seed=0,
    ),
)
