"""What was kept is what comes back; torn or foreign states are not believed."""

from pathlib import Path

import numpy as np
import pytest

from mtam.interaction.model.splines import Spline, SplineSpace
from mtam.interaction.streaming.pass_state import STATE, PassKeeper, PassState


def state() -> PassState:
    rng = np.random.default_rng(0)
    return PassState(
        matrix=rng.standard_normal((4, 4)),
        phi=Spline(SplineSpace(3, 5), rng.standard_normal(8)),
        samples=100,
        pilot={"converged": 1.0, "samples": 100.0},
        step=1,
        block=7,
        sums={"own": rng.standard_normal((8, 8)), "rows": np.array([2.0**40])},
        lengths=[1.25],
        seconds=3.5,
    )


def test_a_state_comes_back(tmp_path: Path) -> None:
    kept = state()
    PassKeeper(tmp_path, "key").save(kept)
    read = PassKeeper(tmp_path, "key").load()
    assert read is not None
    for name in ("samples", "pilot", "step", "block", "lengths", "seconds"):
        assert getattr(read, name) == getattr(kept, name)
    np.testing.assert_array_equal(read.matrix, kept.matrix)
    np.testing.assert_array_equal(read.phi(np.linspace(-1, 1, 50)), kept.phi(np.linspace(-1, 1, 50)))
    assert set(read.sums) == set(kept.sums)
    for name, part in kept.sums.items():
        np.testing.assert_array_equal(read.sums[name], part)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.98])
def test_a_torn_state_is_not_believed(share: float, tmp_path: Path) -> None:
    PassKeeper(tmp_path, "key").save(state())
    path = tmp_path / f"key-{STATE}"
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    assert PassKeeper(tmp_path, "key").load() is None


def test_a_foreign_state_and_one_with_a_number_that_is_none_are_not_believed(tmp_path: Path) -> None:
    PassKeeper(tmp_path, "key").save(state())
    (tmp_path / f"other-{STATE}").write_bytes((tmp_path / f"key-{STATE}").read_bytes())
    assert PassKeeper(tmp_path, "other").load() is None
    broken = state()
    broken.sums["own"][0, 0] = np.nan
    PassKeeper(tmp_path, "key").save(broken)
    assert PassKeeper(tmp_path, "key").load() is None
    assert PassKeeper(None, "key").load() is None
