"""What check sink measures: information on A, and fits, for every activation beside sinks of every strength."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
import numpy.typing as npt

from mtam.base.streams import generator
from mtam.interaction.row_normalised.attention_fit import fit_attention
from mtam.interaction.row_normalised.attention_forms import FORMS
from mtam.interaction.row_normalised.fisher_information import information
from mtam.interaction.row_normalised.sink_tokens import (
    SinkLayer,
    ValueOfSink,
    attended,
    draw_layer,
    draw_responses,
    draw_tokens,
    with_sink,
)

Array = npt.NDArray[np.float64]
Tick = Callable[[float], None]

VALUES: tuple[ValueOfSink, ...] = get_args(ValueOfSink)


@dataclass(frozen=True)
class SinkCase:
    """Tokens, truths and how much is drawn."""

    d: int
    tokens: int  # N
    score_sd: float  # of ordinary tokens, which is ||A*||_F
    noise: float  # sigma, as a share of the response's standard deviation
    samples: int  # behind every information matrix
    truths: int
    seed: int

    def rng(self, *name: str | int) -> np.random.Generator:
        """The stream of this name."""
        return generator(self.seed, "check", "sink", *name)

    def layer(self, truth: int) -> SinkLayer:
        """A* and w, which only the number of the truth decides."""
        return draw_layer(self.d, self.score_sd, self.rng("layer", truth))


@dataclass(frozen=True)
class SinkCell:
    """One activation beside a sink of one strength; an entry for every truth."""

    activation: str
    value: ValueOfSink
    strength: float
    price: Array  # see ``fisher_information`` (T,)
    coercivity: Array  # (T,)
    share: Array  # of a row's weight on the sink (T,)
    attended: Array  # tokens (T,)


@dataclass(frozen=True)
class SinkFits:
    """Squared relative errors of A in fits, beside sigma^2 tr(H^{-1})/(M N); values grow with the sink."""

    activation: str
    strength: float
    size: int  # M
    error: Array  # ||A_hat - A*||^2/||A*||^2 (T,)
    expected: Array  # (T,)
    converged: Array  # bool (T,)


def measure(case: SinkCase, activation: str, strength: float, value: ValueOfSink) -> SinkCell:
    """Information for every truth, on tokens that all activations and strengths share."""
    rows = []
    for truth in range(case.truths):
        layer = case.layer(truth)
        tokens = draw_tokens((case.samples, case.tokens, case.d), case.rng("tokens", truth))
        x, values = with_sink(layer, tokens, strength, value)
        told = information(FORMS[activation], x, values, layer.matrix)
        rows.append([told.price, told.coercivity, *attended(FORMS[activation], layer, x, values)])
    return SinkCell(activation, value, strength, *np.array(rows).T)


def fits(case: SinkCase, cell: SinkCell, size: int, tick: Callable[[], None] = lambda: None) -> SinkFits:
    """A fit of M samples for every truth, each from data of its own; A* is of full rank, values are known."""
    rows, form = [], FORMS[cell.activation]
    for truth in range(case.truths):
        layer, name = case.layer(truth), (cell.activation, str(cell.strength), size, truth)
        rng = case.rng("fit", *name)
        x, values = with_sink(layer, draw_tokens((size, case.tokens, case.d), rng), cell.strength, cell.value)
        sample = draw_responses(form, layer, x, values, case.noise, rng)
        found = fit_attention(x, sample.y, case.d, case.rng("starts", *name), values=values, form=form, tick=tick)
        error = float(((found.matrix - layer.matrix) ** 2).sum()) / case.score_sd**2
        expected = float(cell.price[truth]) * case.noise**2 / (size * case.tokens)
        rows.append([error, expected, found.converged])
    error_, expected_, converged = np.array(rows).T
    return SinkFits(cell.activation, cell.strength, size, error_, expected_, converged.astype(bool))


def on_a_hyperplane(case: SinkCase, activation: str) -> Array:
    """Coercivity where every token has the further coordinate 1, as keys with a bias have  # (T,)."""
    found = []
    for truth in range(case.truths):
        layer = draw_layer(case.d + 1, case.score_sd, case.rng("flat layer", truth))
        tokens = draw_tokens((case.samples, case.tokens, case.d), case.rng("tokens", truth))
        flat = np.concatenate([tokens, np.ones((*tokens.shape[:2], 1))], axis=2)
        found.append(information(FORMS[activation], flat, flat @ layer.linear, layer.matrix).coercivity)
    return np.array(found)


def cells(case: SinkCase, activations: Sequence[str], strengths: Sequence[float], tick: Tick) -> list[SinkCell]:
    """All of them."""
    wanted = [(name, s, value) for value in VALUES for name in activations for s in strengths]
    found = []
    for done, (name, strength, value) in enumerate(wanted):
        found.append(measure(case, name, strength, value))
        tick((done + 1) / len(wanted))
    return found
