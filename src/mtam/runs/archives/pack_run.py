"""One archive of a run, a check or a reproduction: the same folder gives the same bytes.

Names are sorted, times, owners and modes are fixed, so that a checksum names the content; only another version of zlib
may compress it to other bytes. Lists of contents and of the environments of the records come first.
"""

import gzip
import hashlib
import io
import json
import os
import tarfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from mtam.base.errors import UsageError
from mtam.base.finding import FINDING
from mtam.checks import finding_folder
from mtam.runs.archives.contents import CONTENTS, ENVIRONMENT, Contents, is_plain, seal
from mtam.runs.console import Messages
from mtam.runs.judge_folder import JOBS, remembered
from mtam.runs.outputs import PAGE
from mtam.sweep import heartbeats, planning, store
from mtam.sweep.cluster import squeue
from mtam.sweep.execute import CHECKPOINTS
from mtam.sweep.planning import Plan
from mtam.sweep.safe_files import Damaged, read_bytes

SUFFIX = ".tar.gz"
WHEN = 315532800  # 1980-01-01, the earliest that every kind of archive can tell
OF_THE_MOMENT = (heartbeats.FOLDER, CHECKPOINTS, squeue.FOLDER)  # of processes and queues, not of the result
GZIP = b"\x1f\x8b"


def pack(out: Path, file: Path | None, messages: Messages) -> None:
    """Write the archive of what lies in the folder ``out`` to ``file``, or beside the folder.

    Raises UsageError, with nothing written, for a folder that holds nothing of mtam's, what cannot be read, and a
    ``file`` that is there and is no such archive.
    """
    out = Path(os.path.normpath(out))
    to = out.absolute().with_name(f"{out.absolute().name}{SUFFIX}") if file is None else file
    _check_target(to)
    holds, name, plans = _what(out)
    folders = _folders(out)
    files, left_out = _files(folders)
    missing = _missing(plans)
    environment = json.dumps(_environments(plans), indent=1, ensure_ascii=False) + "\n"
    start = "." if len(folders) == 1 else out.name
    sha256, size = _write(to, _Told(holds, name, start, environment.encode()), files)
    for sentence in _notes(out, missing, left_out):
        messages.tell(sentence)
    messages.path(to)
    messages.answer(
        {"out": str(to), "holds": holds, "files": len(files), "bytes": size, "sha256": sha256, "missing": missing}
    )


class _Told:
    """What the archive tells of itself before its files."""

    def __init__(self, holds: str, name: str, start: str, environment: bytes) -> None:
        self.holds, self.name, self.start, self.environment = holds, name, start, environment


def _check_target(to: Path) -> None:
    if not to.name.endswith(SUFFIX):
        raise UsageError(f"--out {to}: an archive is a file named *{SUFFIX}.")
    try:
        with to.open("rb") as there:
            if there.read(2) != GZIP:
                raise UsageError(f"--out {to} is there and is no archive; choose another name.")
    except FileNotFoundError:
        if not to.absolute().parent.is_dir():
            raise UsageError(f"--out {to}: there is no folder {to.parent}.") from None
    except OSError as error:
        raise UsageError(f"--out {to} cannot be written: {error.strerror or error}.") from None


def _what(out: Path) -> tuple[str, str, list[tuple[Plan, Path]]]:
    """What lies in ``out``, its name, and the runs with their folders."""
    if os.path.lexists(out / JOBS):
        runs = [folder for folder in remembered(out) if not finding_folder.is_finding(folder)]
        return "reproduction", out.name, [(planning.read(folder), folder) for folder in runs]
    if finding_folder.is_finding(out):
        kept = finding_folder.read(out)
        if kept is None:
            raise UsageError(f"{out / FINDING} cannot be read; run the check again into this folder.")
        return "check", kept.check, []
    plan = planning.read(out)
    return plan.kind, plan.name, [(plan, out)]


def _folders(out: Path) -> dict[str, Path]:
    """The folders to pack, by their names in the archive: "" where it is one; a reproduction's lie side by side."""
    inside = out.absolute()
    apart = [folder for folder in remembered(out) if inside not in (folder.absolute(), *folder.absolute().parents)]
    if not apart:
        return {"": out}
    for folder in apart:
        if folder.absolute().parent != inside.parent:
            raise UsageError(f"{out} tells of {folder}, which lies neither in it nor beside it; move it beside it.")
    return {folder.name: folder for folder in sorted([out, *apart])}


def _files(folders: Mapping[str, Path]) -> tuple[dict[str, Path], list[str]]:
    """Every file to pack by its name in the archive, sorted; and what is left out because it is no plain file."""
    files: dict[str, Path] = {}
    left_out: list[str] = []
    for prefix, folder in folders.items():
        for path in _walk(folder):
            name = "/".join(part for part in (prefix, path.relative_to(folder).as_posix()) if part)
            if path.is_symlink() or not path.is_file() or not is_plain(name):
                left_out.append(name)
            elif name not in (CONTENTS, ENVIRONMENT):  # of an archive that this folder came from
                files[name] = path
    return dict(sorted(files.items())), sorted(left_out)


def _walk(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise UsageError(f"{error.filename} cannot be read: {error.strerror}.") from None

    for where, below, names in os.walk(folder, onerror=refuse):
        linked = [name for name in below if (Path(where) / name).is_symlink()]
        below[:] = [n for n in below if not n.startswith(".") and n not in OF_THE_MOMENT and n not in linked]
        passing = (".corrupt", ".tmp")
        yield from (Path(where) / n for n in [*names, *linked] if not n.startswith(".") and not n.endswith(passing))


def _missing(plans: Iterable[tuple[Plan, Path]]) -> int:
    return sum(not store.path_of(folder, key).is_file() for plan, folder in plans for key in plan.trials)


def _environments(plans: Iterable[tuple[Plan, Path]]) -> list[dict[str, Any]]:
    """The distinct environments that the records name, with how many trials each computed."""
    found: Counter[str] = Counter()
    for plan, folder in plans:
        for record in store.read_all(folder, plan.trials, mend=False).values():
            told = {"device": record.get("device", ""), **record.get("environment", {})}
            found[json.dumps(told, sort_keys=True)] += 1
    return [{**json.loads(text), "trials": number} for text, number in sorted(found.items())]


def _notes(out: Path, missing: int, left_out: list[str]) -> Iterator[str]:
    if missing:
        yield f"{missing} trial{'s have' if missing > 1 else ' has'} no record yet; the archive holds what is there."
    if not (out / PAGE).is_file():
        yield f"There are no tables and no page yet; mtam report {out} makes them, then pack again."
    if left_out:
        yield f"Left out, as only plain files are packed: {', '.join(left_out[:5])}{' ...' * (len(left_out) > 5)}"


def _write(to: Path, told: _Told, files: Mapping[str, Path]) -> tuple[str, int]:
    """Replace ``to`` in one step by the archive; its SHA-256 and its size in bytes."""
    top = to.name.removesuffix(SUFFIX)
    draft = to.with_name(f".{to.name}.{os.getpid()}.tmp")
    try:
        with draft.open("w+b") as file:
            _fill(file, top, told, files)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
            file.seek(0)
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        os.replace(draft, to)
    except OSError as error:
        raise UsageError(f"--out {to} cannot be written: {error.strerror or error}.") from None
    finally:
        draft.unlink(missing_ok=True)
    return sha256, size


def _fill(file: IO[bytes], top: str, told: _Told, files: Mapping[str, Path]) -> None:
    seals = {ENVIRONMENT: seal(told.environment)} | {name: seal(_content(path)) for name, path in files.items()}
    contents = Contents.model_validate(
        {"format": 1, "holds": told.holds, "name": told.name, "start": told.start, "files": seals}
    )
    listed = contents.model_dump_json(indent=1, by_alias=True) + "\n"
    with (
        gzip.GzipFile("", "wb", fileobj=file, mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        _add(archive, f"{top}/{CONTENTS}", listed.encode())
        _add(archive, f"{top}/{ENVIRONMENT}", told.environment)
        for name, path in files.items():
            content = _content(path)
            if seal(content) != seals[name]:
                raise UsageError(f"{path} was written while it was packed; pack again when the run has ended.")
            _add(archive, f"{top}/{name}", content)


def _content(path: Path) -> bytes:
    try:
        return read_bytes(path)
    except Damaged as damage:
        raise UsageError(f"{path} cannot be packed: {damage}.") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from None


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = len(content), WHEN, 0o644
    archive.addfile(member, io.BytesIO(content))
