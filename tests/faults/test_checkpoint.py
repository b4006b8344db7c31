"""A pack killed in the middle goes on where it was, and ends with the bits of an uninterrupted one."""

import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from mtam.base.resume.state_file import VARIABLE
from mtam.base.spec import Trial
from mtam.problems import registry
from mtam.recall.training.checkpoint import STATE
from mtam.sweep import execute
from tests.brake import brake
from tests.conftest import Mtam
from tests.faults.helpers import start, under_way, until

STEPS = 200
# One pack of two trials, in fifty blocks of steps.
LONG = (
    "data.alpha=1,2",
    "sweep.sizes=[32]",
    "sweep.seeds=1",
    f"model.steps={STEPS}",
    "model.steps_exponent=0",
    "model.width=16",
    "data.modes=6",
    "data.test=64",
)
TABLES = ("curve.csv", "rates.csv")


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The fractions that packs report in this process."""
    heard: list[float] = []
    run_pack = registry.run_pack

    def listening(trials: Sequence[Trial], *, tick: Callable[[float], None], **more: Any) -> list[dict[str, Any]]:
        def both(fraction: float) -> None:
            heard.append(fraction)
            tick(fraction)

        return run_pack(trials, tick=both, **more)

    monkeypatch.setattr(execute, "run_pack", listening)
    return heard


def interrupted(out: Path, number: signal.Signals) -> None:
    """A run that gets a signal when it has kept its state, and waits."""
    env = {VARIABLE: "0", **brake(out.parent, hold=out.parent / "hold")}
    process = start(out, "--launcher", "inline", "--quiet", sweep=LONG, env=env)
    until(lambda: under_way(out), process)
    assert list(out.glob(f"{execute.CHECKPOINTS}/*/{STATE}"))
    process.send_signal(number)
    process.communicate(timeout=120)
    assert process.returncode == (-signal.SIGKILL if number == signal.SIGKILL else 130)


@pytest.mark.bits
@pytest.mark.parametrize("number", [signal.SIGKILL, pytest.param(signal.SIGUSR2, marks=pytest.mark.slow)])
def test_a_killed_pack_goes_on(number: signal.Signals, mtam: Mtam, here: Path, ticks: list[float]) -> None:
    assert mtam("sweep", "alpha", *LONG, "--launcher", "inline", "--out", "whole", "-q").code == 0
    whole = list(ticks)
    ticks.clear()
    out = here / "run"
    interrupted(out, number)
    assert not list((out / "records").glob("*.json"))
    assert mtam("sweep", "alpha", *LONG, "--launcher", "inline", "--out", "run", "-q").code == 0
    assert ticks[0] > 0, "it began again"
    assert ticks == whole[whole.index(ticks[0]) :]
    for name in TABLES:
        assert (out / name).read_bytes() == (here / "whole" / name).read_bytes()
    assert not (out / execute.CHECKPOINTS).exists()
