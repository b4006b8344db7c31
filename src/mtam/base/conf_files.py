"""What the configuration folder offers, read without Hydra: sweeps, groups, options, keys.

Help, completion, ``mtam list`` and the nearest-name suggestions answer from here, so they stay fast.
"""

import difflib
import os
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from mtam.base import variants
from mtam.base.errors import UsageError

GROUPS = ("data", "model", "launcher", "logger")


@cache
def conf_dir() -> Path:
    """The configuration folder: $MTAM_CONF, else the repository's conf/, else the copy inside the wheel.

    The repository comes before the wheel's copy, because an editable install can leave a stale copy behind.
    """
    chosen = os.environ.get("MTAM_CONF")
    if chosen:
        if not (Path(chosen) / "sweep").is_dir():
            raise UsageError(f"MTAM_CONF = {chosen} is not a configuration folder; it needs a folder sweep/ inside.")
        return Path(chosen).resolve()
    here = Path(__file__).resolve().parents[1]
    for folder in (here.parents[1] / "conf", here / "conf"):
        if (folder / "sweep").is_dir():
            return folder
    raise RuntimeError("the configuration folder is missing from this installation of mtam")


def options(group: str) -> list[str]:
    """The names in one configuration group, e.g. ``options("sweep")``; of models, all that are registered."""
    files = {path.stem for path in (conf_dir() / group).glob("*.yaml")}
    return sorted(files | variants.every_model().keys() if group == "model" else files)


def without_file(group: str, name: str) -> bool:
    """Whether an option is a registered model that has no file: its settings' class says all that there is to say."""
    return group == "model" and name in variants.every_model() and not (conf_dir() / group / f"{name}.yaml").exists()


def load(name: str) -> dict[str, Any]:
    """One file of the configuration folder as plain data, e.g. ``load("sweep/alpha")``."""
    import yaml

    group, _, option = name.rpartition("/")
    if without_file(group, option):
        kind = variants.settings_class(variants.every_model()[option])
        return {"name": option, **kind(name=option).model_dump(mode="json", exclude={"name"})}
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    path = conf_dir() / f"{name}.yaml"
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
    except (OSError, UnicodeDecodeError) as error:
        told = nearest(option, options(group)) if group else str(error)
        raise UsageError(f"{path} cannot be read; {told}") from None
    except yaml.YAMLError as error:
        raise UsageError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise UsageError(f"{path} must hold settings (key: value), not {type(content).__name__}.")
    return content


def titles(group: str) -> dict[str, str]:
    """The one-line description of every option of a group: its comment that starts with ``# Title:``."""
    found = {}
    for name in options(group):
        if without_file(group, name):
            found[name] = (variants.settings_class(variants.every_model()[name]).__doc__ or "").partition("\n")[0]
            continue
        lines = (conf_dir() / group / f"{name}.yaml").read_text(encoding="utf-8", errors="replace").splitlines()
        marked = [line.removeprefix("# Title:").strip() for line in lines if line.startswith("# Title:")]
        found[name] = marked[0] if marked else ""
    return found


def flatten(tree: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """The dotted keys of all leaves; lists and empty mappings count as leaves."""
    for key, value in tree.items():
        if isinstance(value, Mapping) and value and f"{prefix}{key}" != "sweep.axes":
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


PLACE = "sweep.more_at"  # is a place on axes, and as little set by KEY=VALUE as the axes are


def keys(config: str, launcher: str | None = None, chosen: Iterable[str] = ()) -> list[str]:
    """Every key that KEY=VALUE may set under ``config`` (``sweep/alpha``, ``fit_ips``), and the group names.

    ``launcher`` takes the place of the one in the file, the models ``chosen`` that of its model or models; what at
    least one of several models has may be set.
    """
    tree = load(config)
    models = [name for name in chosen if name in options("model")] or models_of(config)
    found = ["logger"]  # composed where it is asked for; no file needs to name it
    for default in tree.pop("defaults", []):
        if isinstance(default, dict):
            ((group, option),) = default.items()
            group = group.removeprefix("/")
            if group == "launcher" and launcher in options(group):
                option = launcher
            found.append(group)
            for name in models if group == "model" else [option]:
                found += flatten(_option(group, name), f"{group}.")
    settings = (key for key in flatten(tree) if key != "sweep.axes" and not key.startswith(("model.", PLACE)))
    return sorted({*found, *settings, *_of_this_problem(tree, models)})


def _of_this_problem(tree: Mapping[str, Any], models: Iterable[str]) -> list[str]:
    """Settings of a model in the file of a configuration that the model has for this problem, not for every one."""
    problem = tree.get("problem")
    if not isinstance(problem, str) or problem not in variants.REGISTRIES:
        return []
    answers = variants.models(problem)
    has = {key for name in models if name in answers for key in variants.own_settings(answers[name])}
    return [key for key in flatten(tree) if key.startswith("model.") and key.removeprefix("model.") in has]


def models_of(config: str) -> list[str]:
    """The models of a configuration as its file has it: those along its axis, else the one that it builds on."""
    tree = load(config)
    sweep = tree.get("sweep")
    axes = sweep.get("axes") if isinstance(sweep, dict) else None
    along = axes.get("model") if isinstance(axes, dict) else None
    if isinstance(along, list) and along:
        return [str(name) for name in along]
    entries = (each for each in tree.get("defaults") or [] if isinstance(each, dict))
    return [str(name) for each in entries for group, name in each.items() if str(group).removeprefix("/") == "model"]


def _option(group: str, name: str) -> dict[str, Any]:
    """One option with the options of the same group that it builds on."""
    tree = load(f"{group}/{name}")
    for base in tree.pop("defaults", []):
        if base != "_self_":
            tree = _option(group, base) | tree
    return tree


def nearest(word: str, valid: Iterable[str]) -> str:
    """A clause that names the nearest valid word, or all of them when none is near."""
    valid = list(valid)
    close = difflib.get_close_matches(word, valid, n=1, cutoff=0.5)
    if not close:  # the right leaf under the wrong or no group, e.g. alpha for data.alpha
        close = [name for name in valid if name.rpartition(".")[2] == word.rpartition(".")[2]][:1]
    if close:
        return f"did you mean {close[0]}?"
    return f"valid: {', '.join(valid)}" if len(valid) <= 12 else f"valid names start with: {_heads(valid)}"


def _heads(valid: list[str]) -> str:
    return ", ".join(sorted({name.partition(".")[0] for name in valid}))
