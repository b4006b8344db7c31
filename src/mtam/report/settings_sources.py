"""Where every setting of a run comes from, and the command that leads to the run again."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtam.base import conf_files
from mtam.base.errors import UsageError
from mtam.sweep.planning import Plan

HERE = "set for this run"
NOT_TOLD = ("launcher", "logger")  # where a run happens is no part of what it is
_COMMENT = re.compile(r"^(?P<indent> *)(?P<key>[\w.]+):(?P<value>.*?)(?:\s+#\s*(?P<note>.*))?$")


@dataclass(frozen=True)
class SourcedSetting:
    """One setting: its value, the file that says so, and what that file says about it."""

    key: str
    value: Any
    source: str
    note: str = ""

    @property
    def shown(self) -> str:
        """The value as KEY=VALUE would give it."""
        return written(self.value)


@dataclass(frozen=True)
class _Default:
    value: Any
    source: str
    note: str


def settings(plan: Plan) -> list[SourcedSetting]:
    """Every setting of the run that a person can choose, in the order of its configuration."""
    known = _defaults(plan) if plan.definition.source is None else _declared(plan)
    axes = plan.config.get("sweep", {}).get("axes", {})
    found = []
    for key, value in _leaves({name: part for name, part in plan.config.items() if name not in NOT_TOLD}):
        if key in axes or (key == "model.name" and "model" in axes):
            continue  # told below, with all the values that it takes
        default = known.get(key)
        same = default is not None and _equal(default.value, value)
        found.append(
            SourcedSetting(key, value, default.source if same and default else HERE, default.note if default else "")
        )
    for key, values in axes.items():
        default = known.get(f"axis {key}")
        same = default is not None and _equal(default.value, values)
        found.append(SourcedSetting(key, values, default.source if same and default else HERE, _axis_note(known, key)))
    return found


def command(plan: Plan) -> str:
    """The command that runs the same trials: the sweep's name, and every setting that its files do not have."""
    start = ["mtam", "sweep", plan.name] if plan.kind == "sweep" else ["mtam", "fit-ips"]
    source = plan.definition.source
    if source is not None and not source.installed:
        start = ["mtam", "sweep", source.file] if plan.name == plan.problem else [*start, "--problem", source.file]
    own = plan.problem == "interaction_data"
    if own:
        trial: Any = next(iter(plan.trials.values()))
        start += ["--data", trial.data.path]
    words = []
    axes = plan.config.get("sweep", {}).get("axes", {})
    for each in settings(plan):
        if each.source != HERE or each.key == "problem" or (own and each.key.startswith("data.")):
            continue
        key = "model" if each.key == "model.name" else each.key
        values = ",".join(map(written, each.value)) if each.key in axes else written(each.value)
        words.append(f"{key}={values}")
    return shlex.join([*start, *words])


def of_check(name: str, values: Mapping[str, Any]) -> list[SourcedSetting]:
    """Every setting of a check, in the order of its file."""
    known = conf_files.load(f"check/{name}") if name in conf_files.options("check") else {}
    source, notes = f"conf/check/{name}.yaml", _notes(f"check/{name}.yaml") if known else {}
    return [
        SourcedSetting(key, value, source if key in known and _equal(known[key], value) else HERE, notes.get(key, ""))
        for key, value in values.items()
    ]


def check_command(name: str, values: Mapping[str, Any]) -> str:
    """The command that computes the same finding."""
    own = [f"{each.key}={each.shown}" for each in of_check(name, values) if each.source == HERE]
    return shlex.join(["mtam", "check", name, *own])


def written(value: Any) -> str:
    """A value in Hydra's grammar."""
    if isinstance(value, list):
        return f"[{','.join(map(written, value))}]"
    if isinstance(value, str):
        return value if re.fullmatch(r"[\w./-]+", value) and value not in ("null", "true", "false") else repr(value)
    return json.dumps(value)


def _declared(plan: Plan) -> dict[str, _Default]:
    """What the file of a problem that is not built in says, by dotted key."""
    kind: Any = plan.definition
    own = {"problem": plan.problem, "code": kind.source.code}
    return {key: _Default(value, kind.source.file, "") for key, value in (own | kind.defaults(plan.name)).items()}


def declared_title(plan: Plan) -> str:
    """The title that the file of a problem gives to its sweep."""
    kind: Any = plan.definition
    return str(kind.title(plan.name))


def _defaults(plan: Plan) -> dict[str, _Default]:
    """What the files of the configuration say, by dotted key; empty where they are gone."""
    name = f"sweep/{plan.name}" if plan.kind == "sweep" else plan.name.replace("-", "_")
    known: dict[str, _Default] = {}
    try:
        tree = conf_files.load(name)
        for entry in tree.pop("defaults", []):
            if isinstance(entry, dict):
                ((group, option),) = entry.items()
                known |= _group(plan, group.removeprefix("/"), str(option))
    except UsageError:
        return {}
    source, notes = f"conf/{name}.yaml", _notes(f"{name}.yaml")
    axes = tree.get("sweep", {}).pop("axes", None) or {}
    for key, value in _leaves(tree):
        note = notes.get(key) or (known[key].note if key in known else "")
        known[key] = _Default(value, source, note)
    return known | {f"axis {key}": _Default(values, source, "") for key, values in axes.items()}


def _group(plan: Plan, group: str, option: str) -> dict[str, _Default]:
    """The defaults of a group's option; of the model that was chosen, where the run chose another one."""
    chosen = plan.config.get(group)
    name = chosen.get("name", option) if isinstance(chosen, dict) else option
    known: dict[str, _Default] = {}
    for other in reversed(plan.config.get("sweep", {}).get("axes", {}).get(group, [])):
        known |= _option(group, other)  # of several models, what any of them can be set to
    known |= _option(group, name)
    if name != option and f"{group}.name" in known:
        known[f"{group}.name"] = _Default(option, "", known[f"{group}.name"].note)
    return known


def _option(group: str, name: str) -> dict[str, _Default]:
    """What the file of one option says, and those that it builds on."""
    known = {}
    for base in _bases(group, name):
        path = f"{group}/{base}"
        tree = conf_files.load(path)
        notes = {} if conf_files.without_file(group, base) else _notes(f"{path}.yaml")
        tree.pop("defaults", None)
        for key, value in _leaves(tree):
            known[f"{group}.{key}"] = _Default(value, f"conf/{path}.yaml", notes.get(key, ""))
    return known


def _bases(group: str, name: str) -> list[str]:
    """The options that one builds on, the first one first, itself last."""
    bases = [base for base in conf_files.load(f"{group}/{name}").get("defaults", []) if base != "_self_"]
    return [above for base in bases for above in _bases(group, base)] + [name]


def _notes(name: str) -> dict[str, str]:
    """The comment behind every key of a file of the configuration."""
    found: dict[str, str] = {}
    path: list[str] = []
    for line in Path(conf_files.conf_dir() / name).read_text(encoding="utf-8").splitlines():
        match = _COMMENT.match(line)
        if match is None:
            continue
        path = [*path[: len(match["indent"]) // 2], match["key"]]
        if match["note"]:
            found[".".join(path)] = match["note"]
    return found


def _axis_note(known: Mapping[str, _Default], key: str) -> str:
    note = known[key].note if key in known else ""
    return f"axis of the sweep; {note}" if note else "axis of the sweep"


def _equal(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _leaves(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if f"{prefix}{key}" == "sweep.axes":
            continue
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
