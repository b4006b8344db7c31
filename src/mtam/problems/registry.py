"""The one place where sweeps meet mathematics: names of problems and estimators, imported when they are used.

A new estimator is one file and one line here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from mtam.base.errors import UsageError
from mtam.base.spec import Trial
from mtam.base.table import SweepAnswer, Table

# run(trials of one shape, device=..., tick=..., checkpoint=folder for the state of this pack, or None)
#   -> one dict of numbers per trial, or {"failure": sentence}
Run = Callable[..., list[dict[str, Any]]]


def _load(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)


@dataclass(frozen=True)
class Problem:
    """A family of trials and the estimators that answer them."""

    name: str
    spec: str
    estimators: Mapping[str, str]
    size: str  # the field's letter for the sample size
    parts: Mapping[str, str] = field(default_factory=dict)  # further errors in a record that have curves -> heading
    levels: Mapping[str, str] = field(default_factory=dict)  # numbers worth a look at the largest size -> heading
    ratios: Mapping[str, str] = field(default_factory=dict)  # numbers that theory says are flat in the size -> heading
    plane: str | None = None  # function of trials and their numbers -> a heat map over two quantities, or None
    decomposition: str | None = None  # function of a cell's columns and a trial -> facts fitted to its records
    tables: str | None = None  # function of trials and their numbers -> typed tables of the problem's own
    answers: str | None = None  # function of trials and their numbers -> what the sweep answers, a few sentences
    papers: tuple[str, ...] = ()  # keys of the bibliography: whose theory is tested

    def trial(self) -> type[Trial]:
        """The class of this problem's trial specs."""
        loaded: type[Trial] = _load(self.spec)
        return loaded

    def decompose(self, columns: Mapping[str, Any], trial: Trial) -> dict[str, Any]:
        """What the problem's own theory fits to the trials of one cell; empty for problems without such a fit."""
        found: dict[str, Any] = _load(self.decomposition)(columns, trial) if self.decomposition else {}
        return found

    def tables_of(self, trials: Sequence[Trial], numbers: Sequence[Mapping[str, Any]]) -> list[Table]:
        """Tables of the problem's own about a whole sweep; empty for problems that have nothing to add."""
        tables: list[Table] = _load(self.tables)(trials, numbers) if self.tables else []
        return tables

    def answers_of(self, trials: Sequence[Trial], numbers: Sequence[Mapping[str, Any]]) -> list[SweepAnswer]:
        """What a whole sweep answers; empty for problems and sweeps that ask nothing of their own."""
        answers: list[SweepAnswer] = _load(self.answers)(trials, numbers) if self.answers else []
        return answers

    def heat_map(self, trials: Sequence[Trial], numbers: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
        """A map of the problem's own for a whole sweep, as plain lists for the figure ``ratio_plane``."""
        found: dict[str, Any] | None = _load(self.plane)(trials, numbers) if self.plane else None
        return found

    def run(self, estimator: str) -> Run:
        """The function that answers a pack of trials with ``estimator``."""
        loaded: Run = _load(self.estimators[estimator])
        return loaded


_RECALL = "mtam.recall.run_recall:run"
_INTERACTION = "mtam.interaction.run_interaction:run"

_RECALL_MODELS = (
    "softmax", "linear", "linear_elu", "frozen_rbf", "mean", "tag_only", "oracle", "mercer", "knn", "gp"
)  # fmt: skip
_INTERACTION_MODELS = ("ips_erm", "oracle_a", "mlp", "als")
_PARTS = {
    "oracle_error": "A* known",
    "parametric_error": "price of A",
    "forecast_error": "forecast",
    "forecast_oracle_error": "forecast, A* known",
    "forecast_best_error": "forecast, best K",
}

_RECALL_LEVELS = {"attention_mass": "attention mass", "recall_accuracy": "recall", "attention_entropy": "entropy"}
_INTERACTION_LEVELS = {"converged": "converged", "intervals": "K", "a_cosine": "cos(A, A*)"}

_RECALL_PROBLEM = Problem(
    name="recall",
    spec="mtam.recall.recall_spec:RecallTrial",
    estimators=dict.fromkeys(_RECALL_MODELS, _RECALL),
    size="n",
    levels=_RECALL_LEVELS,
    tables="mtam.recall.reading.recall_tables:tables",
    answers="mtam.recall.reading.recall_answers:answers",
    papers=("kawata2026",),
)
_INTERACTION_PROBLEM = Problem(
    name="interaction",
    spec="mtam.interaction.interaction_spec:InteractionTrial",
    estimators=dict.fromkeys(_INTERACTION_MODELS, _INTERACTION),
    size="M",
    parts=_PARTS,
    levels=_INTERACTION_LEVELS,
    ratios={"excess_ratio": "price of A in units of p σ²/M"},
    plane="mtam.interaction.reading.theorem_plane:plane",
    decomposition="mtam.interaction.reading.error_parts:decompose",
    tables="mtam.interaction.reading.interaction_tables:tables",
    papers=("zucker2025",),
)

_OWN_DATA_PROBLEM = Problem(
    name="interaction_data",
    spec="mtam.interaction.own_data.own_data_spec:OwnTrial",
    estimators={"ips_erm": "mtam.interaction.own_data.fit_own_data:run"},
    size="M",
    papers=("zucker2025",),
)

PROBLEMS = {problem.name: problem for problem in (_RECALL_PROBLEM, _INTERACTION_PROBLEM, _OWN_DATA_PROBLEM)}


def problem(name: str) -> Problem:
    """Look a problem up; raise UsageError for an unknown one."""
    if not isinstance(name, str) or name not in PROBLEMS:
        raise UsageError(f"problem = {name!r} is unknown; valid: {', '.join(PROBLEMS)}.")
    return PROBLEMS[name]


def run_pack(
    trials: Sequence[Trial], *, device: str, tick: Callable[[float], None], checkpoint: Path | None = None
) -> list[dict[str, Any]]:
    """SweepAnswer one pack; all its trials share problem, estimator and tensor shape.

    Where the estimator keeps its state it does so in the folder ``checkpoint``, and goes on from what it finds there.
    """
    first: Any = trials[0]
    answers = problem(first.problem).run(first.model.name)(trials, device=device, tick=tick, checkpoint=checkpoint)
    assert len(answers) == len(trials), f"{len(answers)} answers to {len(trials)} trials"
    return answers
