"""Problems that are not built in: from a file that the user names, or from an installed package.

Nothing else is ever imported: a folder or a configuration that names a file is no reason to run it. What was loaded is
known by its content: two texts of one file are two problems, and both may be at work in one process.
"""

import hashlib
import linecache
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from mtam.base.errors import UsageError
from mtam.problems.declared_problem import DeclaredProblem, fault
from mtam.problems.installed_problems import installed
from mtam.problems.own import OwnProblem
from mtam.problems.registry import Source

MOST = 2**22  # characters of a file

_loaded: dict[str, dict[str, DeclaredProblem]] = {}  # by the digest of the content, and by where it was read


def digest(content: bytes) -> str:
    """The first 20 hexadecimal digits of the SHA-256."""
    return hashlib.sha256(content).hexdigest()[:20]


def load_file(path: Path, code: str | None = None) -> DeclaredProblem:
    """The problem that a Python file declares as ``PROBLEM``; the file is run, once for every content.

    Raises UsageError, with the line, for a file that is none; and where its content is not that of the digest ``code``.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from None
    known = digest(content)
    if code is not None and code != known:
        raise UsageError(f"{path} has changed: its digest is {known}, and that of the run is {code}.")
    places = _loaded.setdefault(known, {})
    if str(path) in places:
        return places[str(path)]
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no Python file: {error.reason} at byte {error.start}.") from None
    if len(text) > MOST:
        raise UsageError(f"{path} has {len(text)} characters; valid: at most {MOST}.")
    places[str(path)] = _run(path, text, Source(str(path), known, text))
    return places[str(path)]


def _run(path: Path, text: str, source: Source) -> DeclaredProblem:
    module = ModuleType(f"mtam_problem_{source.code}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # where classes look for the names in their annotations
    linecache.checkcache(str(path))
    try:
        exec(compile(text, str(path), "exec"), module.__dict__)
        return DeclaredProblem.of(_declared(vars(module).get("PROBLEM")), source)
    except (Exception, SystemExit) as error:
        del sys.modules[module.__name__]
        sentence = fault(error, str(path))
        if isinstance(error, ModuleNotFoundError) and path.with_name(f"{error.name}.py").exists():
            sentence += " A problem is one file: what it imports has to be installed."
        raise UsageError(sentence) from error


def _declared(what: Any) -> OwnProblem:
    if not isinstance(what, OwnProblem):
        got = "nothing" if what is None else type(what).__name__
        raise ValueError(f"PROBLEM must be an OwnProblem(...) of mtam.problems.own, and is {got}")
    return what


def load_installed(name: str) -> DeclaredProblem:
    """The problem that an installed package declares under the entry-point group ``mtam.problems``.

    Its digest is that of the module that holds it, and of the version of its package.
    """
    point = installed()[name]
    try:
        own = _declared(point.load())
        module = sys.modules[point.module]
        text = Path(module.__file__ or "").read_text(encoding="utf-8")
        version = point.dist.version if point.dist else ""
        code = digest(f"{version}\n{text}".encode())
        if own.name != name:
            raise ValueError(f"its name is {own.name!r}, and that of the entry point {name!r}")
        places = _loaded.setdefault(code, {})
        if point.value not in places:
            places[point.value] = DeclaredProblem.of(own, Source(point.value, code, text, installed=True))
        return places[point.value]
    except (Exception, SystemExit) as error:
        raise UsageError(f"the installed problem {name}: {fault(error, point.value)}") from error


def at_hand(name: str, code: str) -> DeclaredProblem | None:
    """The problem of this name and digest, if it was loaded, or if an installed package has it."""
    if not _loaded.get(code) and name in installed():
        load_installed(name)
    found = [each for each in _loaded.get(code, {}).values() if each.name == name]
    return found[-1] if found else None
