"""A trial with several heads from specification to numbers: simulate, fit, descend from the truth, evaluate."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mtam.base.columns import as_record
from mtam.base.compile_time import Stopwatch
from mtam.base.one_by_one import Tick, answer_each
from mtam.base.streams import generator
from mtam.interaction.estimators.erm import prepare
from mtam.interaction.estimators.estimators import progress, settings, spline_space
from mtam.interaction.heads.additive_profile import AdditiveProfile
from mtam.interaction.heads.first_order import first_order
from mtam.interaction.heads.match_heads import cosines, matching
from mtam.interaction.heads.search_heads import HeadsFit, finish, search
from mtam.interaction.interaction_models import HeadsErmModel
from mtam.interaction.interaction_numbers import (
    ErmNumbers,
    ErrorNumbers,
    HeadNumbers,
    HeadSearchNumbers,
    HeadsLawNumbers,
    SplineNumbers,
)
from mtam.interaction.interaction_spec import InteractionTrial
from mtam.interaction.model.splines import Spline
from mtam.interaction.simulate.additive_truth import AdditiveTruth, draw_heads
from mtam.interaction.simulate.squared_error import Errors, Interaction, evaluate
from mtam.interaction.simulate.tokens import TokenStream
from mtam.interaction.simulate.truth import simulate
from mtam.interaction.solver.levenberg_marquardt import Point

Array = npt.NDArray[np.float64]

PART_PAIRS = 2**15  # fresh pairs behind the errors of single heads: their own error is about 1%


@dataclass(frozen=True)
class FittedHeads:
    """g(x, y) = sum_h phi_h(x^T A_h y), A_h = left_h right_h^T."""

    left: Array  # (H, d, r)
    right: Array  # (H, d, r)
    phis: list[Spline]

    @classmethod
    def of(cls, profile: AdditiveProfile, point: Point) -> "FittedHeads":
        """In the coordinates of the tokens as given."""
        white = profile.single.white
        return cls(white @ point.u, white @ point.v, profile.splines(point.fit))

    def head(self, h: int, x: Array, y: Array) -> Array:
        """phi_h(x^T A_h y)  # (n, d), (n, d) -> (n,)."""
        return self.phis[h](np.einsum("nr,nr->n", x @ self.left[h], y @ self.right[h]))

    def g(self, x: Array, y: Array) -> Array:
        """g(x, y)  # (n, d), (n, d) -> (n,)."""
        return np.asarray(sum(self.head(h, x, y) for h in range(len(self.phis))))


def run(
    trials: Sequence[InteractionTrial], *, device: str, tick: Tick, checkpoint: Path | None = None
) -> list[dict[str, Any]]:
    """One dict of plain numbers per trial, in order; a trial that fails gives {"failure": one sentence}.

    Fits run on the CPU whatever ``device`` is, and keep no ``checkpoint``.
    """
    del device, checkpoint
    return answer_each(trials, tick, lambda trial, report: _run(trial, report))


def _run(trial: InteractionTrial, report: Tick) -> dict[str, Any]:
    watch = Stopwatch()
    truth = draw_heads(trial.data, trial.seed, trial.n)
    x, y = simulate(trial.data, truth, trial.n, trial.seed)
    data_seconds, watch = watch.cpu, Stopwatch()
    heads, rank = trial.fit_heads(), trial.fit_rank()
    rng = generator(trial.seed, "interaction", "starts")
    single = prepare(x, y, rank, spline_space(trial), rng)
    found = search(
        single,
        heads,
        rank,
        settings(trial, HeadsErmModel).max_starts,
        rng,
        progress(lambda part: report(0.8 * part), 50),
    )
    seconds, profile = watch.cpu, AdditiveProfile(single)
    fitted = FittedHeads.of(profile, found.point)
    beside = _from_truth(profile, truth) if (heads, rank) == (trial.data.heads, trial.data.rank) else []
    functions: list[Interaction] = [fitted.g, *(FittedHeads.of(profile, point).g for point in beside)]
    errors = evaluate(truth, functions, trial.seed, trial.data.tokens)
    error = ErrorNumbers(
        error=float(errors.errors[0]),
        error_se=float(errors.standard_errors[0]),
        evaluation_pairs=errors.pairs,
        parameters=trial.parameters(),
        data_seconds=data_seconds,
    )
    erm = ErmNumbers(
        converged=found.converged,
        starts=found.tried,
        agreeing=found.agreeing,
        lack_of_fit=found.lack_of_fit,
        loss=found.point.fit.loss,
        iterations=found.point.iterations,
        seconds=seconds,
    )
    spline = SplineNumbers(intervals=single.space.intervals, spline_degree=single.space.degree)
    told = as_record(error) | as_record(erm) | as_record(spline) | as_record(_by_head(trial, truth, fitted))
    if beside:
        told |= as_record(_search_numbers(found, beside[0], errors, profile.rows))
        told |= as_record(_beside_oracle(trial, truth, errors, profile))
    return told


def _from_truth(profile: AdditiveProfile, truth: AdditiveTruth) -> list[Point]:
    """The bottom below the truth on these data, and the truth itself with its splines fitted."""
    white = profile.single.white
    u, v = (np.stack([np.linalg.lstsq(white, part, rcond=None)[0] for part in parts]) for parts in (
        [head.left for head in truth.heads], [head.right for head in truth.heads]))  # fmt: skip
    known = profile.place(u, v)
    return [finish(profile, known), known]


def _by_head(trial: InteractionTrial, truth: AdditiveTruth, fitted: FittedHeads) -> HeadNumbers:
    """Heads matched by their matrices, each function less its mean."""
    left, right = (np.stack(part) for part in zip(*[(head.left, head.right) for head in truth.heads], strict=True))
    alike = cosines(fitted.left, fitted.right, left, right)
    pairs = matching(alike)
    sample = TokenStream(truth.law, trial.seed, "evaluation").take(PART_PAIRS, 2)
    x, y = np.ascontiguousarray(sample[:, 0]), np.ascontiguousarray(sample[:, 1])
    parts = []
    for g, h in zip(*pairs, strict=True):
        parts.append(fitted.head(g, x, y) - truth.heads[h].phi(truth.heads[h].arguments(x, y)))
    return HeadNumbers(
        fitted_heads=len(fitted.phis),
        a_cosine=float(alike[pairs].min()),
        head_error=float(np.mean(np.var(parts, axis=1))),
    )


def _search_numbers(found: HeadsFit, bottom: Point, errors: Errors, rows: int) -> HeadSearchNumbers:
    """The search beside the descent from the truth, on the same data and the same pairs."""
    return HeadSearchNumbers(
        from_truth_error=float(errors.errors[1]),
        search_ratio=float(errors.errors[0] / errors.errors[1]),
        from_truth_gap=float((found.point.fit.loss / bottom.fit.loss - 1) * rows),
    )


def _beside_oracle(
    trial: InteractionTrial, truth: AdditiveTruth, errors: Errors, profile: AdditiveProfile
) -> HeadsLawNumbers:
    """What knowing all A*_h would have given, and the law of first order."""
    data = trial.data
    law = first_order(truth, profile.single.space, trial.n, data.tokens, data.noise, trial.seed)
    unit = trial.parameters() * data.noise**2 / trial.n
    return HeadsLawNumbers(
        oracle_error=float(errors.errors[-1]),
        oracle_error_se=float(errors.standard_errors[-1]),
        excess=errors.excess,
        excess_se=errors.excess_se,
        parametric_error=errors.excess,
        predicted_parametric_error=unit,
        excess_ratio=errors.excess / unit if unit > 0 else None,
        forecast_error=law.total,
        forecast_oracle_error=law.known,
        counted_error=law.counted,
        counted_parameters=law.parameters,
    )
