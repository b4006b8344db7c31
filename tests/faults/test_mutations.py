"""Whatever lies in a folder, every command ends in time with 0, 1 or 2, no traceback, and nothing written on 2."""

import json
import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import TINY, Mtam
from tests.faults.mutations import copied, damage_inside, damage_whole, seen

PATIENCE = 90  # seconds for one command, on a machine that does other things as well
ALPHA = ("sweep", "alpha", *TINY, "--launcher", "inline")
D = (
    "sweep", "d", "data.d=1,2", "sweep.sizes=[100,200]", "sweep.seeds=2", "data.tokens=4", "model.max_starts=2",
    "--launcher", "inline",
)  # fmt: skip
FIT = ("fit-ips", "--d", "2", "--samples", "300", "--tokens", "4", "--rank", "1", "model.max_starts=2")
CHECK = ("check", "entropy", "alphas=[1.0]", "powers=[1.0]")
RUNS = {"alpha": ALPHA, "d": D, "fit": FIT, "check": CHECK}

Quietly = settings(suppress_health_check=list(HealthCheck), max_examples=3)
Often = settings(suppress_health_check=list(HealthCheck), max_examples=25)


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory, whole_run: Path) -> Callable[[str, Mtam], Path]:
    """A sound folder of each kind, made when it is first wanted; nobody may change it."""
    made: dict[str, Path] = {}

    def folder(kind: str, mtam: Mtam) -> Path:
        if kind == "alpha":
            return whole_run
        if kind not in made:
            out = tmp_path_factory.mktemp(kind) / "run"
            assert mtam(*RUNS[kind], "--out", str(out), "-q").code == 0
            made[kind] = out
        return made[kind]

    return folder


@contextmanager
def in_time() -> Iterator[None]:
    """TimeoutError where a command hangs."""

    def late(_number: int, _frame: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def commands(kind: str, out: Path) -> list[tuple[str, ...]]:
    run = (*RUNS[kind], "--out", str(out))
    looks = [("report", str(out), "-q"), ("claims", str(out), "-q"), ("report", str(out), "--json")]
    if kind == "check":
        return [*looks, (*run, "--json")]
    return [("status", str(out), "--json"), ("status", str(out)), (*run, "--dry-run", "--json"), *looks, (*run, "-q")]


def told(mtam: Mtam, command: tuple[str, ...], out: Path, damage: str) -> int:
    """The exit code of a command that keeps to the rules."""
    before = seen(out)
    with in_time(), warnings.catch_warnings():
        warnings.simplefilter("always")
        said = mtam(*command)
    where = f"{damage}\n{' '.join(command)}\n{said.err}"
    assert said.code in (0, 1, 2), where
    assert "Traceback" not in said.err, where
    if said.code == 2:
        assert len([line for line in said.err.splitlines() if not line.startswith("mtam: warning")]) == 1, where
    if said.code == 2 or "status" in command or "--dry-run" in command:
        assert seen(out) == before, f"it has written: {where}"
    if said.code == 0 and "--json" in command:
        json.loads(said.out, parse_constant=lambda name: pytest.fail(f"{name} in JSON: {where}"))
    return said.code


def provoked(
    kind: str, data: st.DataObject, mtam: Mtam, folders: Callable[[str, Mtam], Path], here: Path, *, all_of_them: bool
) -> None:
    """Damage a file of a copy, then give every command in turn, or one."""
    sound = folders(kind, mtam)
    out = copied(sound, here / "run")
    found = sorted(path for path in out.rglob("*.json"))
    groups = sorted({path.parent for path in found})
    chosen = data.draw(st.sampled_from([path for path in found if path.parent == data.draw(st.sampled_from(groups))]))
    damage = data.draw(st.sampled_from([damage_inside, damage_inside, damage_whole]))(data.draw, chosen)
    orders = commands(kind, out)
    for command in orders if all_of_them else [data.draw(st.sampled_from(orders))]:
        told(mtam, command, out, damage)


@pytest.mark.parametrize("kind", ["alpha", "check"])
@Quietly
@given(data=st.data())
def test_damaged_folders(
    kind: str, data: st.DataObject, mtam: Mtam, folders: Callable[[str, Mtam], Path], here: Path
) -> None:
    provoked(kind, data, mtam, folders, here, all_of_them=False)


@pytest.mark.slow
@pytest.mark.parametrize("kind", RUNS)
@Often
@given(data=st.data())
def test_damaged_folders_often(
    kind: str, data: st.DataObject, mtam: Mtam, folders: Callable[[str, Mtam], Path], here: Path
) -> None:
    provoked(kind, data, mtam, folders, here, all_of_them=True)
