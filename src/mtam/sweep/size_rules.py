"""Settings that follow the sample size: ``ceil(0.2 * ln(n)^2)``, or the name of another setting, in place of a number.

A setting of data or model may be such a rule, in a file or on the command line, as one value or along an axis; every
trial holds the whole number that it comes to. Rules are matched, never evaluated as code:

    ROUND(C * ln(n)^P)    ROUND(C * n^P)    ROUND is ceil, floor or round; C * and ^P may be left out
    data.components       the value of that setting, which may be a rule of n itself
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mtam.base.errors import UsageError

GROUPS = ("data", "model")  # whose settings may follow the sample size
VALID = (
    "valid: ceil(C * ln(n)^P), floor(..) or round(..), with n in place of ln(n), or a setting such as data.components"
)
LARGEST = 1e6  # of C
STEEPEST = 8.0  # of P

_ROUND: dict[str, Callable[[float], int]] = {"ceil": math.ceil, "floor": math.floor, "round": round}
_NUMBER = r"\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?"
_RULE = re.compile(
    rf"\s*(?P<round>ceil|floor|round)\s*\(\s*(?:(?P<factor>{_NUMBER})\s*\*\s*)?(?P<base>ln\s*\(\s*n\s*\)|n)"
    rf"\s*(?:(?:\^|\*\*)\s*(?P<power>{_NUMBER}))?\s*\)\s*"
)
_SETTING = re.compile(r"(?:data|model)\.[a-z_0-9]+")
_LIKE_A_RULE = re.compile(r"[(^*]")


@dataclass(frozen=True)
class SizeRule:
    """round(factor * base(n)^power), a whole number."""

    rounded: str  # ceil | floor | round
    factor: float
    logarithmic: bool  # whether the base is ln n, and not n
    power: float

    def at(self, n: int) -> int:
        """The value at a sample size.

        >>> SizeRule("ceil", 0.2, True, 2.0).at(1024)
        10
        """
        base = math.log(n) if self.logarithmic else float(n)
        return _ROUND[self.rounded](self.factor * base**self.power)


def size_rule(text: str) -> SizeRule | None:
    """The rule that a text spells; None for any other text.

    >>> size_rule("ceil(0.2 * ln(n)^2)")
    SizeRule(rounded='ceil', factor=0.2, logarithmic=True, power=2.0)
    """
    found = _RULE.fullmatch(text)
    if found is None:
        return None
    factor, power = (float(found[name] or 1) for name in ("factor", "power"))
    if factor > LARGEST or power > STEEPEST:
        return None
    return SizeRule(found["round"], factor, found["base"] != "n", power)


def is_rule(value: Any) -> bool:
    """Whether a setting follows the sample size, by a rule of n or as another setting does."""
    return isinstance(value, str) and (size_rule(value) is not None or _SETTING.fullmatch(value) is not None)


def at_size(settings: Mapping[str, Any], n: int) -> dict[str, Any]:
    """Settings of data and model in groups, with every rule replaced by its value at the sample size.

    Raises UsageError for what looks like a rule and is none, for the name of a setting that does not exist, and for
    one that names another in its turn.
    """
    resolved = {
        group: {**values} if group in GROUPS and isinstance(values, Mapping) else values
        for group, values in settings.items()
    }
    for key, text in _texts(settings):
        group, leaf = key.split(".")
        resolved[group][leaf] = _value(key, text, settings, n)
    return resolved


def _texts(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The settings whose value is a rule or looks like one."""
    for group in GROUPS:
        values = settings.get(group)
        for leaf, value in values.items() if isinstance(values, Mapping) else ():
            if isinstance(value, str) and (is_rule(value) or _LIKE_A_RULE.search(value)):
                yield f"{group}.{leaf}", value


def _value(key: str, text: str, settings: Mapping[str, Any], n: int) -> Any:
    rule = size_rule(text)
    if rule is not None:
        return rule.at(n)
    if not _SETTING.fullmatch(text):
        raise UsageError(f"{key} = {text!r} is no rule of the sample size n; {VALID}.")
    group, leaf = text.split(".")
    values = settings.get(group)
    if not isinstance(values, Mapping) or leaf not in values:
        raise UsageError(f"{key} = {text}: there is no setting {text} here; {VALID}.")
    named = values[leaf]
    if isinstance(named, str) and _SETTING.fullmatch(named):
        raise UsageError(f"{key} = {text}, which is {named} in its turn; name {named} itself.")
    return _value(text, named, settings, n) if is_rule(named) else named
