"""A function of the user's own as the value of a setting: ``data.target=my_target:kink``, said on the command line.

Naming it there loads it and puts the digest of its file behind it, ``my_target:kink@0123456789abcdef0123``. That text
is what a trial holds, so that it enters the key: changed code computes anew. Whatever else holds such a text, as a file
of settings or the manifest of a run does, names no code that may run: only what was named in this process, or in the
one that started it, is loaded.
"""

import hashlib
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from mtam.base.errors import UsageError

VARIABLE = "MTAM_NAMED_CODE"  # what the user has named, for worker processes, which inherit it
_PLAIN = r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*"
PLAIN = re.compile(_PLAIN, re.ASCII)
SEALED = re.compile(rf"({_PLAIN})@([0-9a-f]{{20}})", re.ASCII)

_loaded: dict[str, Callable[..., Any]] = {}


def is_plain(value: Any) -> bool:
    """Whether a value is spelled MODULE:FUNCTION."""
    return isinstance(value, str) and PLAIN.fullmatch(value) is not None


def is_sealed(value: Any) -> bool:
    """Whether a value is spelled MODULE:FUNCTION@DIGEST."""
    return isinstance(value, str) and SEALED.fullmatch(value) is not None


def named_by_user(name: str) -> str:
    """The text that trials hold for MODULE:FUNCTION, which is loaded. Raises UsageError where it cannot be.

    To be called with what a person wrote on the command line, or as an argument in Python, and with nothing else.
    """
    sealed = f"{name}@{_digest(_file(name))}"
    if sealed not in _named():
        os.environ[VARIABLE] = " ".join([*_named(), sealed])
    load_named(sealed)
    return sealed


def load_named(sealed: str) -> Callable[..., Any]:
    """The function of a sealed name. Raises UsageError unless the user has named it and its file is still that one."""
    found = SEALED.fullmatch(sealed)
    if found is None or sealed not in _named():
        raise UsageError(
            f"{sealed.partition('@')[0]} is code that was not named on the command line, so it is not run."
        )
    if sealed in _loaded:
        return _loaded[sealed]
    name, digest = found.groups()
    path = _file(name)
    if _digest(path) != digest:
        raise UsageError(f"{path} has changed since {name} was named; begin the run again.")
    function = getattr(_module(name.partition(":")[0], path), name.partition(":")[2], None)
    if not callable(function):
        raise UsageError(f"{path} has no function or class {name.partition(':')[2]}.")
    return _loaded.setdefault(sealed, function)


def shown(value: Any) -> Any:
    """A value without the digest of code, for labels."""
    return value.partition("@")[0] if is_sealed(value) else value


def expected(name: str, found: Any, fits: bool, what: str) -> Any:
    """What ``name`` gave. Raises ValueError, which says whose it is, where it does not fit what it should be."""
    if not fits:
        raise ValueError(f"{shown(name)} gives {type(found).__name__}; valid: {what}")
    return found


def refuse_unnamed(group: str, settings: Mapping[str, Any]) -> None:
    """Raise UsageError for a setting that holds code which the user has not named on the command line."""
    for key, value in settings.items():
        if is_sealed(value) and value not in _named():
            name = value.partition("@")[0]
            raise UsageError(
                f"{group}.{key} = {name} is code; only the command line may name it: {group}.{key}={name}."
            )


def known_or_named(names: Iterable[str], name: Any) -> str:
    """The name itself where it is one of ``names`` or sealed; ValueError with the valid ones otherwise."""
    valid = list(names)
    if name not in valid and not is_sealed(name):
        raise ValueError(f"{name!r} is unknown; valid: {', '.join([*valid, 'MODULE:FUNCTION on the command line'])}")
    return str(name)


def no_code(name: str, what: str) -> str:
    """The clause about an estimator of the user's own for which no code is named."""
    return f"model={name} has no model.code; valid: model.code=MODULE:CLASS on the command line, {what}"


def _named() -> list[str]:
    return os.environ.get(VARIABLE, "").split()


def _file(name: str) -> Path:
    """The file of MODULE:FUNCTION: one in the working folder, else that of an installed module."""
    module = name.partition(":")[0]
    here = Path(*module.split(".")).with_suffix(".py")
    if here.is_file():
        return here.resolve()
    try:
        spec: ModuleSpec | None = find_spec(module)
    except (ImportError, ValueError):
        spec = None
    if spec is None or spec.origin is None or not Path(spec.origin).is_file():
        stem, _, end = module.rpartition(".")
        meant = f"; say {stem}:{name.partition(':')[2]}" if stem and end == "py" else ""
        raise UsageError(
            f"{name}: there is no module {module}{meant}; valid: a file {here} here, or an installed module."
        )
    return Path(spec.origin)


def _digest(path: Path) -> str:
    """The first 20 hexadecimal digits of the SHA-256."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:20]
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from None


def _module(name: str, path: Path) -> ModuleType:
    """The module, run from its file, since Python keeps what it has imported although the file has changed."""
    try:
        if "." in name and not Path(*name.split(".")).with_suffix(".py").is_file():
            return import_module(name)  # it may import relatively to its package
        spec = spec_from_file_location(f"mtam_named_{_digest(path)}", path)
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        told = " ".join(str(error).split()).rstrip(".")
        raise UsageError(f"{path} cannot be run: {type(error).__name__}: {told}.") from error
    return module
