"""One atomic, checksummed record per trial: a JSON file that is either whole or not there.

A record is complete if and only if it is a file that parses, its key, schema and checksum match, and all of it has the
shape (``shapes``, and the numbers as their problem has them) that tables and pictures rely on. Anything else is moved
aside to ``*.corrupt`` and the trial is computed again. There is no lock and no database: writing a record twice is
harmless.
"""

import hashlib
import json
import os
import tempfile
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mtam.base.errors import UsageError
from mtam.base.spec import SCHEMA, Numbers, Trial
from mtam.problems import registry
from mtam.sweep import safe_files, schemas
from mtam.sweep.safe_files import Damaged

Record = dict[str, Any]
FOLDER = "records"


def write_text(path: Path, text: str) -> Path:
    """Replace ``path`` by ``text``, in UTF-8, as ``write_bytes`` does.

    Names of folders are bytes; those that are no UTF-8 come as surrogates, which are written as escapes.
    """
    return write_bytes(path, text.encode(errors="backslashreplace"))


def write_bytes(path: Path, content: bytes) -> Path:
    """Replace ``path`` by ``content`` in one step that survives a crash: temporary file, fsync, rename, fsync."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)
    return path


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    if not hasattr(os, "O_DIRECTORY"):  # Windows, which opens no folders
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def checksum(record: Record) -> str:
    """SHA-256 of the canonical JSON of everything but the checksum itself."""
    body = {name: value for name, value in record.items() if name != "checksum"}
    return hashlib.sha256(json.dumps(body, sort_keys=True, allow_nan=False).encode()).hexdigest()


def path_of(out: Path, key: str) -> Path:
    """Where the record of the trial ``key`` lives."""
    return out / FOLDER / f"{key}.json"


def write(out: Path, key: str, body: Record) -> None:
    """Store one trial's record. ``body`` must be JSON without NaN or infinities (ValueError otherwise).

    Raises OSError when it cannot be written; a folder ``out`` that was removed is not made again, for it would hold
    records and no manifest.
    """
    (out / FOLDER).mkdir(exist_ok=True)
    record: Record = {"schema": SCHEMA, "key": key, **body}
    record["checksum"] = checksum(record)
    write_text(path_of(out, key), json.dumps(record, indent=1, allow_nan=False) + "\n")


def check(body: Any, key: str, trial: Trial | None = None) -> None:
    """Raise Damaged unless ``body`` is the whole record of ``key``, with the numbers of the problem of ``trial``."""
    try:
        schemas.Record.model_validate(body)
        if "numbers" in body:
            check_numbers(body["numbers"], trial)
        whole = body["key"] == key and body["checksum"] == checksum(body)
    except ValidationError as error:
        raise Damaged(schemas.first(error)) from None
    except (ValueError, TypeError, RecursionError) as error:  # what is not named by a shape may be anything
        raise Damaged(str(error)) from None
    if not whole:
        raise Damaged("its key or its checksum does not match")


def check_numbers(numbers: Any, trial: Trial | None) -> None:
    """Raise ValidationError for numbers of another shape than a record of this trial has."""
    if trial is None or getattr(trial, "problem", None) is None:
        Numbers.model_validate(numbers)
    else:
        registry.definition(trial).check(numbers)


def read(out: Path, key: str, trial: Trial | None = None, *, mend: bool = True) -> Record | None:
    """The complete record of ``key``, or None; a damaged one is moved aside with a warning, unless not to ``mend``."""
    path = path_of(out, key)
    try:
        record = safe_files.read_json(path)
        check(record, key, trial)
        return dict(record)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
    except Damaged as damage:
        if mend:
            _set_aside(path, damage)
        return None


def _set_aside(path: Path, damage: Damaged) -> None:
    aside = path.with_suffix(f".{os.getpid()}.corrupt")
    sentence = f"{path} is damaged ({damage}); its trial counts as missing"
    try:
        os.replace(path, aside)
        sentence += f", and the file is now {aside.name}"
    except OSError:  # another reader was first, or the folder can only be read
        pass
    warnings.warn(sentence, stacklevel=3)


def read_all(out: Path, keys: Iterable[str] | Mapping[str, Trial], *, mend: bool = True) -> dict[str, Record]:
    """All complete records among ``keys``; with their trials, those whose numbers are as their problems have them."""
    trials: Mapping[str, Trial] = keys if isinstance(keys, Mapping) else {}
    found = ((key, read(out, key, trials.get(key), mend=mend)) for key in keys)
    return {key: record for key, record in found if record is not None}


def failed(record: Record) -> bool:
    """Whether the record tells of a failure instead of numbers."""
    return "failure" in record
