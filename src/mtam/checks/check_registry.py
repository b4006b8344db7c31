"""The checks by name. A new check is one module, one line here and one file conf/check/NAME.yaml.

Its module offers ``Settings``, a subclass of CheckSettings whose defaults are those of the file, and a pure function
``check(settings, tick) -> Finding``, which calls ``tick`` with the finished fraction at safe points.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from mtam import __version__
from mtam.base import conf_files
from mtam.base.errors import UsageError
from mtam.base.finding import Finding, JudgedStatement
from mtam.base.system import machine
from mtam.checks.check_settings import CheckSettings

Tick = Callable[[float], None]

CHECKS = {
    "assouad": "mtam.checks.assouad",
    "bayes": "mtam.checks.bayes_risk",
    "coercivity": "mtam.checks.coercivity.coercivity",
    "entropy": "mtam.checks.entropy",
    "fano": "mtam.checks.fano.fano",
    "identifiability": "mtam.checks.identifiability.identifiability_check",
    "log_factor": "mtam.checks.log_factor.log_factor",
    "minimax": "mtam.checks.minimax.minimax_check",
    "regime": "mtam.checks.regime.regime_check",
    "remark3": "mtam.checks.remark3",
    "separation": "mtam.checks.separation.separation",
    "sink": "mtam.checks.sink.sink_check",
    "statements": "mtam.checks.statements.statements_check",
}

SCHEMA = 2  # raised whenever the meaning of a finding's settings changes
ROOMS = ("base", "checks", "recall", "interaction", "rates")  # whose code decides what a check finds


def settings_of(name: str) -> type[CheckSettings]:
    """The class of a check's settings; raises UsageError for an unknown name, and where torch is lacking."""
    if name not in CHECKS:
        raise UsageError(f"there is no check {name}; {conf_files.nearest(name, [*CHECKS, 'all'])}")
    try:
        found: type[CheckSettings] = import_module(CHECKS[name]).Settings
    except ModuleNotFoundError as error:
        if error.name == "torch":  # some checks train, or ask the programs that do
            machine.require_torch(f"check {name}")
        raise
    return found


@dataclass(frozen=True)
class CheckJob:
    """A check with its settings: the identity of a finding."""

    name: str
    settings: CheckSettings

    @property
    def digest(self) -> str:
        """Ten hexadecimal digits that name the content."""
        text = json.dumps({"schema": SCHEMA, "check": self.name, **self.settings.model_dump(mode="json")})
        return hashlib.sha256(text.encode()).hexdigest()[:10]

    def stamp(self) -> str:
        """What the numbers depend on: the settings, and the code of the rooms that compute them."""
        return hashlib.sha256(f"{__version__} {self.digest} {_code()}".encode()).hexdigest()

    def run(self, tick: Tick) -> Finding:
        """Compute the finding."""
        function: Callable[[CheckSettings, Tick], Finding] = import_module(CHECKS[self.name]).check
        return function(self.settings, tick)


def statement(name: str, key: str) -> JudgedStatement | None:
    """A verdict of a check with its default settings, where it takes seconds and needs no other part of the check.

    Such a check offers ``statement(settings, key)``; None for others, and for other keys.
    """
    alone: Callable[[CheckSettings, str], JudgedStatement | None] | None = getattr(
        import_module(CHECKS[name]), "statement", None
    )
    return None if alone is None else alone(settings_of(name)(), key)


def sources() -> list[Path]:
    """The files whose code decides what a check finds: the rooms with all that lies below them, and what they share."""
    home = Path(__file__).resolve().parents[1]
    rooms = [path for room in ROOMS for path in sorted((home / room).rglob("*.py"))]
    return [*rooms, home / "__init__.py"]


def _code() -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources())).hexdigest()
