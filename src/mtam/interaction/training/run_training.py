"""A trial of gradient training: simulate, minimise, train from every start, evaluate all on the same fresh pairs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mtam.base.columns import as_record
from mtam.base.compile_time import Stopwatch
from mtam.base.one_by_one import Tick, answer_each
from mtam.base.streams import generator
from mtam.interaction.estimators import erm
from mtam.interaction.estimators.estimators import settings, spline_space
from mtam.interaction.interaction_models import GradientModel
from mtam.interaction.interaction_numbers import ErrorNumbers, SplineNumbers, TrainingNumbers
from mtam.interaction.interaction_spec import InteractionTrial
from mtam.interaction.simulate.against_truth import picture
from mtam.interaction.simulate.squared_error import evaluate
from mtam.interaction.simulate.truth import draw_truth, simulate
from mtam.interaction.training.train_starts import TrainedStart, train_starts


def run(
    trials: Sequence[InteractionTrial], *, device: str, tick: Tick, checkpoint: Path | None = None
) -> list[dict[str, Any]]:
    """One dict of plain numbers per trial, in order; a trial that fails gives {"failure": one sentence}.

    On the CPU, and done again from its start where it was stopped: a start takes seconds.
    """
    del device, checkpoint
    return answer_each(trials, tick, _run)


def _run(trial: InteractionTrial, report: Tick) -> dict[str, Any]:
    watch, model, rank = Stopwatch(), settings(trial, GradientModel), trial.fit_rank()
    truth, space = draw_truth(trial.data, trial.seed, trial.n), spline_space(trial)
    x, y = simulate(trial.data, truth, trial.n, trial.seed)
    data_seconds = watch.cpu
    rng = generator(
        trial.seed, "interaction", "starts"
    )  # the minimiser is that of ips_erm on the same data, to the bit
    least = erm.fit(x, y, rank, space, rng, erm.ErmOptions(beta=trial.beta()))
    watch = Stopwatch()
    profile = erm.prepare(x, y, rank, space, generator(trial.seed, "interaction", "training", "basis"))
    found = train_starts(profile, rank, least.matrix, model, trial.seed, lambda part: report(0.9 * part))
    seconds = watch.cpu
    del x, y
    errors = evaluate(truth, [*(start.g for start in found), least.g], trial.seed, trial.data.tokens)
    best = int(np.argmin([start.loss for start in found]))
    numbers = ErrorNumbers(
        error=float(errors.errors[best]),
        error_se=float(errors.standard_errors[best]),
        evaluation_pairs=errors.pairs,
        parameters=trial.parameters(),
        data_seconds=data_seconds,
    )
    above = trial.n * trial.data.tokens * (found[best].loss / least.loss - 1)  # chi^2 units
    own = TrainingNumbers(
        converged=above <= trial.parameters() + space.dimension,
        loss=found[best].loss,
        iterations=model.steps,
        seconds=seconds,
        erm_error=float(errors.errors[-1]),
        erm_error_se=float(errors.standard_errors[-1]),
        erm_loss=least.loss,
        erm_converged=least.converged,
        **_over_starts(found, [float(error) for error in errors.errors[:-1]], model.steps),
    )
    spline = SplineNumbers(intervals=space.intervals, spline_degree=space.degree)
    record = as_record(numbers) | as_record(own) | as_record(spline)
    return record | picture(truth, found[best].phi, found[best].matrix, errors.arguments)


def _over_starts(found: Sequence[TrainedStart], errors: Sequence[float], steps: int) -> dict[str, Any]:
    inside = [error for start, error in zip(found, errors, strict=True) if start.reached]
    escapes = [start.escape or steps for start in found]
    return {
        "starts": len(found),
        "reached": len(inside),
        "reached_share": len(inside) / len(found),
        "basin_error": float(np.exp(np.mean(np.log(inside)))) if inside else None,
        "escaped": sum(start.escape > 0 for start in found),
        "escape_steps": float(np.median(escapes)),
        "start_errors": list(errors),
        "start_losses": [start.loss for start in found],
        "start_overlaps": [start.overlap for start in found],
        "start_escapes": [start.escape for start in found],
    }
