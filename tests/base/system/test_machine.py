"""What the machine gives, where the platform has no name for it, and where torch is not installed."""

import ctypes
import math
import os
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from mtam.base.errors import UsageError
from mtam.base.system import machine


def test_memory_is_what_the_system_says(monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.memory() == os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    monkeypatch.delattr(os, "sysconf")
    assert machine.memory() == math.inf


def test_memory_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The structure has the layout of MEMORYSTATUSEX: 64 bytes, total physical memory at 8."""
    assert ctypes.sizeof(machine._MemoryStatus) == 64
    assert machine._MemoryStatus.physical.offset == 8

    def fill(pointer: Any) -> int:
        assert pointer._obj.length == 64
        pointer._obj.physical = 2**34
        return 1

    monkeypatch.setattr(sys, "platform", "win32")
    assert machine.memory() == math.inf  # a system that answers nothing
    kernel = SimpleNamespace(GlobalMemoryStatusEx=fill)
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
    assert machine.memory() == 2**34


def test_who_lives() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert machine.alive(child.pid)
    assert machine.alive(1)  # of somebody else, unless the tests run as root
    child.communicate(b"\n")
    assert not machine.alive(child.pid)


@pytest.mark.parametrize(
    ("handle", "waited", "error", "lives"), [(7, 0x102, 0, True), (7, 0, 0, False), (0, 0, 5, True), (0, 0, 87, False)]
)
def test_who_lives_on_windows(
    handle: int, waited: int, error: int, lives: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is sent a signal there: ``os.kill`` would end the process, whatever the number."""
    closed: list[int] = []
    kernel = SimpleNamespace(
        OpenProcess=lambda _rights, _inherit, _pid: handle,
        WaitForSingleObject=lambda _handle, _milliseconds: waited,
        GetLastError=lambda: error,
        CloseHandle=closed.append,
    )
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.delattr(os, "kill")
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
    assert machine.alive(4711) is lives
    assert closed == ([7] if handle else [])


class FakeCuda:
    """torch.cuda of a machine with so many GPUs."""

    def __init__(self, count: int) -> None:
        self.count = count

    def is_available(self) -> bool:
        return self.count > 0

    def device_count(self) -> int:
        return self.count


def with_gpus(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=FakeCuda(count), __spec__=object()))
    monkeypatch.setattr(machine, "has_driver", lambda: True)


def test_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    with_gpus(monkeypatch, 0)
    assert [machine.device(name, used=True) for name in ("auto", "cpu")] == ["cpu", "cpu"]
    with pytest.raises(UsageError, match="no CUDA device"):
        machine.device("cuda", used=True)
    with_gpus(monkeypatch, 1)
    assert [machine.device(name, used=True) for name in ("auto", "cuda")] == ["cuda", "cuda"]
    assert machine.device("auto", used=False) == "cpu"


@pytest.mark.parametrize("used", [False, True])
def test_nobody_imports_torch_to_hear_that_there_is_no_gpu(used: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor where there is one that no estimator would use."""
    monkeypatch.setattr(machine, "has_driver", lambda: not used)
    monkeypatch.setattr(machine, "has_torch", lambda: True)
    monkeypatch.setitem(sys.modules, "torch", None)  # whoever imports it raises
    assert machine.device("auto", used=used) == "cpu"
    assert machine.device("cpu", used=True) == "cpu"


def test_without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "has_torch", lambda: False)
    monkeypatch.setattr(machine, "has_driver", lambda: True)
    assert machine.device("auto", used=True) == "cpu"
    with pytest.raises(UsageError, match=r"--device cuda needs torch, which is not installed: pip install 'mtam\[rec"):
        machine.device("cuda", used=True)


@pytest.mark.parametrize(
    ("granted", "count", "told"),
    [
        (None, 3, ("0", "1", "2")),
        ("2,5", 2, ("2", "5")),
        ("GPU-1f, GPU-2e", 2, ("GPU-1f", "GPU-2e")),
        ("MIG-a,MIG-b", 1, ("MIG-a",)),
        ("", 0, ()),
    ],
)
def test_gpus_keep_the_names_by_which_they_were_granted(
    granted: str | None, count: int, told: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_gpus(monkeypatch, count)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if granted is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", granted)
    assert machine.gpus() == told
