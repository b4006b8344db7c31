"""A problem of one's own, in one file: everything that such a file needs to import is here.

A file declares the settings of its data and of its estimators as classes with types and defaults, a function that
answers trials, and one ``PROBLEM = OwnProblem(...)`` that says what belongs together; ``mtam sweep FILE.py`` runs it.
``mtam new problem NAME`` writes a file that works, with its test.

The key of every trial holds the SHA-256 of the file, so a change of the file computes anew. A problem is that one file:
what it imports has to be installed, and is not watched.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import Field

from mtam.base.one_by_one import Tick, answer_each
from mtam.base.spec import EstimatorSettings, Frozen, Numbers, Size, Trial
from mtam.base.streams import generator
from mtam.base.table import Estimate, SweepAnswer, Table
from mtam.rates.laws import law as law_of

__all__ = [
    "DataSettings", "Estimate", "EstimatorSettings", "Field", "OwnProblem", "SweepAnswer", "SweepDefaults", "Table",
    "Tick", "Trial", "answer_each", "generator",
]  # fmt: skip

NAME = re.compile(r"[a-z][a-z0-9_]*")
Form = Mapping[str, Any]  # a law by name and parameters, as mtam.rates.laws knows it: {"name": "power_law", ...}


class DataSettings(Frozen):
    """What the data of a trial are; subclasses have one field per setting, each with a default."""


class OwnNumbers(Numbers):
    """The numbers of a record: ``error``, which has the curve, and whatever else the problem measures."""

    error: Size


class SweepDefaults(Frozen):
    """What ``mtam sweep FILE.py`` crosses where nothing else is said; KEY=VALUE changes every part of it."""

    title: str = ""
    axes: dict[str, list[Any]] = Field(default_factory=dict)  # "data.alpha": [1.0, 2.0]; "model": ["ridge", "mean"]
    sizes: list[int] | None = None  # explicit sample sizes; None = n_min, 2 n_min, 4 n_min, .. up to n_max
    n_min: int = Field(64, ge=1)
    n_max: int = Field(1024, ge=1)
    seeds: int = Field(8, ge=1)
    first_seed: int = Field(0, ge=0)
    data: dict[str, Any] = Field(default_factory=dict)  # settings that differ from the class's defaults
    model: dict[str, Any] = Field(default_factory=dict)  # ``name`` and settings of the estimator


@dataclass(frozen=True, kw_only=True)
class OwnProblem:
    """What a file declares.

    ``run(trials, *, device, tick, checkpoint)`` returns one dict of plain numbers per trial, ``error`` among them, or
    {"failure": sentence}; ``answer_each`` makes such a function of one for a single trial. All randomness comes of
    ``generator(trial.seed, "what it is for")``. ``law`` is the theoretical form of a cell's curve or a function of a
    trial that gives it. ``reference`` and ``lower_bound`` are functions of a trial and sizes: the error that theory
    expects, and what no estimator falls below. ``tables`` and ``answers`` are functions of all finished trials and
    their numbers. ``claims`` have the form of those in conf/claims; they are judged by ``mtam claims DIR``.
    Raises ValueError, in a sentence, for a declaration that cannot be run.
    """

    name: str
    data: type[DataSettings]
    estimators: Mapping[str, type[EstimatorSettings]]
    run: Callable[..., list[dict[str, Any]]]
    law: Form | Callable[[Any], Form]
    sweep: SweepDefaults
    sweeps: Mapping[str, SweepDefaults] = field(default_factory=dict)  # further ones: mtam sweep NAME --problem FILE.py
    size: str = "n"  # the field's letter for the sample size
    parts: Mapping[str, str] = field(default_factory=dict)  # further errors in a record that have curves -> heading
    levels: Mapping[str, str] = field(default_factory=dict)  # numbers worth a look at the largest size -> heading
    ratios: Mapping[str, str] = field(default_factory=dict)  # numbers that theory says are flat in the size -> heading
    reference: Callable[[Any, Sequence[int]], Sequence[float]] | None = None
    lower_bound: Callable[[Any, Sequence[int]], Sequence[float]] | None = None
    facts: Callable[[Any], Mapping[str, Any]] | None = None  # of a trial: what theory says beyond the law
    tables: Callable[[Sequence[Any], Sequence[Mapping[str, Any]]], list[Table]] | None = None
    answers: Callable[[Sequence[Any], Sequence[Mapping[str, Any]]], list[SweepAnswer]] | None = None
    claims: Sequence[Mapping[str, Any]] = ()
    shape: Callable[[Any], tuple[Any, ...]] | None = None  # trials of equal shape come to ``run`` together; None: alone
    cost: Callable[[Any], float] | None = None  # seconds of a trial on one thread, roughly; None: a second
    memory: Callable[[Any], float] | None = None  # bytes that a trial holds at once, roughly

    def __post_init__(self) -> None:
        _name("name", self.name)
        for name in self.sweeps:
            _name("sweeps", name)
        _settings("data", self.data, DataSettings)
        if not isinstance(self.estimators, Mapping) or not self.estimators:
            raise ValueError("estimators must map at least one name to a class of settings")
        for name, kind in self.estimators.items():
            _name("estimators", name)
            _settings(f"estimators[{name!r}]", kind, EstimatorSettings, name=name)
        if not callable(self.run):
            raise ValueError("run must be a function of trials, device, tick and checkpoint")
        given: dict[str, Any] = {"sweep": self.sweep, **self.sweeps}
        for name, what in given.items():
            if not isinstance(what, SweepDefaults):
                raise ValueError(f"{name} must be a SweepDefaults(...), not {type(what).__name__}")
        for what in ("reference", "lower_bound", "facts", "tables", "answers", "shape", "cost", "memory"):
            if getattr(self, what) is not None and not callable(getattr(self, what)):
                raise ValueError(f"{what} must be a function")
        if not all(isinstance(claim, Mapping) for claim in self.claims):
            raise ValueError("claims must be a list of mappings with id, claim, source, judge and why")
        if not callable(self.law):
            law_of(dict(self.law))

    def named_sweeps(self) -> dict[str, SweepDefaults]:
        """All sweeps by name; the first one has the problem's own name."""
        return {self.name: self.sweep, **self.sweeps}


def _name(what: str, name: Any) -> None:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise ValueError(f"{what}: {name!r} is no name; valid: a small letter, then small letters, digits and _")


def _settings(what: str, kind: Any, base: type[Frozen], **given: Any) -> None:
    """Raise ValueError unless ``kind`` is a class of settings whose defaults are what their types say."""
    if not (isinstance(kind, type) and issubclass(kind, base)):
        raise ValueError(f"{what} must be a class derived from {base.__name__}")
    lacking = [name for name, each in kind.model_fields.items() if each.is_required() and name not in given]
    if lacking:
        raise ValueError(f"{what}: {kind.__name__}.{lacking[0]} has no default; every setting needs one")
    made = kind(**given)
    kind.model_validate({name: getattr(made, name) for name in kind.model_fields})
