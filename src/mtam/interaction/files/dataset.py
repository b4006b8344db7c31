"""Tokens and responses from a file of the user's: X (M, N, d) and Y (M, N), checked, and never unpickled.

Three forms:
- ``FILE.npz`` with arrays named X and Y, and optional ones (``own_samples``);
- ``FILE_X.npy``, the path that is given, with ``FILE_Y.npy`` beside it; X is memory-mapped if it is float64 in C order;
- ``FILE.parquet``, long: one row per token with columns sample, token, x0, ..., x{d-1}, y (needs pandas and an engine).
"""

import hashlib
import math
import os
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mtam.base.system import machine
from mtam.interaction.files import long_table
from mtam.interaction.files.validate_arrays import blocks, finite, numbers
from mtam.interaction.own_data.own_data_warnings import distinct, moments

Array = npt.NDArray[np.float64]

FORMS = "FILE.npz with arrays X and Y, FILE_X.npy with FILE_Y.npy beside it, or FILE.parquet"
CHUNK = 2**20  # bytes
LARGE, MOST_PACKED = 2**26, 100  # bytes, and how much smaller an archive may have made them
FEWEST = 10  # samples: a fifth of them is held out, and two make a standard error
LARGEST = 1e100  # entries beyond it, or a coordinate below its inverse, overflow or vanish when they are multiplied
LARGEST_RESPONSE = 1e60  # fourth powers of residuals make standard errors
DIGITS = 1e-10  # of the size of Y: of smaller variation, rounding is a visible part
FARTHEST = 1000.0  # standard deviations from zero: beyond, a millionth of the second moment tells tokens apart
SINGULAR = 1e-12  # ratio of eigenvalues below which whitening would divide by rounding errors


def read(path: str | os.PathLike[str]) -> tuple[Array, Array]:
    """X (M, N, d) and Y (M, N) in float64 from one of the three forms.

    Raises ValueError, with one sentence, for whatever ``validate`` refuses and for a missing or unreadable file.
    """
    x, y, _ = arrays(Path(path), ())
    return validate(x, y, str(path))


def arrays(file: Path, optional: Sequence[str]) -> tuple[object, object, dict[str, object]]:
    """X, Y and those of the optional arrays that the file has, unchecked; ValueError for what cannot be read."""
    _parts(file)
    if file.suffix.lower() == ".npz":
        return _npz(file, optional)
    load = {".npy": _npy, ".parquet": long_table.read}[file.suffix.lower()]
    return *load(file), {}


def digest(path: str | os.PathLike[str]) -> str:
    """SHA-256 of the content of the file, of both files of a .npy pair, in hexadecimal; names do not enter.

    Raises ValueError for a missing or unreadable file.
    """
    found = hashlib.sha256()
    try:
        for part in _parts(Path(path)):
            with part.open("rb") as file:
                while chunk := file.read(CHUNK):
                    found.update(chunk)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    return found.hexdigest()


def validate(x: object, y: object, where: str = "the data") -> tuple[Array, Array]:
    """X and Y in float64 if they can be learned from.

    Raises ValueError for types other than real numbers, shapes other than (M, N, d) and (M, N), N < 2, d < 1, fewer
    than ten samples, 2 p > M N for a matrix of rank one (p = 2d - 2), NaN, infinities, magnitudes beyond 1e100,
    tokens or coordinates without variance or a thousand standard deviations from zero, linearly dependent coordinates,
    constant Y or one whose leading ten digits do not vary, and fewer than ten distinct samples.
    """
    tokens, responses = numbers(x, f"X in {where}"), numbers(y, f"Y in {where}")
    shapes(tokens, responses, where)
    _enough(tokens, where)
    finite(tokens, f"X in {where}")
    finite(responses, f"Y in {where}")
    learnable(tokens, responses, where, tokens, responses)
    return tokens, responses


def learnable(x: Array, y: Array, where: str, tokens: Array, responses: Array) -> None:
    """Refuse finite samples x (M, N, d), y (M, N) that hold nothing to learn; see ``validate``.

    ``tokens`` (m, n, d) and ``responses`` are those that count: all, or without what is missing.
    """
    _variation(tokens, where)
    with np.errstate(over="ignore"):  # of finite numbers, but it may be infinite
        spread = float(np.ptp(responses))
    if spread == 0:
        raise ValueError(f"Y in {where} is constant ({responses.flat[0]:g}): there is nothing to learn")
    if not 1 / LARGEST_RESPONSE < spread < LARGEST_RESPONSE:
        raise ValueError(f"Y in {where} has a range of {spread:.0e}; valid: 1e-60 to 1e60, rescale it")
    size = float(np.abs(responses).max())
    if spread < DIGITS * size:
        raise ValueError(
            f"Y in {where} varies by {spread:.0e} around {size:.0e}: too few of its digits vary; subtract its mean "
            "before it is rounded"
        )
    _distinct(x, y, where)
    if not any((block.any(axis=2).sum(axis=1) > 1).any() for block in blocks(x)):
        raise ValueError(
            f"X in {where} has no sample in which more than one token differs from zero: x^T A y is always 0; valid: "
            "tokens that can interact"
        )


def _distinct(x: Array, y: Array, where: str) -> None:
    """Refuse data that are a few samples again and again."""
    samples, tokens, d = x.shape
    found, needed = distinct(x, y), max(FEWEST, -(-2 * (2 * d - 2) // tokens))
    if found < needed:
        raise ValueError(
            f"{where} has {samples} samples but only {found} distinct one{'s' * (found != 1)}, the others repeat them; "
            f"valid: at least {needed} distinct samples"
        )


def _parts(file: Path) -> tuple[Path, ...]:
    """The files that a path stands for; ValueError if one is not there or the name has no known form."""
    try:
        return _named(file)
    except OSError as error:  # a name too long, a folder that may not be entered
        raise ValueError(f"{file} cannot be read: {error.strerror}") from None


def _named(file: Path) -> tuple[Path, ...]:
    suffix = file.suffix.lower()
    if "\0" in str(file):
        raise ValueError(f"{str(file)!r} has a character that no name of a file has; valid: {FORMS}")
    if file.is_dir():
        raise ValueError(f"{file} is a folder; valid: {FORMS}")
    if suffix not in (".npz", ".npy", ".parquet"):
        raise ValueError(f"{file} has no known ending; valid: {FORMS}")
    if suffix == ".npy" and not file.stem.endswith("_X"):
        raise ValueError(f"{file} is not named FILE_X.npy; name the file of X so, and that of Y FILE_Y.npy beside it")
    both = (file, file.with_name(f"{file.stem[:-1]}Y{file.suffix}")) if suffix == ".npy" else (file,)
    for part in both:
        if not part.is_file():  # a pipe or a device would never end
            what = "is no regular file" if part.exists() else "there is no such file"
            raise ValueError(f"{part}: {what}; valid: {FORMS}")
    return both


def shapes(x: Array, y: Array, where: str) -> None:
    """Refuse arrays that are not (M, N, d) and (M, N), N < 2 and d < 1."""
    if x.ndim != 3:
        raise ValueError(f"X in {where} has shape {x.shape}; valid: (M, N, d), samples x tokens x coordinates")
    samples, tokens, d = x.shape
    if y.shape != (samples, tokens):
        raise ValueError(f"Y in {where} has shape {y.shape}; valid beside X {x.shape}: {(samples, tokens)}")
    if tokens < 2:
        raise ValueError(f"X in {where} has N = {tokens} tokens per sample; an interaction needs at least 2")
    if d < 1:
        raise ValueError(f"X in {where} has d = {d} coordinates per token; valid: at least 1")


def _enough(x: Array, where: str) -> None:
    samples, tokens, d = x.shape
    needed = max(FEWEST, -(-2 * (2 * d - 2) // tokens))
    if samples < needed:
        raise ValueError(
            f"{where} has too few samples: {samples} of {tokens} tokens, for the {2 * d - 2} parameters of a rank-1 "
            f"matrix in d = {d}; valid: at least {needed}"
        )


def _variation(x: Array, where: str) -> None:
    """Refuse tokens whose second moment cannot be whitened; one pass, block by block."""
    d = x.shape[2]
    low, high, moment = np.full(d, np.inf), np.full(d, -np.inf), np.zeros((d, d))
    for block in blocks(x):
        rows = block.reshape(-1, d)
        low, high = np.minimum(low, rows.min(axis=0)), np.maximum(high, rows.max(axis=0))
    size = np.maximum(-low, high)
    if not np.all(high > low):
        which = np.flatnonzero(high == low)
        what = "all tokens are equal" if len(which) == d else f"coordinate {which[0]} of the tokens is constant"
        raise ValueError(f"X in {where}: {what}; valid: every coordinate varies")
    if size.max() > LARGEST or size.min() < 1 / LARGEST:
        raise ValueError(f"X in {where} has magnitudes from {size.min():.0e} to {size.max():.0e}; rescale it")
    mean, deviation = moments(x)
    ratio = np.abs(mean) / np.maximum(deviation, 1e-300)
    if ratio.max() > FARTHEST:
        far = int(np.argmax(ratio))
        raise ValueError(
            f"X in {where}: coordinate {far} of the tokens lies {ratio[far]:.0e} standard deviations from zero (mean "
            f"{mean[far]:.3g}, standard deviation {deviation[far]:.2g}), and x^T A y depends on the origin; subtract "
            "the mean, or another point of reference, from the tokens"
        )
    for block in blocks(x):
        rows = block.reshape(-1, d) / size.max()
        moment += rows.T @ rows
    values = np.linalg.eigvalsh(moment)
    if values[0] <= SINGULAR * values[-1]:
        raise ValueError(
            f"X in {where} has coordinates that depend linearly on others to working precision (eigenvalues of the "
            "second moment below 1e-12 of the largest); drop or rescale coordinates"
        )


def _npz(file: Path, optional: Sequence[str]) -> tuple[object, object, dict[str, object]]:
    with file.open("rb") as content:  # opened here: numpy leaves a file open that turns out to be damaged
        try:
            archive: Any = np.load(content, allow_pickle=False)
        except Exception:  # here and below: damaged headers make numpy and zipfile raise almost anything
            raise ValueError(f"{file} is not a readable npz archive") from None
        if not isinstance(archive, np.lib.npyio.NpzFile):
            raise ValueError(f"{file} is not an npz archive but a single array; valid: {FORMS}")
        missing = [name for name in ("X", "Y") if name not in archive.files]
        if missing:
            found = ", ".join(sorted(archive.files)) or "nothing"
            raise ValueError(f"{file} has no array {' and no array '.join(missing)}; found: {found}")
        more = [name for name in optional if name in archive.files]
        sizes = [_declared(archive, name, file) for name in ("X", "Y", *more)]
        if sum(sizes) > (most := machine.memory()):
            raise ValueError(f"{file} unpacks to {sum(sizes) / 2**30:.0f} GiB; this machine has {most / 2**30:.0f} GiB")
        extras = {name: _member(archive, name, file) for name in more}
        return _member(archive, "X", file), _member(archive, "Y", file), extras


def _declared(archive: Any, name: str, file: Path) -> int:
    """The bytes that a member says it unpacks to; ValueError where no tokens or responses would shrink so much."""
    try:
        entry = archive.zip.getinfo(f"{name}.npy")
    except KeyError:  # a member named X and not X.npy
        return 0
    if entry.file_size > LARGE and entry.file_size > MOST_PACKED * max(1, entry.compress_size):
        raise ValueError(
            f"{name} in {file} unpacks to {entry.file_size / 2**30:.1f} GiB from {entry.compress_size} bytes: it can "
            "hardly be anything but constant"
        )
    return int(entry.file_size)


def _member(archive: Any, name: str, file: Path) -> object:
    """The array of an archive, if its header does not promise more than the archive holds."""
    try:
        _check_header(archive, name)
        with warnings.catch_warnings(action="ignore"):  # of odd headers: what they give is checked
            found: object = archive[name]
    except Exception as error:
        raise ValueError(_no_numbers(f"{name} in {file}", error)) from None
    if not isinstance(found, np.ndarray):
        raise ValueError(f"{name} in {file} is not stored as an array; write it with numpy.savez")
    return found


def _npy(file: Path) -> tuple[object, object]:
    found: list[object] = []
    for part in _parts(file):
        if zipfile.is_zipfile(part):
            raise ValueError(f"{part} is an archive under the name of an array; valid: {FORMS}")
        try:
            with warnings.catch_warnings(action="ignore"):
                found.append(np.load(part, mmap_mode="r", allow_pickle=False))  # which compares size and header
        except Exception as error:
            raise ValueError(_no_numbers(str(part), error)) from None
    return found[0], found[1]


def _check_header(archive: Any, name: str) -> None:
    """ValueError if the header asks for more memory than its member has bytes."""
    if f"{name}.npy" not in archive.zip.namelist():
        return
    with archive.zip.open(f"{name}.npy") as member, warnings.catch_warnings(action="ignore"):
        try:
            version = np.lib.format.read_magic(member)
        except ValueError:
            return  # not stored as an array, which is told as such
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read_header(member)
    if not dtype.hasobject and math.prod(shape) * dtype.itemsize > archive.zip.getinfo(f"{name}.npy").file_size:
        raise ValueError("the header promises more than there is")


def _no_numbers(what: str, error: BaseException) -> str:
    if "bject" in str(error) or "pickle" in str(error):
        return f"{what} holds Python objects, which are never loaded; valid: an array of real numbers"
    return f"{what} cannot be read as an array of numbers"
