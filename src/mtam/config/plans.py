"""Configurations composed under overrides, and the frozen plans that they stand for.

Hydra composes once per choice of group options; values along axes are put in by plain Python, because a compose
costs about a thousand times as much.
"""

import copy
import itertools
import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.config_store import ConfigStore
from omegaconf import OmegaConf
from pydantic import ValidationError

from mtam.base import conf_files, conf_models
from mtam.base.errors import UsageError
from mtam.base.named.named_code import refuse_unnamed
from mtam.base.spec import Frozen, Trial
from mtam.config.grammar import Overrides, parse_overrides, value_of
from mtam.problems.registry import Problem, problem
from mtam.sweep.planning import Cell, Plan
from mtam.sweep.settings import SweepSettings, check_logger, describe, launcher_settings, validate
from mtam.sweep.size_rules import at_size, is_rule

Config = dict[str, Any]
MOST_TRIALS = 100_000
NOT_IN_TRIALS = ("launcher", "logger")  # where a trial runs and who watches it change no number


@dataclass(frozen=True)
class Axis:
    """A setting and the values it takes along a sweep."""

    key: str
    values: tuple[Any, ...]


def compose_config(name: str, overrides: Overrides, groups: dict[str, str]) -> Config:
    """Compose ``conf/<name>.yaml`` with one choice of group options and all scalar overrides, and resolve it."""
    for group, option in groups.items():
        _check_option(group, option)
    check_logger(groups.get("logger"))
    model = groups["model"] if "model" in groups else next(iter(conf_files.models_of(name)), "")
    if conf_files.without_file("model", model):
        ConfigStore.instance().store(name=model, group="model", node=conf_files.load(f"model/{model}"))
    else:  # a file that was written since is no match for what was stored: Hydra would take that for its schema
        ConfigStore.instance().repo.get("model", {}).pop(f"{model}.yaml", None)
    texts = [f"{group}={option}" for group, option in groups.items() if group != "logger"]
    texts += [text for key, text in overrides.values.items() if conf_models.applies(key, model, name)]
    folder = str(conf_files.conf_dir())
    try:
        with initialize_config_dir(folder, version_base="1.3"):
            tree = OmegaConf.to_container(compose(name, overrides=texts), resolve=True, throw_on_missing=True)
    except Exception as error:  # besides exceptions of their own, Hydra and OmegaConf let through what Python raises
        cause = " ".join(str(error.__cause__ or error).split())
        raise UsageError(f"the configuration {name} cannot be composed: {cause}") from None
    assert isinstance(tree, dict)
    if isinstance(tree.get("model"), dict):  # what the file sets for another model than the one that was chosen
        tree["model"] = {
            key: value for key, value in tree["model"].items() if conf_models.applies(f"model.{key}", model, name)
        }
    logger = {"logger": conf_files.load(f"logger/{groups['logger']}")} if "logger" in groups else {}
    return {str(key): value for key, value in tree.items()} | logger


def _check_option(group: str, option: str) -> None:
    valid = conf_files.options(group)
    if option not in valid:
        raise UsageError(f"{group}={option}: there is no such {group}; {conf_files.nearest(option, valid)}")


def check_keys(name: str, keys: Iterable[str], launcher: str | None = None, models: Sequence[str] = ()) -> None:
    """Raise UsageError with the nearest valid name for a key that the schema does not have."""
    valid = conf_files.keys(name, launcher, models)
    for key in keys:
        if key not in valid:
            conf_models.refuse_foreign(name, key, models)
            for other in conf_files.options("launcher"):
                if key in conf_files.keys(name, other):
                    raise UsageError(f"{key} is a setting of the launcher {other}; say --launcher {other} as well.")
            raise UsageError(f"there is no setting {key}; {conf_files.nearest(key, valid)}")


def put(config: Config, dotted: str, value: Any) -> None:
    """Set ``config["a"]["b"] = value`` for the dotted key ``a.b``; the path must exist."""
    *path, leaf = dotted.split(".")
    for part in path:
        config = config[part]
    config[leaf] = value


def freeze(name: str, settings: Config) -> Trial:
    """Validate one trial's settings; raise UsageError with one sentence for the first mistake."""
    frozen = frozen_as(problem(settings["problem"]), name, settings)
    for group, held in frozen.model_dump(include={"data", "model"}).items():
        refuse_unnamed(group, held)
    if lacking := frozen.model.lacks():
        raise UsageError(f"{name}: {lacking}.")
    return frozen


def frozen_as(kind: Problem, name: str, settings: Config) -> Trial:
    """The same for a problem that may not be built in."""
    model = settings["model"].get("name") if isinstance(settings["model"], dict) else settings["model"]
    if not isinstance(model, str) or model not in kind.estimators:
        valid = ", ".join(kind.estimators)
        raise UsageError(f"model={model} does not answer {kind.name} problems; valid: {valid}.")
    try:
        return kind.trial().model_validate(settings)
    except ValidationError as error:
        raise UsageError(describe(error, name)) from None


def axes_under(
    settings: SweepSettings, overrides: Overrides, config: Config, check_option: Callable[[str, str], None]
) -> list[Axis]:
    """The axes of the file, changed by the command line: a list opens or replaces one, one value pins it."""
    axes = {key: list(values) for key, values in settings.axes.items()}
    for key in axes:
        if key in overrides.groups:
            axes[key] = [overrides.groups[key]]
        elif key in overrides.values:
            axes[key] = [_pinned(config, key, overrides.values[key])]
    axes.update(overrides.axes)
    for key, values in axes.items():
        if key.split(".")[0] in ("sweep", *NOT_IN_TRIALS, "problem", "samples", "seed"):
            raise UsageError(f"{key} cannot be an axis of a sweep; axes are settings of data and model.")
        if not values:
            raise UsageError(f"the axis {key} has no values.")
        refuse_twins({key: value} for value in values)  # before one configuration is composed for each
        for value in values if key in conf_files.GROUPS else ():
            check_option(key, str(value))
    return [Axis(key, tuple(values)) for key, values in axes.items()]


def _pinned(config: Config, dotted: str, text: str) -> Any:
    """The value that an override gives; as it was written, where the first of several models has no such setting."""
    for part in dotted.split("."):
        if part not in config:
            return value_of(text)
        config = config[part]
    return config


def refuse_twins(places: Iterable[dict[str, Any]]) -> None:
    """Raise UsageError when two places on the axes are one; 1 and 1.0 are the same number."""
    seen: set[Hashable] = set()
    for place in places:
        known = _hashable(place)
        if known in seen:
            at = ", ".join(f"{key}={value}" for key, value in place.items())
            raise UsageError(f"{at} is given twice along the axes of the sweep.")
        seen.add(known)


def _hashable(value: Any) -> Hashable:
    """Equal exactly where ``value`` is, and hashable: a sweep may have a hundred thousand cells."""
    if isinstance(value, dict):
        return frozenset((key, _hashable(each)) for key, each in value.items())
    if isinstance(value, list):
        return tuple(map(_hashable, value))
    known: Hashable = value
    return known


def as_frozen(trial: Trial, dotted: str, value: Any) -> Any:
    """The value of an axis as the spec holds it, so that 1 and 1.0 name the same cell; a rule of n as it was given."""
    if is_rule(value):
        return value
    found: Any = trial
    for part in dotted.split("."):
        found = getattr(found, part, value)  # a setting that the estimator of this cell does not have
    return value if isinstance(found, Frozen) else found


def _cells(
    name: str, axes: Sequence[Axis], overrides: Overrides, composed: tuple[dict[str, str], Config]
) -> Iterator[tuple[dict[str, Any], Config]]:
    """Every combination along the axes with its trials' settings; one compose per choice of group options.

    ``composed`` is a choice of options with its configuration, which need not be composed again.
    """
    groups = [axis for axis in axes if axis.key in conf_files.GROUPS]
    plain = [axis for axis in axes if axis.key not in conf_files.GROUPS]
    for choice in itertools.product(*(axis.values for axis in groups)):
        chosen = dict(zip((axis.key for axis in groups), choice, strict=True))
        options = overrides.groups | chosen
        found = composed[1] if options == composed[0] else compose_config(name, overrides, options)
        base = {key: value for key, value in found.items() if key not in ("sweep", *NOT_IN_TRIALS)}
        for values in itertools.product(*(axis.values for axis in plain)):
            config = copy.deepcopy(base)
            at = dict(zip((axis.key for axis in plain), values, strict=True))
            for key, value in at.items():
                if not isinstance(config["model"], dict) or conf_models.applies(key, str(config["model"].get("name"))):
                    put(config, key, value)
            yield {axis.key: (chosen | at)[axis.key] for axis in axes}, config


def plan_sweep(name: str, texts: Sequence[str]) -> Plan:
    """The plan of the sweep ``conf/sweep/<name>.yaml`` under KEY=VALUE overrides.

    Raises UsageError with one sentence for anything a person can get wrong.
    """
    if name not in conf_files.options("sweep"):
        raise UsageError(f"there is no sweep {name}; {conf_files.nearest(name, conf_files.options('sweep'))}")
    file = f"sweep/{name}"
    overrides = parse_overrides(texts)
    models = overrides.models(file)
    check_keys(file, (*overrides.values, *overrides.axes, *overrides.groups), overrides.groups.get("launcher"), models)
    conf_models.check_file(file, models)
    first = {group: values[0] for group, values in overrides.axes.items() if group in conf_files.GROUPS}
    options = overrides.groups | first
    config = compose_config(file, overrides, options)
    for section in ("problem", "data", "model", "launcher", "sweep"):
        if section not in config:
            raise UsageError(f"conf/{file}.yaml has no {section}; see conf/sweep/alpha.yaml for what a sweep needs.")
    settings = validate(SweepSettings, config["sweep"], "sweep", file)
    check_keys(file, settings.axes, models=[*models, *conf_files.models_of(file)])
    launcher = launcher_settings(config["launcher"], file)
    axes = axes_under(settings, overrides, config, _check_option)
    config["sweep"]["axes"] = {axis.key: list(axis.values) for axis in axes}
    count = math.prod(len(axis.values) for axis in axes) * len(settings.sample_sizes())
    count *= settings.seeds + settings.more_seeds
    if count > MOST_TRIALS:
        raise UsageError(f"this sweep has {count} trials; valid: at most {MOST_TRIALS}.")
    cells = []
    for at, cell in _cells(file, axes, overrides, (options, config)):
        if isinstance(cell["model"], dict) and isinstance(config["model"], dict):
            config["model"] = {**cell["model"], **config["model"]}  # of several models, what any of them was set to
        seeds = settings.seed_range(at)
        at_sizes = [at_size(cell, n) | {"n": n} for n in settings.sample_sizes()]
        frozen = tuple(freeze(file, {**settled, "seed": seed}) for settled in at_sizes for seed in seeds)
        cells.append(Cell({key: as_frozen(frozen[0], key, value) for key, value in at.items()}, frozen))
    config["launcher"] = launcher
    refuse_twins(cell.axis for cell in cells)
    return Plan("sweep", name, config["problem"], config, tuple(cells))


def _compose_fit(name: str, texts: Sequence[str], advice: str) -> Config:
    """The configuration of a single fit, its launcher validated; lists are refused."""
    overrides = parse_overrides(texts)
    models = overrides.models(name)
    check_keys(name, (*overrides.values, *overrides.axes, *overrides.groups), overrides.groups.get("launcher"), models)
    if overrides.axes:
        key, values = next(iter(overrides.axes.items()))
        raise UsageError(f"fit-ips makes one fit, but {key} is a list of {len(values)}; {advice}.")
    config = compose_config(name, overrides, overrides.groups)
    config["launcher"] = launcher_settings(config["launcher"], name)
    return config


def plan_fit(texts: Sequence[str]) -> Plan:
    """The plan of one interaction fit, ``conf/fit_ips.yaml`` under KEY=VALUE overrides."""
    config = _compose_fit("fit_ips", texts, "lists belong to mtam sweep")
    trial = {key: value for key, value in config.items() if key not in ("samples", "seed", *NOT_IN_TRIALS)}
    frozen = freeze("fit_ips", {**trial, "n": config["samples"], "seed": config["seed"]})
    return Plan("fit", "fit-ips", config["problem"], config, (Cell({}, (frozen,)),))


def plan_own(path: str, texts: Sequence[str]) -> Plan:
    """The plan of a fit to the user's own file, ``conf/fit_own.yaml`` under KEY=VALUE overrides.

    Raises UsageError for a file that cannot be used, in one sentence that says what would be valid.
    """
    from mtam.interaction.files import dataset, own_samples

    config = _compose_fit("fit_own", texts, "give it one value")
    try:
        found, arrays = own_samples.read(path, str(config["model"].get("partners", "others")))
        content = dataset.digest(path)
    except ValueError as error:
        raise UsageError(str(error)) from None
    samples, tokens, d = found.x.shape
    config["data"] = {"path": path, "sha256": content, "samples": samples, "tokens": tokens, "d": d}
    if arrays:
        config["data"]["arrays"] = arrays
    if found.rows != samples * tokens:
        config["data"]["responses"] = found.rows
    trial = {key: value for key, value in config.items() if key not in NOT_IN_TRIALS}
    frozen = freeze("fit_own", {**trial, "n": samples})
    return Plan("fit", "fit-own", config["problem"], config, (Cell({}, (frozen,)),))
