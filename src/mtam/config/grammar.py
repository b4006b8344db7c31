"""KEY=VALUE in Hydra's override grammar, read with bounds: nothing is expanded before it is known to be finite.

Hydra's parser is written for configurations that one trusts. Here every word comes from a person, or from a script:
ranges without an end, nesting that exhausts the stack and interpolations, which would put the environment's secrets
into a configuration or an error, are refused before they do anything.
"""

import fnmatch
import itertools
import math
import reprlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import (
    ChoiceSweep,
    Glob,
    IntervalSweep,
    Override,
    OverrideType,
    QuotedString,
    RangeSweep,
    Sweep,
)

from mtam.base import conf_files
from mtam.base.errors import UsageError
from mtam.base.named import named_code

MOST_VALUES = 100_000  # along one axis; a sweep has as many trials at most
CODE = ("data.target", "data.tags", "data.token_law", "data.activation", "model.code")  # may be MODULE:FUNCTION
DEEPEST = 20  # brackets within brackets; settings are lists of numbers, and the parser is recursive

_short = reprlib.Repr()
_short.maxstring = 120


@dataclass(frozen=True)
class Overrides:
    """Overrides by what they do: choose a group option, set one value, or open an axis."""

    groups: dict[str, str]
    values: dict[str, str]  # key -> the override as it was written
    axes: dict[str, list[Any]]

    def models(self, config: str) -> list[str]:
        """The models of a configuration under these overrides."""
        pinned = [self.groups["model"]] if "model" in self.groups else []
        return [str(name) for name in self.axes.get("model", pinned)] or conf_files.models_of(config)


def parse_overrides(texts: Sequence[str]) -> Overrides:
    """Parse KEY=VALUE by Hydra's own grammar.

    Raises UsageError for bad syntax, for ``+key`` and ``~key`` (they would change the schema), for interpolations,
    for a range or a choice that is no list of at most ``MOST_VALUES`` values, and for a key given twice.
    """
    groups: dict[str, str] = {}
    values: dict[str, str] = {}
    axes: dict[str, list[Any]] = {}
    parser = OverridesParser.create()
    for text in texts:
        override = _parsed(parser, text)
        key = override.key_or_group
        _refuse_schema_changes(override, text)
        if key in groups or key in values or key in axes:
            raise UsageError(f"{key} is given twice; give it once, as a list to try several values.")
        if override.is_sweep_override():
            axes[key] = _axis_values(override, text)
        else:
            value = _plain(override.value(), text)
            if key in conf_files.GROUPS:
                groups[key] = str(value)
            else:
                values[key] = text
    return _with_code(Overrides(groups, values, axes))


def _with_code(overrides: Overrides) -> Overrides:
    """The same with MODULE:FUNCTION loaded, and sealed by the digest of its file, where a setting may be code."""
    values, axes = dict(overrides.values), dict(overrides.axes)
    for key in CODE:
        if key in values and named_code.is_plain(name := value_of(values[key])):
            values[key] = f"{key}='{named_code.named_by_user(name)}'"
        if key in axes:
            axes[key] = [named_code.named_by_user(each) if named_code.is_plain(each) else each for each in axes[key]]
    return Overrides(overrides.groups, values, axes)


def _parsed(parser: OverridesParser, text: str) -> Override:
    if _depth(text) > DEEPEST:
        raise UsageError(f"{_short.repr(text)} is nested more than {DEEPEST} deep; settings are values and flat lists.")
    try:
        return parser.parse_override(text)
    except Exception as error:  # it lets through what int(), recursion and its own assertions raise
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise UsageError(f"{_short.repr(text)} is not KEY=VALUE in Hydra's grammar: {reason}.") from None


def _depth(text: str) -> int:
    """How deep brackets of any kind are nested; those inside quotes count as well, which errs on the safe side."""
    steps = (1 if letter in "([{" else -1 if letter in ")]}" else 0 for letter in text)
    return max(itertools.accumulate(steps), default=0)


def _refuse_schema_changes(override: Override, text: str) -> None:
    if override.type is not OverrideType.CHANGE:
        raise UsageError(f"{_short.repr(text)} would add or drop a field of the schema; set existing fields instead.")
    if override.package is not None or override.key_or_group.split(".")[0] in ("hydra", "defaults"):
        raise UsageError(f"{_short.repr(text)} reaches into Hydra itself; set fields of the schema with KEY=VALUE.")


def _plain(value: Any, text: str) -> Any:
    """A parsed value without Hydra's types. Raises UsageError for an interpolation or a sweep inside it.

    OmegaConf resolves ``${...}`` in any string, quoted or not, so the values are looked at and not the text:
    ``$\\{...\\}`` is one as well.
    """
    if isinstance(value, QuotedString):
        value = value.text
    if isinstance(value, str) and "${" in value:
        raise UsageError(
            f"{_short.repr(text)}: interpolations, ${{...}}, are not resolved here; give the value itself."
        )
    if isinstance(value, (Sweep, Glob)):
        raise UsageError(f"{_short.repr(text)}: a range, choice, interval or glob cannot stand inside another value.")
    if isinstance(value, list):
        return [_plain(each, text) for each in value]
    if isinstance(value, dict):
        return {_plain(key, text): _plain(each, text) for key, each in value.items()}
    return value


def _axis_values(override: Override, text: str) -> list[Any]:
    """The values of a list along an axis, at most ``MOST_VALUES``."""
    sweep: Any = override.value()
    key, group = override.key_or_group, override.key_or_group in conf_files.GROUPS
    if isinstance(sweep, IntervalSweep):
        raise UsageError(f"{_short.repr(text)}: an interval has no list of values; use range(start,stop,step).")
    if isinstance(sweep, Glob):
        if not group:
            raise UsageError(
                f"{_short.repr(text)}: glob() chooses among the options of a group ({', '.join(conf_files.GROUPS)})."
            )
        chosen = [name for name in conf_files.options(key) if _globbed(name, sweep)]
        if not chosen:
            raise UsageError(f"{_short.repr(text)} chooses nothing; valid: {', '.join(conf_files.options(key))}.")
        return chosen
    found: Iterable[Any] = _range(sweep, text) if isinstance(sweep, RangeSweep) else sweep.list
    values = [_plain(value, text) for value in itertools.islice(found, MOST_VALUES + 1)]
    if len(values) > MOST_VALUES:
        raise UsageError(f"{_short.repr(text)} has more than {MOST_VALUES} values; valid: at most {MOST_VALUES}.")
    if not values:
        raise UsageError(
            f"{_short.repr(text)} has no values; range(start,stop,step) goes from start up to before stop."
        )
    if isinstance(sweep, ChoiceSweep) and sweep.shuffle:
        values = sorted(values, key=repr)  # the order of an axis is no part of a sweep's identity
    return [str(value) for value in values] if group else values


def _range(sweep: RangeSweep, text: str) -> Iterator[float]:
    """The numbers of range(start,stop,step), lazily; whether it was shuffled is no part of a sweep's identity."""
    ends = {"start": sweep.start, "stop": sweep.stop, "step": sweep.step}
    for name, end in ends.items():
        if end is None or not math.isfinite(_float(end)):
            raise UsageError(f"{_short.repr(text)}: the {name} of a range is a finite number.")
    if sweep.step == 0:
        raise UsageError(f"{_short.repr(text)}: the step of a range is not 0.")
    return iter(sweep.range())


def _float(number: float) -> float:
    """``number``, infinite where it is an integer beyond all floats."""
    try:
        return float(number)
    except OverflowError:
        return math.inf


def _globbed(name: str, glob: Glob) -> bool:
    wanted, unwanted = ([fnmatch.fnmatch(name, p) for p in patterns] for patterns in (glob.include, glob.exclude))
    return any(wanted) and not any(unwanted)


def value_of(text: str) -> Any:
    """The value of one KEY=VALUE that ``parse_overrides`` has accepted."""
    return OverridesParser.create().parse_override(text).value()
