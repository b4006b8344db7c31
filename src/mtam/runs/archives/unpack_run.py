"""A run from an archive, in a folder: nothing lands outside that folder, and nothing that the archive does not seal.

Archives come from strangers. Only plain files with plain names are taken, up to a size; links, devices and paths out of
the folder are refused, and each file must be the one whose SHA-256 the archive's own list tells.
"""

import gzip
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from mtam.base.errors import UsageError
from mtam.runs.archives.contents import CONTENTS, MOST_FILES, Contents, is_plain, seal
from mtam.sweep.safe_files import MOST, Damaged, parse, read_bytes
from mtam.sweep.schemas import first

SUFFIX, UNPACKED = ".tar.gz", "-unpacked"
MOST_BYTES = 2**33  # of all files of an archive together
PIECE = 2**20
TORN = (EOFError, gzip.BadGzipFile, zlib.error, tarfile.TarError, OverflowError, ValueError)  # as headers are read


def run_folder(path: Path) -> Path:
    """The folder ``path``; of an archive of ``mtam pack`` the folder beside it that it is unpacked into.

    That of run.tar.gz is run-unpacked; one that is there already must have come from this archive. Raises UsageError
    for a file that is no archive, a torn one, one that holds what it must not.
    """
    if not path.is_file():
        return path
    folder = path.with_name(path.name.removesuffix(SUFFIX) + UNPACKED)
    with _saying(path), _plain_tar(path, folder.parent) as archive:
        contents, listed = _contents(archive)
        if os.path.lexists(folder):
            if not _came_from(folder, listed):
                raise UsageError(f"{path} would be unpacked into {folder}, where something else lies; move it away.")
            return folder / contents.start
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".tmp", dir=folder.absolute().parent))
        try:
            _unpack(archive, contents, listed, draft / "run")
            os.rename(draft / "run", folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return folder / contents.start


@contextmanager
def unpacked_for_now(path: Path) -> Iterator[Path]:
    """As ``run_folder``, but an archive is unpacked into a folder of the system's that is gone afterwards."""
    if not path.is_file():
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="mtam-") as place:
        folder = Path(place) / "run"
        with _saying(path), _plain_tar(path, Path(place)) as archive:
            contents, listed = _contents(archive)
            _unpack(archive, contents, listed, folder)
        yield folder / contents.start


@contextmanager
def _saying(path: Path) -> Iterator[None]:
    """What is wrong with the archive ``path``, in one sentence."""
    try:
        yield
    except UsageError:
        raise
    except TORN as error:
        raise UsageError(f"{path} is no whole archive of mtam pack: {str(error).rstrip('.')}; get it again.") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be unpacked: {error.filename or ''} {error.strerror or error}.") from None


class _Bounded:
    """A file that gives at once at most what a file of a run may have: a header of a hostile archive asks for more."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= MOST + 1024:
            raise Damaged(f"it has a header of {size:.1e} bytes")
        return self._file.read(size)


@contextmanager
def _plain_tar(path: Path, place: Path) -> Iterator[tarfile.TarFile]:
    """The archive without its compression, in a file of the system's that has no name."""
    with path.open("rb") as packed, tempfile.TemporaryFile(dir=place) as plain:
        if packed.read(2) != b"\x1f\x8b":
            raise UsageError(f"{path} is neither the folder of a run nor an archive of mtam pack.")
        packed.seek(0)
        with gzip.GzipFile(fileobj=packed) as stream:
            while piece := stream.read(PIECE):
                plain.write(piece)
                if plain.tell() > MOST_BYTES:
                    raise Damaged(f"it unpacks to more than {MOST_BYTES:.1e} bytes")
        plain.seek(0)
        bounded: IO[bytes] = _Bounded(plain)  # type: ignore[assignment]
        with tarfile.open(fileobj=bounded, mode="r:") as archive:
            yield archive


def _contents(archive: tarfile.TarFile) -> tuple[Contents, bytes]:
    """The list of contents, which is the first file, and its text."""
    member = archive.next()
    if member is None or _name(member) != CONTENTS:
        raise Damaged(f"it does not begin with {CONTENTS}")
    listed = _bytes(archive, member)
    try:
        contents = Contents.model_validate(parse(listed))
    except ValidationError as error:
        raise Damaged(f"{CONTENTS}: {first(error)}") from None
    if contents.start != "." and not is_plain(contents.start):
        raise Damaged(f"{CONTENTS}: it starts in {contents.start!r}")
    return contents, listed


def _unpack(archive: tarfile.TarFile, contents: Contents, listed: bytes, folder: Path) -> None:
    """Write all files; the folder is not there before, and nobody else's."""
    folder.mkdir()
    (folder / CONTENTS).write_bytes(listed)
    left = dict(contents.files)
    number = 1
    while (member := archive.next()) is not None:
        name, number = _name(member), number + 1
        archive.members.clear()  # type: ignore[attr-defined]  # or it keeps every header
        if number > MOST_FILES:
            raise Damaged(f"it has more than {MOST_FILES:.0e} files")
        expected = left.pop(name, None)
        if expected is None:
            raise Damaged(f"{name} is not in its {CONTENTS}, or twice in it")
        content = _bytes(archive, member)
        if seal(content) != expected:
            raise Damaged(f"{name} is not the file that {CONTENTS} tells of")
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                file.write(content)
        except (FileExistsError, NotADirectoryError):
            raise Damaged(f"{name} is a file and a folder") from None
    if left:
        raise Damaged(f"it lacks {min(left)}" + f" and {len(left) - 1} more" * (len(left) > 1))
    if not (folder / contents.start).is_dir():
        raise Damaged(f"it has no folder {contents.start}")


def _name(member: tarfile.TarInfo) -> str:
    """The name of a plain file inside the one folder of the archive; Damaged for anything else."""
    top, _, name = member.name.partition("/")
    if not member.isreg() or member.issparse():
        raise Damaged(f"{member.name!r} is not a plain file")
    if not is_plain(top) or not is_plain(name):
        raise Damaged(f"{member.name!r} leads out of the archive, or is hidden")
    return name


def _bytes(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    if not 0 <= member.size <= MOST:
        raise Damaged(f"{member.name} has {member.size:.1e} bytes; valid: at most {MOST:.1e}")
    file = archive.extractfile(member)
    content = b"" if file is None else file.read()
    if len(content) != member.size:
        raise Damaged(f"{member.name} ends too early")
    return content


def _came_from(folder: Path, listed: bytes) -> bool:
    try:
        return read_bytes(folder / CONTENTS) == listed
    except (OSError, Damaged):
        return False
