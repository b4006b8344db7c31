"""A problem made from its declaration: the class of its trials, and the functions of its file told on where they fail.

What a file's functions raise outside a trial is told with the file and the line; what ``run`` raises is kept in the
record of the trial, with its traceback.
"""

import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, SerializeAsAny, create_model, field_validator

from mtam.base.errors import UsageError
from mtam.base.spec import Trial
from mtam.base.table import SweepAnswer, Table
from mtam.base.variants import Variant, choose
from mtam.problems.own import DataSettings, OwnNumbers, OwnProblem, SweepDefaults
from mtam.problems.problem_card import Card, CellCard
from mtam.problems.registry import PROBLEMS, Problem, Source
from mtam.rates.laws import law as law_of


class FileTrial(Trial):
    """One fit of a problem that is not built in. Every setting enters its key, and ``code`` does: there is nothing to
    keep apart, as another text of the file is another problem."""

    problem: str
    code: str
    data: SerializeAsAny[DataSettings]
    n: int = Field(ge=1, le=2**40)
    seed: int = Field(ge=0)

    def key_fields(self) -> dict[str, Any]:
        return self.model_dump(mode="json")


class DeclaredTrial(FileTrial):
    """A trial of a problem whose code is there."""

    definition: ClassVar[Any]

    @field_validator("model", mode="before")
    @classmethod
    def _by_its_variant(cls, values: Any) -> Any:
        return choose(cls.definition.estimators, values, cls.own)

    def shape(self) -> tuple[Any, ...] | None:
        own: OwnProblem = self.definition.own
        return None if own.shape is None else tuple(self.definition.guarded(own.shape)(self))

    def cost(self) -> float:
        own: OwnProblem = self.definition.own
        return 1.0 if own.cost is None else float(self.definition.guarded(own.cost)(self))

    def memory(self) -> float:
        own: OwnProblem = self.definition.own
        return 0.0 if own.memory is None else float(self.definition.guarded(own.memory)(self))

    def law(self) -> dict[str, Any]:
        return self.definition.law_of(self)  # type: ignore[no-any-return]

    def facts(self) -> dict[str, Any]:
        own: OwnProblem = self.definition.own
        return {} if own.facts is None else dict(self.definition.guarded(own.facts)(self))


def fixed(value: str) -> Any:
    """A field that has one value, as ``create_model`` wants it."""
    return Literal[value], value


@dataclass(frozen=True)
class DeclaredProblem(Problem):
    """A problem from its declaration in a file or in an installed package."""

    own: OwnProblem = None  # type: ignore[assignment]  # always given
    source: Source = None  # type: ignore[assignment]

    @classmethod
    def of(cls, own: OwnProblem, source: Source) -> Self:
        """The problem; raises ValueError for a declaration whose law fails, or that has the name of a built-in one."""
        if own.name in PROBLEMS:
            raise ValueError(f"name: {own.name!r} is the name of a built-in problem; give it another one")
        kind: type[DeclaredTrial] = create_model(
            f"{own.name.title().replace('_', '')}Trial",
            __base__=DeclaredTrial,
            __doc__=f"One fit of {own.name}.",
            problem=fixed(own.name),
            code=fixed(source.code),
            data=(own.data, own.data()),
        )
        kind.own = next(iter(own.estimators))
        made = cls(
            name=own.name, spec=kind, numbers=OwnNumbers, size=own.size, parts=own.parts, levels=own.levels,
            ratios=own.ratios, claims=tuple(map(dict, own.claims)), own=own, source=source,
        )  # fmt: skip
        kind.definition = made
        for name in own.estimators:
            law = own.law(kind(model={"name": name}, n=64, seed=0)) if callable(own.law) else own.law  # type: ignore[call-arg, arg-type]
            law_of(dict(law))
        return made

    @cached_property
    def variants(self) -> Mapping[str, Variant]:
        """Made once: a sweep has many trials."""
        return {name: Variant(kind, self.own.run, gpu=True) for name, kind in self.own.estimators.items()}

    @property
    def estimators(self) -> Mapping[str, Variant]:
        return self.variants

    def guarded(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function; what it raises is told in a sentence with file and line (UsageError)."""

        def call(*args: Any) -> Any:
            try:
                return function(*args)
            except Exception as error:
                raise UsageError(fault(error, self.source.file)) from error

        return call

    def law_of(self, trial: Trial) -> dict[str, Any]:
        """The law of a trial's cell. Raises UsageError for one that is unknown."""
        form = dict(self.guarded(self.own.law)(trial)) if callable(self.own.law) else dict(self.own.law)
        self.guarded(law_of)(form)
        return form

    def forecasts(self, trial: Trial, sizes: Sequence[int]) -> list[list[float] | None]:
        return [self._curve(function, trial, sizes) for function in (self.own.reference, self.own.lower_bound)]

    def _curve(
        self, function: Callable[..., Sequence[float]] | None, trial: Trial, sizes: Sequence[int]
    ) -> list[float] | None:
        if function is None:
            return None
        values = np.asarray(self.guarded(function)(trial, sizes), dtype=float)
        if values.shape != (len(sizes),) or not np.all(np.isfinite(values)):
            raise UsageError(f"{self.source.file}: {function.__name__} must give a finite number for every size.")
        return [float(value) for value in values]

    def tables_of(self, trials: Sequence[Trial], numbers: Sequence[Mapping[str, Any]]) -> list[Table]:
        found: list[Table] = self._listed(self.own.tables, Table, trials, numbers)
        return found

    def answers_of(self, trials: Sequence[Trial], numbers: Sequence[Mapping[str, Any]]) -> list[SweepAnswer]:
        found: list[SweepAnswer] = self._listed(self.own.answers, SweepAnswer, trials, numbers)
        return found

    def _listed(self, function: Callable[..., Any] | None, kind: type, *given: Any) -> list[Any]:
        found = [] if function is None or not given[0] else list(self.guarded(function)(*given))
        if not all(isinstance(each, kind) for each in found):
            name = getattr(function, "__name__", "a function")
            raise UsageError(f"{self.source.file}: {name} must give a list of {kind.__name__}.")
        return found

    def sweep_of(self, name: str) -> SweepDefaults:
        """A sweep of the file. Raises UsageError for one that it does not have."""
        sweeps = self.own.named_sweeps()
        if name not in sweeps:
            raise UsageError(f"{self.source.file} has no sweep {name}; valid: {', '.join(sweeps)}.")
        return sweeps[name]

    def title(self, sweep: str) -> str:
        """What a sweep is, in a line."""
        return self.sweep_of(sweep).title

    def defaults(self, sweep: str) -> dict[str, Any]:
        """Every setting of data, estimators and sweep where nothing is said, by dotted key."""
        given = self.sweep_of(sweep)
        names = given.axes.get("model") or [given.model.get("name", next(iter(self.own.estimators)))]
        model: dict[str, Any] = {}
        for name in reversed([name for name in names if name in self.own.estimators]):
            model |= self.own.estimators[name](name=name).model_dump(mode="json")
        tree = {
            "data": self.own.data().model_dump(mode="json") | given.data,
            "model": model | given.model,
            "sweep": given.model_dump(mode="json", exclude={"title", "data", "model", "axes"}),
        }
        flat = {f"{group}.{key}": value for group, part in tree.items() for key, value in part.items()}
        return flat | {f"axis {key}": values for key, values in given.axes.items()}

    def card(self, sweep: str, cells: Sequence[Sequence[Trial]]) -> Card:
        """What a manifest tells of the problem, so that tables can be built where its code is not."""
        own = self.own
        return Card(
            file=self.source.file, code=self.source.code, size=own.size, title=self.sweep_of(sweep).title,
            parts=dict(own.parts), levels=dict(own.levels), ratios=dict(own.ratios),
            own_tables=own.tables is not None or own.answers is not None,
            claims=list(map(dict, self.claims)), defaults=self.defaults(sweep),
            cells=[self._cell(trials) for trials in cells],
        )  # fmt: skip

    def _cell(self, trials: Sequence[Trial]) -> CellCard:
        last, sizes = trials[-1], sorted({trial.n for trial in trials})
        reference, lower = self.forecasts(last, sizes)
        return CellCard(law=last.law(), facts=last.facts(), sizes=sizes, reference=reference, lower=lower)


def fault(error: BaseException, file: str) -> str:
    """What went wrong in a file of somebody's own: where in it, and what.

    A mistake in calling what this package offers is the caller's: the place is the last one that lies in the file.
    """
    if isinstance(error, SyntaxError) and error.filename == file:
        return f"{file}, line {error.lineno}: {error.msg}."
    places = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    line = f", line {places[-1].lineno}" if places else ""
    inside = f", in {places[-1].name}" if places and places[-1].name != "<module>" else ""
    kind = "" if type(error) is ValueError else f"{type(error).__name__}: "
    return f"{file}{line}{inside}: {kind}{' '.join(str(error).split())}".rstrip(".") + "."
