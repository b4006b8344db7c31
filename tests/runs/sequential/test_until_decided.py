"""Open claims get the seeds that decide them; claims that no number of seeds decides are said to be so."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Mtam

# The error of a trial is LEVEL times a random factor; the claim is that its level lies below 1 at the largest size.
TEXT = '''"""A level with noise."""
import numpy as np
from mtam.problems.own import *
class Data(DataSettings):
    level: float = {level}
class Fit(EstimatorSettings):
    pass
def run(trials, *, device, tick, checkpoint=None):
    draws = [np.random.default_rng([5, trial.n, trial.seed]).normal(scale={noise}) for trial in trials]
    return [{{"error": 1 / trial.n, "height": trial.data.level + draw}} for trial, draw in zip(trials, draws)]
SWEEP = SweepDefaults(n_min=4, n_max=8, seeds=4)
CLAIM = {{"id": "height-below-one", "claim": "the height lies below one", "source": "test", "why": "as a test",
         "judge": {{"way": "level", "column": "height", "high": 1.0}}}}
PROBLEM = OwnProblem(name="height", data=Data, estimators={{"fit": Fit}}, run=run,
                     law={{"name": "power_law", "exponent": 1.0}}, sweep=SWEEP, claims=[CLAIM])
'''


def sweep(mtam: Mtam, here: Path, level: float, noise: float, *more: str) -> tuple[dict[str, Any], str]:
    """The sweep until its claim is decided: what it answers, and what it tells on the way."""
    (here / "height.py").write_text(TEXT.format(level=level, noise=noise))
    said = mtam("sweep", "height.py", "--launcher", "inline", "--until-decided", "--json", *more)
    assert said.code == 0, said.err
    told = json.loads(said.out)
    (claim,) = [row for row in told["claims"] if row["id"] == "height-below-one"]
    return told | {"claim": claim}, said.err


def test_seeds_are_added_until_the_claim_is_decided(mtam: Mtam, here: Path) -> None:
    told, _ = sweep(mtam, here, 0.8, 0.3)
    assert told["claim"]["verdict"] == "supported"
    assert told["look"] > 1
    assert f"look {told['look']} of a sequence" in told["claim"]["because"]
    last = Path(told["out"])
    assert json.loads((last / "look.json").read_text()) == {"look": told["look"]}
    seeds = {record.read_text().count('"seed"') and json.loads(record.read_text())["spec"]["seed"]
             for record in (last / "records").glob("*.json")}  # fmt: skip
    assert seeds == set(range(4 << (told["look"] - 1)))
    again, _ = sweep(mtam, here, 0.8, 0.3)  # everything is there: nothing is computed again, the answer is the same
    assert again["claim"] == told["claim"]
    assert again["out"] == told["out"]


def test_what_is_false_is_contradicted(mtam: Mtam, here: Path) -> None:
    told, _ = sweep(mtam, here, 1.2, 0.3)
    assert told["claim"]["verdict"] == "contradicted"


def test_a_level_at_the_border_takes_no_seeds_for_nothing(mtam: Mtam, here: Path) -> None:
    told, err = sweep(mtam, here, 1.0, 40.0)
    assert told["claim"]["verdict"] == "undecided at this scale"
    del err


def test_nothing_runs_that_does_not_fit_the_budget(mtam: Mtam, here: Path) -> None:
    told, _ = sweep(mtam, here, 0.8, 0.3, "--budget", "0s")
    assert told["look"] == 1
    assert told["claim"]["verdict"] == "undecided at this scale"


def test_records_of_earlier_looks_are_kept_and_not_computed_again(mtam: Mtam, here: Path) -> None:
    told, _ = sweep(mtam, here, 0.8, 0.3)
    first = [path for path in (here / "outputs").iterdir() if path != here / told["out"]]
    assert first
    for folder in first:
        for record in (folder / "records").glob("*.json"):
            assert (Path(told["out"]) / "records" / record.name).read_bytes() == record.read_bytes()


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (("--until-decided", "--budget", "soon"), "--budget soon is no time; valid: a number with s, min or h"),
        (("--budget", "1h"), "--budget goes with --until-decided"),
        (("--until-decided", "--task-id", "0", "--num-tasks", "2"), "--until-decided waits for its runs"),
    ],
)
def test_what_does_not_go_together_is_one_sentence(
    mtam: Mtam, here: Path, flags: tuple[str, ...], sentence: str
) -> None:  # fmt: skip
    (here / "height.py").write_text(TEXT.format(level=0.8, noise=0.3))
    said = mtam("sweep", "height.py", "--launcher", "inline", *flags)
    assert said.code == 2
    assert sentence in " ".join(said.err.split())


def test_a_damaged_look_is_one_sentence(mtam: Mtam, here: Path) -> None:
    told, _ = sweep(mtam, here, 0.8, 0.3, "--budget", "0s")
    (Path(told["out"]) / "look.json").write_text('{"look": 99}')
    said = mtam("claims", told["out"])
    assert said.code == 2
    assert "look.json cannot be read" in " ".join(said.err.split())
