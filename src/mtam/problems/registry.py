"""The one place where sweeps meet mathematics: problems by name, and the function that answers a trial.

Each problem has a registry of its estimators (``mtam.base.variants``), where a new one is one line.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mtam.base import columns
from mtam.base.errors import UsageError
from mtam.base.spec import Numbers, Trial
from mtam.base.table import SweepAnswer, Table
from mtam.base.variants import Named, Variant, load, models, own_settings, settings_class

# run(trials of one shape, device=..., tick=..., checkpoint=folder for the state of this pack, or None)
#   -> one dict of numbers per trial, or {"failure": sentence}
Run = Callable[..., list[dict[str, Any]]]


@dataclass(frozen=True)
class Source:
    """Where a problem that is not built in was declared."""

    file: str  # as it was named; module:name of an installed one
    code: str  # the first 20 hexadecimal digits of the SHA-256 of its text
    text: str = ""  # the file; empty where only a manifest speaks of it
    installed: bool = False

    @property
    def named(self) -> str | None:
        """The digest by which other processes may run the copy that a run keeps of a file that the user has named."""
        return self.code if self.text and not self.installed else None


@dataclass(frozen=True)
class Problem:
    """A family of trials and the estimators that answer them."""

    name: str
    spec: Named
    numbers: Named  # the shape of the numbers in a record
    size: str  # the field's letter for the sample size
    parts: Mapping[str, str] = field(default_factory=dict)  # further errors in a record that have curves -> heading
    levels: Mapping[str, str] = field(default_factory=dict)  # numbers worth a look at the largest size -> heading
    ratios: Mapping[str, str] = field(default_factory=dict)  # numbers that theory says are flat in the size -> heading
    plane: Named | None = None  # function of trials and their numbers -> a heat map over two quantities, or None
    decomposition: Named | None = None  # function of a cell's columns and a trial -> facts fitted to its records
    reference: Named | None = None  # function of a trial and sizes -> the error that theory forecasts up to constants
    lower_bound: Named | None = None  # function of a trial and sizes -> what no estimator can fall below; or None
    tables: Named | None = None  # function of trials and their numbers -> typed tables of the problem's own
    answers: Named | None = None  # function of trials and their numbers -> what the sweep answers, a few sentences
    papers: tuple[str, ...] = ()  # keys of the bibliography: whose theory is tested
    kinds: tuple[str, ...] = ("sweep",)  # of plans that have such trials
    notes: Named | None = None  # function of the numbers of a single fit -> typed tables
    hints: Named | None = None  # function of the numbers of a single fit -> sentences about its data
    claims: tuple[Mapping[str, Any], ...] = ()  # of the problem itself, beside those of conf/claims
    source: Source | None = None  # None: built in

    @property
    def estimators(self) -> Mapping[str, Variant]:
        """The estimators that answer its trials, by name."""
        return models(self.name)

    def modern(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of a trial of schema 2 without the settings that its estimator did not read."""
        model = fields["model"]
        unread = self.unread(model["name"])
        return {**fields, "model": {key: value for key, value in model.items() if key not in unread}}

    def unread(self, name: str) -> set[str]:
        """The settings that trials of schema 2 told of the estimator ``name`` although it did not read them."""
        variant = self.estimators[name]
        return set(settings_class(variant).legacy) - set(own_settings(variant))

    def trial(self) -> type[Trial]:
        """The class of this problem's trial specs."""
        loaded: type[Trial] = load(self.spec)
        return loaded

    def check(self, numbers: Any) -> None:
        """Raise pydantic's ValidationError for numbers of another shape than records of this problem have."""
        self.shape_of_numbers().model_validate(numbers)

    def shape_of_numbers(self) -> type[Numbers]:
        """The class of its records' numbers."""
        shape: type[Numbers] = load(self.numbers)
        return shape

    def decompose(self, columns: Mapping[str, Any], trial: Trial) -> dict[str, Any]:
        """What the problem's own theory fits to the trials of one cell; empty for problems without such a fit."""
        found: dict[str, Any] = load(self.decomposition)(columns, trial) if self.decomposition else {}
        return found

    def forecasts(self, trial: Trial, sizes: Sequence[int]) -> list[list[float] | None]:
        """The curves of ``reference`` and ``lower_bound`` at these sizes, in the same units; None for one unknown."""
        return [load(path)(trial, sizes) if path else None for path in (self.reference, self.lower_bound)]

    def tables_of(self, trials: Sequence[Trial], numbers: Sequence[Mapping[str, Any]]) -> list[Table]:
        """Tables of the problem's own about a whole sweep; empty for problems that have nothing to add."""
        tables: list[Table] = load(self.tables)(trials, numbers) if self.tables else []
        return tables

    def notes_of(self, numbers: Mapping[str, Any]) -> list[Table]:
        """Tables of the problem's own about a single fit; empty for problems that have nothing to add."""
        tables: list[Table] = load(self.notes)(numbers) if self.notes else []
        return tables

    def hints_of(self, numbers: Mapping[str, Any]) -> list[str]:
        """What the data of a single fit look like, where that matters; empty for problems that know their data."""
        found: list[str] = load(self.hints)(numbers) if self.hints else []
        return found

    def answers_of(self, trials: Sequence[Trial], numbers: Sequence[Mapping[str, Any]]) -> list[SweepAnswer]:
        """What a whole sweep answers; empty for problems and sweeps that ask nothing of their own."""
        answers: list[SweepAnswer] = load(self.answers)(trials, numbers) if self.answers else []
        return answers

    def heat_map(self, trials: Sequence[Trial], numbers: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
        """A map of the problem's own for a whole sweep, as plain lists for the figure ``ratio_plane``."""
        found: dict[str, Any] | None = load(self.plane)(trials, numbers) if self.plane else None
        return found

    def run(self, trial: Trial) -> Run:
        """The function that answers a pack of such trials."""
        loaded: Run = load(trial.runner() or self.estimators[trial.model.name].run)
        return loaded


_PARTS = {
    columns.ORACLE_ERROR: "A* known",
    columns.PARAMETRIC_ERROR: "price of A",
    columns.FORECAST_ERROR: "forecast",
    columns.FORECAST_ORACLE_ERROR: "forecast, A* known",
    columns.FORECAST_BEST_ERROR: "forecast, best K",
}

_RECALL_LEVELS = {
    columns.ATTENTION_MASS: "attention mass",
    columns.RECALL_ACCURACY: "recall",
    columns.ATTENTION_ENTROPY: "entropy",
}
_INTERACTION_LEVELS = {columns.CONVERGED: "converged", columns.INTERVALS: "K", columns.A_COSINE: "cos(A, A*)"}

_RECALL_PROBLEM = Problem(
    name="recall",
    spec="mtam.recall.recall_spec:RecallTrial",
    numbers="mtam.recall.recall_record_shape:RecallShape",
    size="n",
    levels=_RECALL_LEVELS,
    reference="mtam.recall.recall_problem:reference",
    lower_bound="mtam.recall.recall_problem:lower_bound",
    tables="mtam.recall.reading.recall_tables:tables",
    answers="mtam.recall.reading.recall_answers:answers",
    papers=("kawata2026",),
)
_INTERACTION_PROBLEM = Problem(
    name="interaction",
    spec="mtam.interaction.interaction_spec:InteractionTrial",
    numbers="mtam.interaction.interaction_record_shape:InteractionShape",
    kinds=("sweep", "fit"),
    size="M",
    parts=_PARTS,
    levels=_INTERACTION_LEVELS,
    ratios={columns.EXCESS_RATIO: "price of A in units of p σ²/M"},
    plane="mtam.interaction.reading.theorem_plane:plane",
    decomposition="mtam.interaction.reading.error_parts:decompose",
    tables="mtam.interaction.reading.interaction_tables:tables",
    papers=("zucker2025",),
)

_OWN_DATA_PROBLEM = Problem(
    name="interaction_data",
    spec="mtam.interaction.own_data.own_data_spec:OwnTrial",
    numbers="mtam.interaction.interaction_record_shape:OwnDataShape",
    kinds=("fit",),
    size="M",
    notes="mtam.interaction.reading.own_data_notes:notes",
    hints="mtam.interaction.reading.own_data_notes:hints",
    papers=("zucker2025",),
)

PROBLEMS = {problem.name: problem for problem in (_RECALL_PROBLEM, _INTERACTION_PROBLEM, _OWN_DATA_PROBLEM)}


def problem(name: str) -> Problem:
    """Look a problem up; raise UsageError for an unknown one."""
    if not isinstance(name, str) or name not in PROBLEMS:
        raise UsageError(f"problem = {name!r} is unknown; valid: {', '.join(PROBLEMS)}.")
    return PROBLEMS[name]


def definition(trial: Trial) -> Problem:
    """The problem of a trial: the one that its class was declared for, else the built-in one of its name."""
    declared: Problem | None = type(trial).definition
    return problem(getattr(trial, "problem", "")) if declared is None else declared


def variant(trial: Trial) -> Variant:
    """The estimator that answers a trial."""
    return definition(trial).estimators[trial.model.name]


def run_pack(
    trials: Sequence[Trial], *, device: str, tick: Callable[[float], None], checkpoint: Path | None = None
) -> list[dict[str, Any]]:
    """Answer one pack; all its trials share problem, estimator and tensor shape.

    Where the estimator keeps its state it does so in the folder ``checkpoint``, and goes on from what it finds there.
    """
    first = trials[0]
    answers = definition(first).run(first)(trials, device=device, tick=tick, checkpoint=checkpoint)
    assert len(answers) == len(trials), f"{len(answers)} answers to {len(trials)} trials"
    return answers
