"""One atomic, checksummed record per trial: a JSON file that is either whole or not there.

A record is complete if and only if it parses and its key, schema and checksum match. Anything else is moved aside
to ``*.corrupt`` and the trial is computed again. There is no lock and no database: writing a record twice is harmless.
"""

import hashlib
import json
import os
import tempfile
import warnings
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from mtam.base.errors import UsageError
from mtam.base.spec import READABLE, SCHEMA

Record = dict[str, Any]
FOLDER = "records"


def write_text(path: Path, text: str) -> Path:
    """Replace ``path`` by ``text``, in UTF-8, as ``write_bytes`` does."""
    return write_bytes(path, text.encode())


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


def read(out: Path, key: str, *, mend: bool = True) -> Record | None:
    """The complete record of ``key``, or None; a damaged one is moved aside with a warning, unless not to ``mend``."""
    path = path_of(out, key)
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
    try:
        record = json.loads(text)
        if record["schema"] in READABLE and record["key"] == key and record["checksum"] == checksum(record):
            return dict(record)
    except (ValueError, KeyError, TypeError):
        pass
    if not mend:
        return None
    aside = path.with_suffix(f".{os.getpid()}.corrupt")
    warnings.warn(f"{path} is damaged; moved to {aside.name}, its trial counts as missing", stacklevel=2)
    with suppress(OSError):  # another reader was first, or the folder can only be read
        os.replace(path, aside)
    return None


def read_all(out: Path, keys: Iterable[str]) -> dict[str, Record]:
    """All complete records among ``keys``."""
    found = ((key, read(out, key)) for key in keys)
    return {key: record for key, record in found if record is not None}


def failed(record: Record) -> bool:
    """Whether the record tells of a failure instead of numbers."""
    return "failure" in record
