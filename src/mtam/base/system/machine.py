"""What the machine at hand gives, asked as its platform answers: memory, living processes, torch, GPUs.

Only training needs torch, whose import takes seconds: it is asked for a GPU where an estimator would use one and the
system shows a driver for one.
"""

import ctypes
import math
import os
import sys
from importlib.util import find_spec

from mtam.base.errors import UsageError

INSTALL = "pip install 'mtam[recall]'"


def memory() -> float:
    """Bytes of physical memory; infinity where the platform does not say."""
    if sys.platform == "win32":
        return _windows_memory()
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):
        return math.inf


class _MemoryStatus(ctypes.Structure):
    """MEMORYSTATUSEX of sysinfoapi.h."""

    _fields_ = (
        ("length", ctypes.c_uint32),
        ("load", ctypes.c_uint32),
        ("physical", ctypes.c_uint64),
        *((f"further_{k}", ctypes.c_uint64) for k in range(6)),
    )


def _windows_memory() -> float:
    status = _MemoryStatus(length=ctypes.sizeof(_MemoryStatus))
    windows = getattr(ctypes, "windll", None)
    if windows is None or not windows.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
        return math.inf
    return float(status.physical)


def alive(pid: int) -> bool:
    """Whether a process of this machine lives, whoever owns it.

    ``os.kill(pid, 0)`` asks on POSIX; on Windows it would end the process.
    """
    if sys.platform == "win32":
        return _alive_on_windows(pid)
    try:
        os.kill(pid, 0)
    except OSError as error:  # a process of somebody else lives
        return not isinstance(error, ProcessLookupError)
    return True


SYNCHRONIZE, DENIED, RUNNING = 0x00100000, 5, 0x102  # winnt.h; ERROR_ACCESS_DENIED; WAIT_TIMEOUT


def _alive_on_windows(pid: int) -> bool:
    """A process is an object that can be waited for: until it has ended, waiting no time at all times out."""
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009  # not there on other platforms, type checkers know
    handle = kernel.OpenProcess(SYNCHRONIZE, False, pid)
    if not handle:
        return bool(kernel.GetLastError() == DENIED)
    try:
        return bool(kernel.WaitForSingleObject(handle, 0) == RUNNING)
    finally:
        kernel.CloseHandle(handle)


def has_torch() -> bool:
    """Whether torch is installed, without importing it."""
    return find_spec("torch") is not None


def require_torch(what: str) -> None:
    """Raise UsageError, which says that ``what`` needs torch, where it is not installed."""
    if not has_torch():
        raise UsageError(f"{what} needs torch, which is not installed: {INSTALL}.")


def device(wanted: str, *, used: bool) -> str:
    """``cpu`` or ``cuda``; auto is cuda where there is one and it is ``used``. UsageError for a cuda that is absent."""
    if wanted == "cpu" or (wanted == "auto" and not (used and has_driver() and has_torch())):
        return "cpu"
    require_torch("--device cuda")
    import torch

    present = torch.cuda.is_available()
    if wanted == "cuda" and not present:
        raise UsageError("--device cuda: torch finds no CUDA device here; valid: auto, cpu.")
    return "cuda" if present else "cpu"


def has_driver() -> bool:
    """Whether the system shows a driver of NVIDIA's, or AMD's, without which torch finds no GPU."""
    if os.path.exists("/dev/kfd"):
        return True
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True


def gpus() -> tuple[str, ...]:
    """What CUDA_VISIBLE_DEVICES has to hold for each GPU that this process sees, as a batch system has granted them."""
    import torch

    count = torch.cuda.device_count()
    granted = [name.strip() for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name.strip()]
    return tuple(granted[:count]) if len(granted) >= count else tuple(map(str, range(count)))
