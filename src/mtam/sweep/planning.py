"""Axes x sizes x seeds -> a frozen manifest of trials, packed by tensor shape.

The manifest is written before anything runs; whoever executes a pack reads it and never composes a configuration.
"""

import functools
import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mtam.base.errors import UsageError
from mtam.base.named.named_code import shown
from mtam.base.spec import READABLE, SCHEMA, Frozen, Trial
from mtam.problems import problem_files
from mtam.problems.recorded_problem import RecordedProblem
from mtam.problems.registry import PROBLEMS, Problem, definition, problem
from mtam.problems.trial_reader import TrialReader
from mtam.sweep import safe_files
from mtam.sweep.folders import run_folders
from mtam.sweep.folders.run_folders import MANIFEST as MANIFEST
from mtam.sweep.schemas import Manifest, first
from mtam.sweep.size_rules import is_rule, size_rule
from mtam.sweep.store import write_text

SOURCE = "problem.py"  # the file that declared the problem, where that is not built in
MOST_MEMBERS = 32  # of one pack; beyond it the batched program gains nothing and a lost pack costs more


@dataclass(frozen=True)
class Cell:
    """All trials that differ only in sample size and seed; ``axis`` tells it from the other cells of its sweep."""

    axis: dict[str, Any]
    trials: tuple[Trial, ...]


def label(axis: Mapping[str, Any]) -> str:
    """A place on the axes in words, e.g. ``alpha = 0.5``."""
    leaves = [key.rpartition(".")[2] for key in axis]
    names = leaves if len(set(leaves)) == len(leaves) else list(axis)
    return ", ".join(f"{name} = {shown(value)}" for name, value in zip(names, axis.values(), strict=True)) or "all"


@dataclass(frozen=True)
class Plan:
    """A named sweep, or a single fit: its resolved configuration and its cells."""

    kind: str  # "sweep" or "fit"
    name: str
    problem: str
    config: dict[str, Any]
    cells: tuple[Cell, ...]
    frozen: tuple[tuple[str, ...], ...] | None = field(default=None, compare=False)  # the packs that a manifest holds

    aliases: Mapping[str, str] = field(default_factory=dict, compare=False)  # a trial's key -> that of its old record
    seals: Mapping[str, str] = field(default_factory=dict, compare=False)  # claim -> digest of how it was to be judged
    own_keys: tuple[tuple[str, ...], ...] | None = field(default=None, compare=False, repr=False)  # known from reading

    @cached_property
    def identity(self) -> tuple[tuple[str, ...], ...]:
        """The trials' own keys, cell by cell."""
        if self.own_keys is not None:
            return self.own_keys
        return tuple(tuple(trial.key() for trial in cell.trials) for cell in self.cells)

    @cached_property
    def keys(self) -> tuple[tuple[str, ...], ...]:
        """The keys by which the trials' records go, cell by cell."""
        return tuple(tuple(self.aliases.get(key, key) for key in keys) for keys in self.identity)

    @cached_property
    def trials(self) -> dict[str, Trial]:
        """Every distinct trial by its key."""
        pairs = zip(self.keys, self.cells, strict=True)
        return {key: trial for keys, cell in pairs for key, trial in zip(keys, cell.trials, strict=True)}

    @cached_property
    def definition(self) -> Problem:
        """The problem of its trials."""
        return definition(self.cells[0].trials[0])

    @property
    def code(self) -> str | None:
        """The digest of the problem's file, where the user has named one: what ``read`` needs in another process."""
        source = self.definition.source
        return None if source is None else source.named

    @cached_property
    def digest(self) -> str:
        """Ten hexadecimal digits that name the content: the problem and the set of trial keys of every cell."""
        return _digest(self.problem, self.identity)

    @cached_property
    def packs(self) -> tuple[tuple[str, ...], ...]:
        """The manifest's packs; before there is one, keys grouped by tensor shape."""
        return grouped(self.trials) if self.frozen is None else self.frozen

    def cost(self, pack: Iterable[str]) -> float:
        """The forecast seconds of a pack on one thread."""
        return sum(self.trials[key].cost() for key in pack)

    def to_json(self) -> dict[str, Any]:
        """What the manifest holds."""
        return {
            "schema": SCHEMA,
            "kind": self.kind,
            "name": self.name,
            "problem": self.problem,
            "digest": self.digest,
            "config": self.config,
            "cells": [
                {"axis": cell.axis, "keys": list(keys)} for cell, keys in zip(self.cells, self.keys, strict=True)
            ],
            "trials": {key: trial.model_dump(mode="json") for key, trial in self.trials.items()},
            "packs": [list(pack) for pack in self.packs],
            **({"aliases": dict(self.aliases)} if self.aliases else {}),
            **self._declared(),
            **({"claims": dict(self.seals)} if self.seals else {}),
        }

    def _declared(self) -> dict[str, Any]:
        """What is told of a problem that is not built in."""
        kind: Any = self.definition
        if kind.source is None:
            return {}
        recorded = isinstance(kind, RecordedProblem)
        card = kind.card if recorded else kind.card(self.name, [cell.trials for cell in self.cells])
        return {"declared": card.model_dump(mode="json")}

    def write(self, out: Path, *, extend: bool = False) -> None:
        """Write the manifest, or check that the one already in ``out`` is this plan's; ``extend`` may replace it.

        Raises UsageError when ``out`` holds another sweep.
        """
        found = read(out) if extend and os.path.lexists(out / MANIFEST) else found_in(out, self)
        if found is None or found.digest != self.digest:
            text = json.dumps(self.to_json(), indent=1) + "\n"
            if self.definition.source is not None:
                write_text(out / SOURCE, self.definition.source.text)
            write_text(out / MANIFEST, text)


def _digest(problem: str, cells: Iterable[Iterable[str]]) -> str:
    text = json.dumps([problem, sorted(sorted(keys) for keys in cells)])
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def grouped(trials: Mapping[str, Trial]) -> tuple[tuple[str, ...], ...]:
    """Keys grouped by tensor shape, the costliest pack first so that workers finish together."""
    groups: dict[Any, list[str]] = {}
    for key, trial in trials.items():
        groups.setdefault(trial.shape() or key, []).append(key)
    packs = [
        tuple(group[i : i + MOST_MEMBERS]) for group in groups.values() for i in range(0, len(group), MOST_MEMBERS)
    ]
    costs = {pack: sum(trials[key].cost() for key in pack) for pack in packs}
    return tuple(sorted(packs, key=lambda pack: (-costs[pack], pack)))


def extended(found: Plan, plan: Plan) -> Plan:
    """``plan``, with the packs of ``found`` as they are and its further trials in packs of their own.

    A pack is one tensor program: were it made up anew, records that are there would have to be computed again.
    Raises UsageError when ``plan`` lacks trials of ``found``, because a folder holds one sweep and all of it.
    """
    plan = replace(plan, aliases=found.aliases, seals=found.seals)
    dropped = len(found.trials.keys() - plan.trials.keys())
    if found.problem != plan.problem or dropped:
        raise UsageError(
            f"--extend adds trials and drops none, but {dropped} of the {len(found.trials)} trials that are there are "
            f"not in this sweep ({difference(found, plan)}); name the old values beside the new ones."
        )
    new = {key: trial for key, trial in plan.trials.items() if key not in found.trials}
    return replace(plan, frozen=found.packs + grouped(new))


def found_in(out: Path, plan: Plan) -> Plan | None:
    """The plan that ``out`` was made for, if there is one. Raises UsageError when it is another one than ``plan``."""
    if not os.path.lexists(out / MANIFEST):
        return None
    found = read(out)
    if found.digest != plan.digest:
        what = difference(found, plan)
        adds = (
            found.problem == plan.problem and found.trials.keys() <= replace(plan, aliases=found.aliases).trials.keys()
        )
        advice = "add to it with --extend, or choose another --out" if adds else "choose another --out"
        raise UsageError(f"{out} already holds another {found.name} run ({what}); {advice}.")
    return found


def read(out: Path, code: str | None = None) -> Plan:
    """The plan that ``out`` was made for. Raises UsageError when there is none or it cannot be read.

    ``code`` is the digest of a problem's file that the user has named, perhaps in another process: the copy that the
    run keeps of that very text may be run. Without it, and unless the problem is loaded or installed, none is.
    """
    path = out / MANIFEST
    try:
        if code is not None:
            problem_files.load_file(out / SOURCE, code)
        tree = safe_files.read_json(path)
        if isinstance(tree, dict) and tree.get("schema", SCHEMA) not in READABLE:
            raise UsageError(
                f"{path} was written by a version of mtam with another record schema; run it into a new folder."
            )
        plan = _plan(Manifest.model_validate(tree))
        if plan is None:
            raise UsageError(f"{out} was made by a version of mtam with other settings; run it into a new folder.")
        _check(plan)
        return plan
    except FileNotFoundError:
        more = run_folders.hint(out)
        raise UsageError(f"{out} is not the folder of a run: {more or f'it has no {MANIFEST}'}.") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from None
    except UsageError:
        raise
    except ValidationError as error:
        raise UsageError(f"{path} is not a manifest of mtam: {first(error)}.") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{path} is not a manifest of mtam: {' '.join(str(error).split())}.") from None


def _plan(shape: Manifest) -> Plan | None:
    """The plan that a manifest holds; None where its trials are not those that it was made for."""
    kind = _problem(shape)
    read = TrialReader(kind.trial()).read
    modern = shape.schema_ == SCHEMA
    both = {key: read(value if modern else kind.modern(value)) for key, value in shape.trials.items()}
    trials = {key: trial for key, (trial, _) in both.items()}
    unknown = {key for cell in shape.cells for key in cell.keys} - trials.keys()
    if unknown:
        raise ValueError(f"it has no trial {min(unknown)}")
    if not modern:
        return _of_schema_2(shape, trials)
    own_keys = tuple(tuple(both[key][1] for key in cell.keys) for cell in shape.cells)
    plan = replace(_of_cells(shape, trials), aliases=shape.aliases, seals=shape.claims, own_keys=own_keys)
    return plan if plan.digest == shape.digest else None


def _problem(shape: Manifest) -> Problem:
    """The problem of a manifest: built in, at hand, or as the manifest itself has it."""
    if shape.declared is None:
        return problem(shape.problem)
    if shape.problem in PROBLEMS:
        raise ValueError(f"it declares {shape.problem}, which is built in")
    if len(shape.declared.cells) != len(shape.cells):
        raise ValueError("it declares another number of cells than it has")
    found = problem_files.at_hand(shape.problem, shape.declared.code)
    firsts = [shape.trials[cell.keys[0]] for cell in shape.cells]
    return found or RecordedProblem.of(shape.problem, shape.declared, firsts)


def _of_cells(shape: Manifest, trials: Mapping[str, Trial]) -> Plan:
    cells = tuple(Cell(cell.axis, tuple(trials[key] for key in cell.keys)) for cell in shape.cells)
    return Plan(shape.kind, shape.name, shape.problem, shape.config, cells, tuple(map(tuple, shape.packs)))


def _of_schema_2(shape: Manifest, trials: Mapping[str, Trial]) -> Plan | None:
    """The plan of a manifest whose trials told the settings of all estimators, and went by a key of them all.

    Where an estimator was given settings that it did not read, that is not the key of today, but an alias of it; two
    trials that differed in nothing else are one.
    """
    aliases: dict[str, str] = {}
    for key, trial in trials.items():
        if trial.key() != key:
            if trial.key_of(shape.trials[key]) != key:
                return None
            aliases.setdefault(trial.key(), key)
    if _digest(shape.problem, (cell.keys for cell in shape.cells)) != shape.digest:
        return None
    own = {key for trial in trials.values() for key in type(trial.model).model_fields}
    model = {key: value for key, value in shape.config["model"].items() if key in own}
    plan = replace(_of_cells(shape, trials), config={**shape.config, "model": model}, aliases=aliases)
    packs = (tuple(key for key in pack if key in plan.trials or key not in trials) for pack in shape.packs)
    return replace(plan, frozen=tuple(pack for pack in packs if pack))


def _check(plan: Plan) -> None:
    """Raise ValueError, or AttributeError for an unknown axis, where cells, packs and trials contradict each other."""
    if sorted(key for pack in plan.packs for key in pack) != sorted(plan.trials):
        raise ValueError("its packs are not its trials")
    if plan.kind not in plan.definition.kinds or (plan.kind == "fit" and len(plan.trials) != 1):
        raise ValueError(f"{len(plan.trials)} trials of {plan.problem} are no {plan.kind}")
    for cell in plan.cells:
        if len({(trial.n, trial.seed) for trial in cell.trials}) < len(cell.trials):
            raise ValueError(f"the cell {label(cell.axis)} has two trials of one size and seed")
        unread = plan.definition.unread(cell.trials[0].model.name) if plan.aliases else set()
        for key, value in cell.axis.items():
            if key.removeprefix("model.") in unread:  # an axis of schema 2 that its trials did not depend on
                continue
            found = _setting(cell.trials[0], key)
            if isinstance(found, Frozen):  # a group of settings, by the name of its option
                fits = isinstance(value, str) and re.fullmatch(r"[\w.-]+", value) is not None
            elif is_rule(value):  # each trial holds what it comes to at its size
                rule = size_rule(value)
                fits = rule is None or all(_setting(trial, key) == rule.at(trial.n) for trial in cell.trials)
            else:
                fits = type(found) is type(value) and found == value
            if not fits:
                raise ValueError(f"{key} is not {value!r} in the trials of that cell")


def _setting(trial: Trial, key: str) -> Any:
    """The value of a dotted key; raises AttributeError for an unknown one."""
    return functools.reduce(getattr, key.split("."), trial)


def difference(old: Plan, new: Plan) -> str:
    """The first settings in which two plans differ, in words."""
    before, after = dict(_leaves(old.config)), dict(_leaves(new.config))
    trial = next(iter(old.trials.values()), None)
    meant = {} if trial is None else dict(_leaves(trial.model_dump()))  # settings younger than the older plan
    before = {key: meant[key] for key in after.keys() & meant.keys()} | before
    changed = [
        f"{key} was {before.get(key)!r}, now {after.get(key)!r}"
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key) and not key.startswith(("launcher.", "logger."))
    ]
    if not changed:
        return f"it has {len(old.trials)} other trials"
    return "; ".join(changed[:3]) + (f"; and {len(changed) - 3} more" if len(changed) > 3 else "")


def _leaves(tree: Any, prefix: str = "") -> Iterable[tuple[str, Any]]:
    if isinstance(tree, dict) and tree:
        for key, value in tree.items():
            yield from _leaves(value, f"{prefix}.{key}" if prefix else str(key))
    else:
        yield prefix, tree
