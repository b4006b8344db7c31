"""The plan of a sweep of a problem that is not built in: its file says what the configuration folder says of others."""

import copy
import itertools
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mtam.base import conf_files
from mtam.base.errors import UsageError
from mtam.base.variants import foreign, own_settings, owners
from mtam.config.grammar import Overrides, parse_overrides, value_of
from mtam.config.plans import (
    MOST_TRIALS,
    NOT_IN_TRIALS,
    Axis,
    Config,
    as_frozen,
    axes_under,
    frozen_as,
    plan_sweep,
    put,
    refuse_twins,
)
from mtam.problems import installed_problems, problem_files
from mtam.problems.declared_problem import DeclaredProblem
from mtam.sweep.planning import Cell, Plan
from mtam.sweep.settings import SweepSettings, check_logger, launcher_settings, validate

EXTENSION = ".py"


def plan_named(name: str, texts: Sequence[str], problem: Path | None = None) -> Plan:
    """The plan of a sweep of the configuration folder, of a file FILE.py, of an installed problem, or of ``problem``.

    ``problem`` is a file, or where there is none of that name an installed problem. Raises UsageError with one sentence
    for anything a person can get wrong, in the file as well.
    """
    if problem is not None:
        known = not problem.exists() and str(problem) in installed_problems.installed()
        found = problem_files.load_installed(str(problem)) if known else problem_files.load_file(problem)
        return plan_own_sweep(found, name, texts)
    if name.endswith(EXTENSION):
        found = problem_files.load_file(Path(name).expanduser())
        return plan_own_sweep(found, found.name, texts)
    if name not in conf_files.options("sweep") and name in installed_problems.installed():
        found = problem_files.load_installed(name)
        return plan_own_sweep(found, found.name, texts)
    return plan_sweep(name, texts)


def plan_own_sweep(problem: DeclaredProblem, name: str, texts: Sequence[str]) -> Plan:
    """The plan of the sweep ``name`` of a problem under KEY=VALUE overrides. Raises UsageError."""
    file, defaults, overrides = problem.source.file, problem.sweep_of(name), parse_overrides(texts)
    if "data" in overrides.groups or "data" in overrides.axes:
        raise UsageError(f"data: {file} has one kind of data; set data.KEY=VALUE.")
    first = str(defaults.model.get("name", next(iter(problem.estimators))))
    axes = dict(defaults.axes)
    pinned = [overrides.groups["model"]] if "model" in overrides.groups else axes.get("model", [first])
    models = [str(each) for each in overrides.axes.get("model", pinned)]
    for model in models:
        if model not in problem.estimators:
            raise UsageError(f"model={model}: {file} has no such estimator; valid: {', '.join(problem.estimators)}.")
    config = _composed(problem, name, overrides, models[0])
    _check_keys(problem, config, [*overrides.values, *overrides.axes, *overrides.groups, *axes], models)
    settings = validate(SweepSettings, config["sweep"], "sweep", file)
    launcher = launcher_settings(config["launcher"], file)
    along = axes_under(settings, overrides, config, lambda group, option: _check_option(problem, group, option))
    config["sweep"]["axes"] = {axis.key: list(axis.values) for axis in along}
    count = math.prod(len(axis.values) for axis in along) * len(settings.sample_sizes())
    count *= settings.seeds + settings.more_seeds
    if count > MOST_TRIALS:
        raise UsageError(f"this sweep has {count} trials; valid: at most {MOST_TRIALS}.")
    cells = []
    for at, cell in _cells(problem, name, overrides, along, models[0]):
        config["model"] = {**cell["model"], **config["model"]}
        sizes, seeds = settings.sample_sizes(), settings.seed_range(at)
        trials = tuple(frozen_as(problem, file, {**cell, "n": n, "seed": seed}) for n in sizes for seed in seeds)
        cells.append(Cell({key: as_frozen(trials[0], key, value) for key, value in at.items()}, trials))
    config["launcher"] = launcher
    refuse_twins(cell.axis for cell in cells)
    return Plan("sweep", name, problem.name, config, tuple(cells))


def _composed(problem: DeclaredProblem, name: str, overrides: Overrides, model: str) -> Config:
    """The defaults of the file for one estimator, under the overrides that it knows."""
    own, defaults = problem.own, problem.sweep_of(name)
    settings = own.estimators[model](name=model).model_dump(mode="json")
    named = defaults.model.get("name", model)
    given = {key: value for key, value in defaults.model.items() if key in settings and (key != "name")}
    launcher = overrides.groups.get("launcher", "local")
    _check_option(problem, "launcher", launcher)
    config: Config = {
        "problem": problem.name,
        "code": problem.source.code,
        "data": own.data().model_dump(mode="json") | defaults.data,
        "model": settings | (given if named == model or "model" in defaults.axes else {}),
        "launcher": conf_files.load(f"launcher/{launcher}"),
        "sweep": defaults.model_dump(mode="json", exclude={"title", "data", "model"}),
    }
    if (logger := overrides.groups.get("logger")) is not None:
        _check_option(problem, "logger", logger)
        check_logger(logger)
        config["logger"] = conf_files.load(f"logger/{logger}")
    config = copy.deepcopy(config)
    for key, text in overrides.values.items():
        group, _, leaf = key.partition(".")
        if key not in overrides.axes and (group != "model" or leaf in settings) and _has(config, key):
            put(config, key, value_of(text))
    return config


def _has(config: Config, dotted: str) -> bool:
    """Whether there is such a setting."""
    found: Any = config
    for part in dotted.split("."):
        if not isinstance(found, dict) or part not in found:
            return False
        found = found[part]
    return True


def _check_option(problem: DeclaredProblem, group: str, option: str) -> None:
    valid = list(problem.estimators) if group == "model" else conf_files.options(group)
    if option not in valid:
        raise UsageError(f"{group}={option}: there is no such {group}; {conf_files.nearest(option, valid)}")


def _check_keys(problem: DeclaredProblem, config: Config, keys: Sequence[str], models: Sequence[str]) -> None:
    """Raise UsageError with the nearest valid name for a key that the problem does not have."""
    tree = {name: part for name, part in config.items() if name not in ("problem", "code", "model")}
    own = {key for model in models for key in own_settings(problem.estimators[model])}
    valid = ["model", "launcher", "logger", *conf_files.flatten(tree), *(f"model.{key}" for key in sorted(own))]
    for key in keys:
        if key in valid:
            continue
        group, _, leaf = key.partition(".")
        if group == "model" and owners(problem.estimators, leaf):
            raise UsageError(f"{foreign(problem.estimators, models, leaf)}.")
        for other in conf_files.options("launcher") if group == "launcher" else ():
            if leaf in conf_files.load(f"launcher/{other}"):
                raise UsageError(f"{key} is a setting of the launcher {other}; say --launcher {other} as well.")
        raise UsageError(f"{problem.source.file} has no setting {key}; {conf_files.nearest(key, valid)}")


def _cells(
    problem: DeclaredProblem, name: str, overrides: Overrides, axes: Sequence[Axis], first: str
) -> Iterator[tuple[dict[str, Any], Config]]:
    """Every combination along the axes with its trials' settings."""
    for values in itertools.product(*(axis.values for axis in axes)):
        at = dict(zip((axis.key for axis in axes), values, strict=True))
        config = _composed(problem, name, overrides, str(at.get("model", first)))
        cell = {key: value for key, value in config.items() if key not in ("sweep", *NOT_IN_TRIALS)}
        for key, value in at.items():
            group, _, leaf = key.partition(".")
            if key != "model" and (group != "model" or leaf in cell["model"]):
                put(cell, key, value)
        yield at, cell
