"""A killed pack goes on where it was and ends with the same bits; foreign or torn states are not believed."""

from typing import Any

import pytest

from mtam.recall.run import run
from mtam.recall.spec import RecallTrial
from tests.recall.helpers import trials


class Shelf:
    """Keeps states in memory, all of them or none."""

    def __init__(self, stored: bytes | None = None) -> None:
        self.stored = stored
        self.saves = 0

    def load(self) -> bytes | None:
        """The last state."""
        return self.stored

    def due(self) -> bool:
        """Always."""
        return True

    def save(self, state: bytes) -> None:
        """Replaces the state."""
        self.stored = state
        self.saves += 1


class Killed(Exception):
    """What the tick raises."""


def _numbers(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in r.items() if k not in ("seconds", "pack_seconds")} for r in records]


def _silent(_: float) -> None:
    """A tick that nobody hears."""


def _until(share: float, some: list[RecallTrial], shelf: Shelf) -> list[float]:
    heard: list[float] = []

    def tick(fraction: float) -> None:
        heard.append(fraction)
        if fraction >= share:
            raise Killed

    with pytest.raises(Killed):
        run(some, device="cpu", tick=tick, keeper=shelf)
    return heard


@pytest.mark.parametrize("share", [0.02, 0.5, 0.97])
@pytest.mark.parametrize("n", [64, 400])
def test_a_killed_pack_ends_with_the_same_bits(share: float, n: int) -> None:
    some = trials(2, n=n, model={"batch": 64, "steps": 30.0})
    whole = run(some, device="cpu", tick=_silent)
    shelf = Shelf()
    _until(share, some, shelf)
    later: list[float] = []
    resumed = run(some, device="cpu", tick=later.append, keeper=shelf)
    assert _numbers(resumed) == _numbers(whole)
    assert min(later) > share  # nothing was done twice


def test_killed_twice() -> None:
    some = trials(2, n=200)
    shelf = Shelf()
    first = _until(0.3, some, shelf)
    second = _until(0.7, some, shelf)
    assert second[0] > first[-1]
    assert _numbers(run(some, device="cpu", tick=_silent, keeper=shelf)) == _numbers(
        run(some, device="cpu", tick=_silent)
    )


def test_states_of_other_trials_and_torn_states_are_not_believed() -> None:
    some, others = trials(2), trials(3)[1:]
    shelf = Shelf()
    _until(0.5, others, shelf)
    assert shelf.stored is not None
    clean = _numbers(run(some, device="cpu", tick=_silent))
    for stored in (shelf.stored, shelf.stored[: len(shelf.stored) // 2], b"", b"nonsense"):
        assert _numbers(run(some, device="cpu", tick=_silent, keeper=Shelf(stored))) == clean


def test_nothing_is_saved_unless_due() -> None:
    class Never(Shelf):
        def due(self) -> bool:
            """Never."""
            return False

    shelf = Never()
    run(trials(1), device="cpu", tick=_silent, keeper=shelf)
    assert shelf.saves == 0
