"""Arrays of tasks, without a SLURM: how packs are shared, what sbatch is told, what squeue's words mean."""

from pathlib import Path
from typing import Any

import pytest

from mtam.base.errors import UsageError
from mtam.config import plan_sweep
from mtam.sweep import store
from mtam.sweep.cluster import slurm, squeue
from mtam.sweep.settings import launcher_settings

PACKS = [(f"{i}a", f"{i}b") for i in range(7)]


def settings(**more: Any) -> dict[str, Any]:
    return launcher_settings({"name": "slurm", "time": 60, "cpus": 1, "gpus": 0, **more}, "test")


@pytest.mark.parametrize(
    ("more", "sizes"),
    [({}, [1] * 7), ({"cpus": 2}, [2, 2, 2, 1]), ({"tasks": 3}, [3, 2, 2]), ({"tasks": 20}, [1] * 7)],
)
def test_every_pack_is_in_one_task(more: dict[str, int], sizes: list[int]) -> None:
    tasks = slurm.shares(PACKS, settings(**more))
    assert [len(task) for task in tasks] == sizes
    assert sorted(pack for task in tasks for pack in task) == PACKS


def test_long_arrays_are_split(monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = slurm.shares(PACKS, settings())
    assert [len(part) for part in slurm.arrays(tasks, settings(max_array_size=3))] == [3, 3, 1]
    monkeypatch.setattr(squeue, "max_array_size", lambda: 5)
    assert [len(part) for part in slurm.arrays(tasks, settings())] == [5, 2]
    monkeypatch.setattr(squeue, "max_array_size", lambda: None)
    assert [len(part) for part in slurm.arrays(tasks, settings())] == [7]


def test_what_sbatch_is_told() -> None:
    plan = plan_sweep("alpha", ["launcher=slurm", "launcher.array_parallelism=8", 'launcher.extra=["--exclusive"]'])
    told = slurm._parameters(plan, plan.config["launcher"], tasks=7, parts=2)
    assert told["slurm_array_parallelism"] == 4
    assert told["slurm_additional_parameters"] == {"requeue": True, "exclusive": True}
    assert told["timeout_min"] == 60
    assert not {"slurm_partition", "mem_gb", "gpus_per_node"} & told.keys()
    assert "export OMP_NUM_THREADS=1" in told["slurm_setup"]


def test_what_is_refused_keeps_its_records(tmp_path: Path) -> None:
    for key in "abc":
        store.write(tmp_path, key, {"numbers": {}})

    def refused() -> None:
        with slurm._removed(tmp_path, [(("a", "b"),)]):
            assert list(store.read_all(tmp_path, "abc")) == ["c"]
            raise UsageError("no such partition")

    with pytest.raises(UsageError):
        refused()
    assert list(store.read_all(tmp_path, "abc")) == ["a", "b", "c"]
    with slurm._removed(tmp_path, [(("a",),), (("c", "d"),)]):
        pass
    assert [path.name for path in (tmp_path / store.FOLDER).iterdir()] == ["b.json"]


def test_the_queue_knows_the_packs_of_a_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / squeue.FOLDER
    folder.mkdir()
    (folder / "12.json").write_text('{"job": "12", "time": 0, "tasks": [[["a", "b"]], [["c"], ["d"]]]}')
    (folder / "13.json").write_text('{"job": "13", "tasks": [[["e"]]')  # torn
    monkeypatch.setattr(squeue, "active", lambda _jobs: {"12_1": "RUNNING", "12_9": "RUNNING"})
    assert slurm.queue(tmp_path) == {"12_1": ("RUNNING", (("c",), ("d",)))}
    monkeypatch.setattr(squeue, "active", lambda _jobs: None)
    assert slurm.queue(tmp_path) is None
