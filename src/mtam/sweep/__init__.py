"""Plan, store, launch: everything between a sweep's configuration and its records. Knows no mathematics.

``mtam.sweep(...)`` is a call as well: it runs a sweep from Python.
"""

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mtam.runs.python.python_sweep import SweepRun


class _Room(ModuleType):
    """A package and a function have one name: whoever imports a part of it makes the package ``mtam.sweep``."""

    def __call__(self, name: Any, *settings: str, **options: Any) -> "SweepRun":
        """Run a sweep: see ``mtam.runs.python.python_sweep.sweep``."""
        from mtam.runs.python import python_sweep

        return python_sweep.sweep(name, *settings, **options)


sys.modules[__name__].__class__ = _Room
