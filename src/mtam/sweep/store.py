"""One atomic, checksummed record per trial: a JSON file that is either whole or not there.

A record is complete if and only if it is a file that parses, its key, schema and checksum match, and all of it has the
shape (``shapes``, and the numbers as their problem has them) that tables and pictures rely on. Anything else is moved
aside to ``*.corrupt`` and the trial is computed again. There is no lock and no database: writing a record twice is
harmless.

A record is written as its canonical JSON, a member or an entry of a list a line, behind its checksum: what is laid out
so is checked without being encoded again. Records of earlier versions are laid out otherwise, and as good.
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
    write_together(path.parent, {path.name: content})
    return path


def write_together(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Replace files of a folder, each in one step that survives a crash; the folder is synced once, after the last.

    None gets its name before all are on the disk: where that is full, no file has changed and no draft is left.
    """
    drafts: dict[str, str] = {}
    mode = 0o666 & ~_umask()
    try:
        for name, content in contents.items():
            handle, drafts[name] = tempfile.mkstemp(prefix=f".{name}.", suffix=".tmp", dir=folder)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(handle)
            os.chmod(drafts[name], mode)
        for name in contents:
            os.replace(drafts[name], folder / name)
            del drafts[name]
    except BaseException:
        for draft in drafts.values():
            Path(draft).unlink(missing_ok=True)
        raise
    _sync_folder(folder)


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
    """Store one trial's record, as ``write_all`` does."""
    write_all(out, {key: body})


def write_all(out: Path, bodies: Mapping[str, Record]) -> None:
    """Store the records of a pack by their keys. Every body must be JSON without NaN or infinities (else ValueError).

    Raises OSError when they cannot be written, and then has written none or, where only renaming failed, some; a
    folder ``out`` that was removed is not made again, for it would hold records and no manifest.
    """
    texts = {f"{key}.json": laid_out({"schema": SCHEMA, "key": key, **body}) for key, body in bodies.items()}
    (out / FOLDER).mkdir(exist_ok=True)
    write_together(out / FOLDER, texts)


BEFORE, BEHIND = b'{"checksum": "', b'",\n'  # of the 64 digits of a record's checksum
START = len(BEFORE) + 64 + len(BEHIND)


def laid_out(record: Record) -> bytes:
    """The file of a record that has no checksum yet.

    It is the text behind the checksum, but that a line ends where there is a space between members: JSON has no
    such end within a string.
    """
    text = json.dumps(record, sort_keys=True, allow_nan=False, separators=(",\n", ": ")).encode()
    return BEFORE + _digest_of_lines(text).encode() + BEHIND + text[1:] + b"\n"


def _digest_of_lines(text: bytes) -> str:
    return hashlib.sha256(text.replace(b",\n", b", ")).hexdigest()


def intact(content: bytes) -> bool:
    """Whether a file is laid out as ``laid_out`` does it, with the checksum of what it holds."""
    if not (content.startswith(BEFORE) and content[START - len(BEHIND) : START] == BEHIND and content.endswith(b"}\n")):
        return False
    digits = content[len(BEFORE) : START - len(BEHIND)]
    return _digest_of_lines(b"{" + content[START:-1]).encode() == digits


def check(body: Any, key: str, trial: Trial | None = None, *, summed: bool = False) -> None:
    """Raise Damaged unless ``body`` is the whole record of ``key``, with the numbers of the problem of ``trial``.

    ``summed``: its checksum is known to be that of what it holds.
    """
    try:
        schemas.Record.model_validate(body)
        if "numbers" in body:
            check_numbers(body["numbers"], trial)
        whole = body["key"] == key and (summed or body["checksum"] == checksum(body))
    except ValidationError as error:
        raise Damaged(schemas.first(error)) from None
    except (ValueError, TypeError, RecursionError) as error:  # what is not named by a shape may be anything
        raise Damaged(str(error)) from None
    if not whole:
        raise Damaged("its key or its checksum does not match")


def check_numbers(numbers: Any, trial: Trial | None) -> None:
    """Raise ValidationError for numbers of another shape than a record of this trial has."""
    _shape_of_numbers(trial).model_validate(numbers)


def _shape_of_numbers(trial: Trial | None) -> type[Numbers]:
    if trial is None or getattr(trial, "problem", None) is None:
        return Numbers
    return registry.definition(trial).shape_of_numbers()


def read(out: Path, key: str, trial: Trial | None = None, *, mend: bool = True) -> Record | None:
    """The complete record of ``key``, or None; a damaged one is moved aside with a warning, unless not to ``mend``."""
    path = path_of(out, key)
    try:
        content = safe_files.read_bytes(path)
        record = safe_files.parse(content)
        check(record, key, trial, summed=intact(content))
        return dict(record)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
    except Damaged as damage:
        if mend:
            _set_aside(path, damage)
        return None


def glance(out: Path, key: str, trial: Trial | None = None) -> schemas.Glance | None:
    """What a status needs of the complete record of ``key``, or None; all of it is checked, nothing is moved aside."""
    path = os.path.join(out, FOLDER, f"{key}.json")
    try:
        content = safe_files.read_bytes(path)
        shape = schemas.glance_at(_shape_of_numbers(trial))
        if intact(content):
            seen = shape.model_validate_json(content)
            return seen if seen.key == key else None
        record = safe_files.parse(content)
        check(record, key, trial)
        return shape.model_validate(record)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
    except (Damaged, ValidationError):
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
