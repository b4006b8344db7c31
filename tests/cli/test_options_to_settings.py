"""Options that stand for settings: what they become, and which do not go together."""

import re

import pytest

from mtam.base.errors import UsageError
from mtam.cli.options_to_settings import check_together, of_own_data, share_of, with_launcher


def test_shorthands_come_before_the_settings_that_are_written_out() -> None:
    """What is written out wins, as the later one does."""
    assert with_launcher(["launcher.workers=3"], "local", 2) == [
        "launcher=local", "launcher.workers=2", "launcher.workers=3"
    ]  # fmt: skip
    assert with_launcher(None, None, None) == []
    assert with_launcher(None, "slurm", None) == ["launcher=slurm"]
    assert with_launcher(["data.alpha=1"], None, 2) == ["launcher.workers=2", "data.alpha=1"]


@pytest.mark.parametrize(
    ("launcher", "workers", "says"),
    [
        ("slurm", 2, "--workers is for the local launcher"),
        ("locl", None, "--launcher locl is unknown; did you mean local?"),
        ("", None, "is unknown; valid: executor, inline, local, slurm"),
    ],
)
def test_wrong_launchers_are_one_sentence(launcher: str, workers: int | None, says: str) -> None:
    with pytest.raises(UsageError, match=re.escape(says)):
        with_launcher([], launcher, workers)


def test_a_share_is_a_number_of_a_number() -> None:
    assert share_of(None, None) is None
    assert share_of(0, 1) == (0, 1)
    assert share_of(7, 8) == (7, 8)


@pytest.mark.parametrize(("task", "tasks"), [(0, None), (None, 3), (3, 3), (-1, 3), (0, 0)])
def test_half_a_share_and_one_too_many_are_refused(task: int | None, tasks: int | None) -> None:
    with pytest.raises(UsageError, match=f"--task-id {task} --num-tasks {tasks}: both are needed, with 0 <= task-id"):
        share_of(task, tasks)


def test_options_that_one_launcher_knows() -> None:
    check_together("slurm", True, None)
    check_together("local", False, (0, 2))
    with pytest.raises(UsageError, match="--detach goes with --launcher slurm, and this sweep's launcher is local"):
        check_together("local", True, None)
    with pytest.raises(UsageError, match="--launcher slurm makes the array itself"):
        check_together("slurm", False, (0, 2))


FLAGS: dict[str, int | None] = dict.fromkeys(["data.d", "data.tokens", "samples", "data.rank", "data.degree"])


def test_with_own_data_rank_and_degree_are_of_the_fit() -> None:
    found = of_own_data({**FLAGS, "data.rank": 2, "data.degree": 3})
    assert found == {"model.rank": 2, "model.degree": 3}


@pytest.mark.parametrize(("key", "option"), [("data.d", "--d"), ("data.tokens", "--tokens"), ("samples", "--samples")])
def test_what_the_file_says_cannot_be_given(key: str, option: str) -> None:
    with pytest.raises(UsageError, match=f"{option} cannot be given with --data: it is read from the file"):
        of_own_data({**FLAGS, key: 0})
