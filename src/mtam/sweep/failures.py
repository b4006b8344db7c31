"""Failures of the machine, which are no results: what a larger, emptier or complete machine would not have met.

A trial that failed by its mathematics fails again, so its record is its answer until ``--retry-failed``. One that met
a full disk, too little memory, a missing library or a killed worker has a record for people to read, with its
traceback, and is computed again by the next run.
"""

import re
import traceback
from collections.abc import Mapping
from typing import Any

CAUSE, MACHINE = "cause", "machine"  # the entry of a record, and what it says of such a failure

# What libraries say in exceptions of no class of their own: torch on CPU and GPU, numba, LLVM, BLAS
_WORDS = re.compile(
    r"out of memory|can't allocate|cannot allocate|not enough memory|unable to allocate|CUDA error|cuDNN error"
    r"|CUDA driver|cannot cache function|no space left|input/output error|shared librar|cannot open shared object",
    re.IGNORECASE,
)


def of_machine(error: BaseException | None) -> bool:
    """Whether the machine failed, and not the mathematics; also where such an exception was the cause of another.

    >>> of_machine(MemoryError()), of_machine(OSError(28, "No space left on device")), of_machine(ValueError("no"))
    (True, True, False)
    >>> of_machine(RuntimeError("CUDA out of memory. Tried to allocate 2 GiB")), of_machine(ZeroDivisionError())
    (True, False)
    """
    if error is None:
        return False
    if isinstance(error, MemoryError | OSError | ImportError):
        return True
    return (isinstance(error, RuntimeError) and _WORDS.search(str(error)) is not None) or of_machine(error.__cause__)


def told(error: Exception) -> dict[str, Any]:
    """What a record keeps of an exception inside the mathematics."""
    body: dict[str, Any] = {"failure": f"{type(error).__name__}: {error}", "traceback": traceback.format_exc()}
    for name, text in body.items():  # a path may hold bytes that are no text
        body[name] = text.encode("utf-8", "replace").decode()
    return body | ({CAUSE: MACHINE} if of_machine(error) else {})


def passing(record: Mapping[str, Any]) -> bool:
    """Whether the record tells of a failure of the machine, and so is no answer."""
    return "failure" in record and record.get(CAUSE) == MACHINE
