"""The estimators by name: data in, an interaction and what there is to say about its fit out."""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from mtam.base.columns import as_record
from mtam.base.compile_time import Stopwatch
from mtam.base.streams import generator, torch_seed
from mtam.interaction.estimators import als, erm, oracle_a
from mtam.interaction.estimators.choose_k import SMOOTH, Criterion, ample, rule
from mtam.interaction.interaction_models import AlsModel, InteractionModel, IpsErmModel, KRule, MlpModel
from mtam.interaction.interaction_numbers import AlsNumbers, ErmNumbers, MlpNumbers, OracleANumbers
from mtam.interaction.interaction_spec import InteractionTrial
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.simulate.squared_error import Interaction
from mtam.interaction.simulate.truth import Truth
from mtam.interaction.solver.row_sums import Data

Array = npt.NDArray[np.float64]
Tick = Callable[[float], None]
Settings = TypeVar("Settings", bound=InteractionModel)


@dataclass(frozen=True)
class EstimatedInteraction:
    """A fitted interaction g(x, y) = phi(x^T A y)."""

    g: Interaction
    phi: Callable[[Array], Array] | None  # None where the fit has no such form
    matrix: Array | None  # A (d, d)
    space: SplineSpace | None  # of phi, if it is a spline
    numbers: dict[str, Any] = field(default_factory=dict)


class Estimator(Protocol):
    """Fits one trial's data; ``tick`` receives the finished fraction."""

    def __call__(
        self, trial: InteractionTrial, truth: Truth, x: Data, y: Array, device: str, tick: Tick
    ) -> EstimatedInteraction: ...


def settings(trial: InteractionTrial, kind: type[Settings]) -> Settings:
    """The settings of the trial's estimator, which are of this kind."""
    if not isinstance(trial.model, kind):
        raise TypeError(f"the settings of {trial.model.name} are no {kind.__name__}")
    return trial.model


def intervals(trial: InteractionTrial) -> int:
    """K: as given, or by the paper's rule, which is also where a data-driven choice starts from; ample for REML."""
    chosen = trial.model.spline()
    if chosen.rule == "reml":
        return ample(trial.n, trial.data.tokens)
    return chosen.intervals or rule(trial.n, trial.beta(), chosen.k_constant)


def spline_space(trial: InteractionTrial) -> SplineSpace:
    """The space of the trial's rule."""
    return SplineSpace(trial.spline_degree(), intervals(trial))


def criterion(k_rule: KRule) -> Criterion | None:
    """By what K is chosen from the data, if it is."""
    return None if k_rule == "rule" or k_rule == "reml" else k_rule


def fit_oracle(
    truth: Truth, x: Data, y: Array, space: SplineSpace, k_rule: KRule, beta: float = SMOOTH
) -> EstimatedInteraction:
    """Oracle-A over ``space``, or over splines with a K of its own choice; ``beta`` as in ``choose_k.choose``."""
    watch = Stopwatch()
    known = oracle_a.fit(x, y, truth.left, truth.right, space, criterion(k_rule), beta, k_rule == "reml")
    numbers = OracleANumbers(loss=known.loss, seconds=watch.cpu)
    return EstimatedInteraction(known.g, known.phi, truth.matrix, known.phi.space, as_record(numbers))


def fit_erm(trial: InteractionTrial, truth: Truth, x: Data, y: Array, device: str, tick: Tick) -> EstimatedInteraction:
    """The empirical risk minimiser."""
    del truth
    model = settings(trial, IpsErmModel)
    k_rule = trial.k_rule()
    fitted = erm.fit(
        x,
        y,
        trial.fit_rank(),
        spline_space(trial),
        generator(trial.seed, "interaction", "starts"),
        erm.ErmOptions(model.max_starts, criterion(k_rule), device, beta=trial.beta(), penalised=k_rule == "reml"),
        progress(tick, 50),
    )
    numbers = ErmNumbers(
        converged=fitted.converged,
        starts=fitted.starts,
        agreeing=fitted.agreeing,
        lack_of_fit=fitted.lack_of_fit,
        loss=fitted.loss,
        iterations=fitted.iterations,
        seconds=fitted.seconds,
        intervals_at_end=True if fitted.at_end else None,
        freedom=fitted.freedom if k_rule == "reml" else None,
    )
    return EstimatedInteraction(fitted.g, fitted.phi, fitted.matrix, fitted.phi.space, as_record(numbers))


def fit_oracle_a(
    trial: InteractionTrial, truth: Truth, x: Data, y: Array, device: str, tick: Tick
) -> EstimatedInteraction:
    """Oracle-A with a K of its own choice."""
    del device
    tick(0.1)
    return fit_oracle(truth, x, y, spline_space(trial), trial.k_rule(), trial.beta())


def fit_als(trial: InteractionTrial, truth: Truth, x: Data, y: Array, device: str, tick: Tick) -> EstimatedInteraction:
    """Alternating least squares."""
    del truth, device
    rng = generator(trial.seed, "interaction", "starts")
    starts = min(settings(trial, AlsModel).max_starts, 5)
    fitted = als.fit(x, y, trial.fit_rank(), spline_space(trial), rng, starts, progress(tick, 30))
    numbers = AlsNumbers(
        converged=fitted.converged,
        starts=starts,
        loss=fitted.loss,
        iterations=fitted.sweeps,
        seconds=fitted.seconds,
    )
    return EstimatedInteraction(fitted.g, fitted.phi, fitted.matrix, fitted.phi.space, as_record(numbers))


def fit_mlp(trial: InteractionTrial, truth: Truth, x: Data, y: Array, device: str, tick: Tick) -> EstimatedInteraction:
    """A small network and Adam."""
    from mtam.interaction.estimators import mlp  # torch takes seconds to import, and only this estimator needs it

    del truth
    model = settings(trial, MlpModel)
    count = itertools.count()
    fitted = mlp.fit(
        x,
        y,
        trial.fit_rank(),
        torch_seed(trial.seed, "interaction", "mlp"),
        mlp.MlpOptions(model.width, model.steps, model.batch, model.learning_rate, device),
        lambda: tick(next(count) / model.steps),
    )
    numbers = MlpNumbers(
        loss=fitted.loss,
        iterations=fitted.steps,
        seconds=fitted.seconds,
    )
    return EstimatedInteraction(fitted.g, fitted.phi, fitted.matrix, None, as_record(numbers))


def progress(tick: Tick, scale: float) -> Callable[[], None]:
    """Progress for work of unknown length: after k calls, 1 - exp(-k/scale)."""
    count = itertools.count()
    return lambda: tick(1 - math.exp(-next(count) / scale))
