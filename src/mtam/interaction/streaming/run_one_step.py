"""A trial of the one-step estimator: pilot, passes over streamed samples, evaluation on fresh pairs.

The passes can stop between two blocks and go on from the state that was kept, to the same bits: blocks are summed in
their order, each is drawn from a stream of its own.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mtam.base.columns import FORECAST_ERROR, FORECAST_ORACLE_ERROR, as_record
from mtam.base.compile_time import Stopwatch
from mtam.base.one_by_one import Tick, answer_each
from mtam.base.streams import generator
from mtam.interaction.estimators import erm
from mtam.interaction.estimators.choose_k import rule
from mtam.interaction.estimators.estimators import settings
from mtam.interaction.interaction_models import OneStepModel
from mtam.interaction.interaction_numbers import BesideOracleNumbers, ErrorNumbers, OneStepNumbers, SplineNumbers
from mtam.interaction.interaction_spec import InteractionTrial
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.simulate.against_truth import picture
from mtam.interaction.simulate.squared_error import Errors, evaluate
from mtam.interaction.simulate.truth import Truth, draw_truth
from mtam.interaction.streaming.normal_sums import Linearisation, NormalSums, block_sums
from mtam.interaction.streaming.one_step import OneStep, factors, solve
from mtam.interaction.streaming.pass_state import PassKeeper, PassState
from mtam.interaction.streaming.sample_blocks import SampleBlocks, block_samples
from mtam.interaction.theory.forecast import feasible, forecast
from mtam.interaction.theory.gaussian_forecast import applies, gaussian_forecast

Array = npt.NDArray[np.float64]

LONGEST = (
    3.0  # squared length of a step over its expectation: chance exceeds it with probability .03 at p = 3, less beyond
)
PILOT_SHARE = 0.05  # of the bar
BASIS_SAMPLES = 2**13


def run(
    trials: Sequence[InteractionTrial], *, device: str, tick: Tick, checkpoint: Path | None = None
) -> list[dict[str, Any]]:
    """One dict of plain numbers per trial, in order; a trial that fails gives {"failure": one sentence}.

    On the CPU. With a folder ``checkpoint`` the sums are kept there between blocks, and a killed run goes on from them.
    """
    del device
    farthest = 0.0

    def forward(part: float) -> None:
        nonlocal farthest
        farthest = max(farthest, part)
        tick(farthest)

    kept = PassKeeper(checkpoint, trials[0].key()).load()
    if kept is not None:  # the first report is where the work goes on
        forward(_fraction(trials[0], kept) / len(trials))
    return answer_each(trials, forward, lambda trial, report: _run(trial, PassKeeper(checkpoint, trial.key()), report))


def _run(trial: InteractionTrial, keeper: PassKeeper, report: Tick) -> dict[str, Any]:
    truth = draw_truth(trial.data, trial.seed, trial.n)
    blocks = SampleBlocks(trial.data, truth, trial.n, trial.seed)
    state = keeper.load() or _pilot(trial, blocks, report)
    estimate, speed = _steps(trial, blocks, state, keeper, report)
    errors = evaluate(
        truth, [estimate.g, lambda x, y: estimate.known(truth.arguments(x, y))], trial.seed, trial.data.tokens
    )
    numbers = ErrorNumbers(
        error=float(errors.errors[0]),
        error_se=float(errors.standard_errors[0]),
        evaluation_pairs=errors.pairs,
        parameters=trial.parameters(),
        data_seconds=0.0,  # samples are drawn during the passes
    )
    space = estimate.phi.space
    expected, spread = _forecasts(trial, space)
    own = OneStepNumbers(
        converged=bool(state.pilot["converged"]) and bool(max(state.lengths) < LONGEST),
        starts=int(state.pilot["starts"]),
        agreeing=int(state.pilot["agreeing"]),
        lack_of_fit=state.pilot["lack_of_fit"],
        pilot_samples=int(state.pilot["samples"]),
        steps=len(state.lengths),
        step_length=state.lengths[-1],
        loss=estimate.loss,
        seconds=state.seconds,
        rows_per_second=speed,
        forecast_error_sd=spread,
    )
    spline = SplineNumbers(intervals=space.intervals, spline_degree=space.degree)
    record = as_record(numbers) | as_record(own) | as_record(spline) | _beside_oracle(trial, errors, expected)
    return record | picture(truth, estimate.phi, estimate.matrix, errors.arguments)


def _pilot(trial: InteractionTrial, blocks: SampleBlocks, report: Tick) -> PassState:
    """The empirical risk minimiser on the first samples, K by the rule for so many."""
    model, watch = settings(trial, OneStepModel), Stopwatch()
    samples = model.held(trial.n)
    count = model.intervals if model.intervals and samples == trial.n else _rule(trial, samples)
    fitted = erm.fit(
        *blocks.first(samples),
        trial.fit_rank(),
        SplineSpace(trial.spline_degree(), count),
        generator(trial.seed, "interaction", "starts"),
        erm.ErmOptions(model.max_starts, beta=trial.beta()),
        lambda: report(0.0),
    )
    about = {
        "converged": float(fitted.converged),
        "starts": float(fitted.starts),
        "agreeing": float(fitted.agreeing),
        "lack_of_fit": fitted.lack_of_fit,
        "samples": float(samples),
    }
    return PassState(fitted.matrix, fitted.phi, samples, about, seconds=watch.cpu)


def _rule(trial: InteractionTrial, samples: int) -> int:
    return rule(samples, trial.beta(), settings(trial, OneStepModel).k_constant)


def _steps(
    trial: InteractionTrial, blocks: SampleBlocks, state: PassState, keeper: PassKeeper, report: Tick
) -> tuple[OneStep, float | None]:
    """The estimate after the last step, and rows per second of its pass; ``state`` moves on as the work does."""
    model = settings(trial, OneStepModel)
    sizes = model.sizes(trial.n)
    estimate, speed = None, None
    while state.step < len(sizes):
        size = sizes[state.step]
        last = size == trial.n
        count = model.intervals if model.intervals and last else _rule(trial, size)
        at = _linearised(trial, blocks.truth, state, SplineSpace(trial.spline_degree(), count))
        part = SampleBlocks(blocks.data, blocks.truth, size, blocks.seed)
        sums, speed = _pass(at, part, state, keeper, lambda: report(_fraction(trial, state)))
        head = part.block(0)[0][:BASIS_SAMPLES]
        arguments = np.einsum("nd,nd->n", head[:, 0] @ state.matrix, head[:, 1])
        estimate = solve(at, sums, at.space.orthonormaliser(arguments), trial.data.tokens, state.samples)
        lengths = [*state.lengths, estimate.length]
        state.matrix, state.phi, state.samples = estimate.matrix, estimate.phi, size
        state.step, state.block, state.sums, state.lengths = state.step + 1, 0, {}, lengths
    assert estimate is not None
    return estimate, speed


def _linearised(trial: InteractionTrial, truth: Truth, state: PassState, space: SplineSpace) -> Linearisation:
    return Linearisation(*factors(state.matrix, trial.fit_rank()), state.phi, space, truth.left, truth.right)


def _pass(
    at: Linearisation, blocks: SampleBlocks, state: PassState, keeper: PassKeeper, report: Callable[[], None]
) -> tuple[NormalSums, float | None]:
    """The sums over all blocks, from where ``state`` stands."""
    watch, before, start = Stopwatch(), state.seconds, state.block
    sums = NormalSums(**state.sums) if state.sums else NormalSums.zero(at)
    state.sums = sums.parts()
    for index in range(start, blocks.count):
        sums.add(block_sums(at, *blocks.block(index)))
        state.block, state.seconds = index + 1, before + watch.cpu
        if keeper.due():
            keeper.save(state)
        report()
    rows = (blocks.samples - start * blocks.size) * blocks.data.tokens
    return sums, rows / watch.cpu if rows > 0 and watch.cpu > 0 else None


def _fraction(trial: InteractionTrial, state: PassState) -> float:
    """The share of the work that is done, the evaluation aside."""
    model = settings(trial, OneStepModel)
    sizes = model.sizes(trial.n)
    size = block_samples(trial.data)
    done = sum(sizes[: state.step]) + (min(state.block * size, trial.n) if state.step < len(sizes) else 0)
    return PILOT_SHARE + (0.98 - PILOT_SHARE) * done / sum(sizes)


def _forecasts(trial: InteractionTrial, space: SplineSpace) -> tuple[dict[str, float], float | None]:
    """By quadrature where there is one, else by simulation as for the minimiser; and the scatter of one noise."""
    if applies(trial):
        exact = gaussian_forecast(trial, space)
        known = {FORECAST_ERROR: exact.total, FORECAST_ORACLE_ERROR: exact.oracle}
        return known | {"forecast_linear_price": exact.price}, exact.sd
    if not feasible(trial):
        return {}, None
    expected = forecast(trial)
    known = {FORECAST_ERROR: expected.total, FORECAST_ORACLE_ERROR: expected.oracle}
    return known | {"forecast_linear_price": expected.linear_price}, None


def _beside_oracle(trial: InteractionTrial, errors: Errors, expected: dict[str, float]) -> dict[str, Any]:
    """What knowing A* would have given from the same samples, on the same pairs, and what theory forecasts."""
    unit = trial.parameters() * trial.data.noise**2 / trial.n
    numbers = BesideOracleNumbers(
        oracle_error=float(errors.errors[-1]),
        oracle_error_se=float(errors.standard_errors[-1]),
        oracle_seconds=0.0,  # its sums are taken in the same passes
        excess=errors.excess,
        excess_se=errors.excess_se,
        parametric_error=errors.excess,
        predicted_parametric_error=unit,
        excess_ratio=errors.excess / unit if unit > 0 else None,
        **expected,
    )
    return as_record(numbers)
