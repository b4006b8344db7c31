"""A problem as the manifest of a run tells of it, for who reads a folder without the code that made it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from pydantic import ConfigDict, SerializeAsAny, create_model, field_validator, model_validator

from mtam.base.errors import UsageError
from mtam.base.spec import EstimatorSettings, Frozen, Trial
from mtam.problems.declared_problem import FileTrial, fixed
from mtam.problems.own import DataSettings, OwnNumbers
from mtam.problems.problem_card import Card, CellCard
from mtam.problems.registry import Problem, Source
from mtam.rates.laws import law as law_of


def _nested(values: Any) -> Any:
    """Settings within settings, so that a dotted key finds its way through them."""
    if not isinstance(values, Mapping):
        return values
    return {key: RecordedData(**each) if isinstance(each, dict) else each for key, each in values.items()}


class RecordedData(DataSettings):
    """Settings whose class is not at hand."""

    model_config = Frozen.model_config | ConfigDict(extra="allow")

    _within = model_validator(mode="before")(_nested)


class RecordedModel(EstimatorSettings):
    """Settings of an estimator whose class is not at hand."""

    model_config = Frozen.model_config | ConfigDict(extra="allow")

    _within = model_validator(mode="before")(_nested)


class RecordedTrial(FileTrial):
    """A trial of a problem whose code is not at hand."""

    definition: ClassVar[Any]

    data: SerializeAsAny[RecordedData]
    model: SerializeAsAny[RecordedModel]

    @field_validator("model", mode="before")
    @classmethod
    def _by_its_variant(cls, values: Any) -> Any:
        return values

    def law(self) -> dict[str, Any]:
        return dict(self.definition.cell(self).law)

    def facts(self) -> dict[str, Any]:
        return dict(self.definition.cell(self).facts)


@dataclass(frozen=True)
class RecordedProblem(Problem):
    """What can be said of a run without running anybody's code."""

    card: Card = None  # type: ignore[assignment]  # always given
    cells: Mapping[str, CellCard] = field(default_factory=dict)
    source: Source = None  # type: ignore[assignment]

    @classmethod
    def of(cls, name: str, card: Card, trials: Sequence[Mapping[str, Any]]) -> Self:
        """``trials`` are the settings of one trial per cell of ``card``. Raises ValueError for an unknown law."""
        kind: type[RecordedTrial] = create_model(
            "RecordedTrial", __base__=RecordedTrial, problem=fixed(name), code=fixed(card.code)
        )
        for cell in card.cells:
            law_of(cell.law)
        made = cls(
            name=name, spec=kind, numbers=OwnNumbers, size=card.size, parts=card.parts, levels=card.levels,
            ratios=card.ratios, claims=tuple(card.claims), source=Source(card.file, card.code), card=card,
            cells={_place(trial): cell for trial, cell in zip(trials, card.cells, strict=True)},
        )  # fmt: skip
        kind.definition = made
        return made

    def cell(self, trial: Trial) -> CellCard:
        """What the manifest tells of a trial's cell."""
        place = _place(trial.model_dump(mode="json"))
        if place not in self.cells:
            raise ValueError("a cell has trials of several settings")
        return self.cells[place]

    def unread(self, name: str) -> set[str]:
        del name
        return set()

    def title(self, sweep: str) -> str:
        """As ``DeclaredProblem.title``."""
        del sweep
        return self.card.title

    def defaults(self, sweep: str) -> dict[str, Any]:
        """As ``DeclaredProblem.defaults``."""
        del sweep
        return self.card.defaults

    def forecasts(self, trial: Trial, sizes: Sequence[int]) -> list[list[float] | None]:
        """Those that were computed when the run began, at the sizes of its plan."""
        cell = self.cell(trial)
        found: list[list[float] | None] = []
        for curve in (cell.reference, cell.lower):
            known = dict(zip(cell.sizes, curve or (), strict=False))
            found.append([known[n] for n in sizes] if curve and all(n in known for n in sizes) else None)
        return found

    def run(self, trial: Trial) -> Callable[..., Any]:
        del trial
        raise UsageError(f"this run needs {self.card.file}, which was not named; run mtam sweep {self.card.file}.")


def _place(settings: Mapping[str, Any]) -> str:
    """The cell of a trial: its settings but for size and seed."""
    return json.dumps([settings.get("data"), settings.get("model")], sort_keys=True)
