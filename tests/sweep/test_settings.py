"""What a sweep crosses and where it runs: what is meant is taken, what cannot be is one sentence."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mtam.base.errors import UsageError
from mtam.sweep import settings
from mtam.sweep.settings import SlurmSettings, SweepSettings, check_logger, describe, launcher_settings, validate

PLAIN: dict[str, Any] = {"n_min": 64, "n_max": 4096, "seeds": 3}
SLURM: dict[str, Any] = {"name": "slurm", "time": 60, "cpus": 1, "gpus": 0}


def sweep(**more: Any) -> SweepSettings:
    return validate(SweepSettings, {**PLAIN, **more}, "sweep", "alpha")


def test_sizes_double_up_to_the_largest() -> None:
    assert sweep().sample_sizes() == [64, 128, 256, 512, 1024, 2048, 4096]
    assert sweep(n_max=127).sample_sizes() == [64]
    assert sweep(n_max=128).sample_sizes() == [64, 128]


@given(st.integers(1, 10**6), st.integers(0, 10**7))
def test_sizes_are_all_doublings_between_the_ends(low: int, more: int) -> None:
    found = sweep(n_min=low, n_max=low + more).sample_sizes()
    assert found == [low * 2**k for k in range(len(found))]
    assert found[-1] <= low + more < 2 * found[-1]


def test_sizes_that_are_given_are_taken_in_order() -> None:
    assert sweep(sizes=[300, 20, 100]).sample_sizes() == [20, 100, 300]


def test_why_no_claim_is_judged_is_a_sentence_or_nothing() -> None:
    assert sweep().exploratory is None
    assert sweep(exploratory="the paper says nothing of it").exploratory
    with pytest.raises(UsageError, match=r"sweep\.exploratory = 'why not'"):
        sweep(exploratory="why not")


def test_seeds_are_as_many_as_asked_from_the_first() -> None:
    assert list(sweep(seeds=3, first_seed=5).seed_range({})) == [5, 6, 7]
    more = sweep(seeds=1, more_seeds=2, more_at={"data.alpha": [2.0]})
    assert [len(more.seed_range({"data.alpha": alpha})) for alpha in (1.0, 2.0)] == [1, 3]
    assert len(sweep(seeds=1, more_seeds=2).seed_range({"data.alpha": 2.0})) == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"n_min": 65, "n_max": 64}, "sweep.n_min = 65 is larger than sweep.n_max = 64."),
        ({"sizes": [3, 3]}, "sweep.sizes = [3, 3]: [3, 3] must be distinct positive sample sizes, at least one."),
        ({"sizes": []}, "sweep.sizes = []: [] must be distinct positive sample sizes, at least one."),
        ({"sizes": [0]}, "sweep.sizes = [0]: [0] must be distinct positive sample sizes, at least one."),
        ({"seeds": 0}, "sweep.seeds = 0: should be greater than or equal to 1."),
        ({"seeds": 1.5}, "sweep.seeds = 1.5: should be a valid integer."),
        ({"colour": 1}, "sweep.colour is no setting of this problem; was the wrong data or model chosen for alpha?"),
    ],
)
def test_a_mistake_is_one_sentence_with_its_place(change: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError) as told:
        sweep(**change)
    assert str(told.value) == says


def test_long_values_are_cut_and_fields_of_trials_have_their_names() -> None:
    with pytest.raises(ValidationError) as told:
        SweepSettings.model_validate({**PLAIN, "seeds": "x" * 500})
    assert len(describe(told.value, "alpha", "sweep")) < 150
    for field, name in (("n", "sample size"), ("seed", "seed")):
        error = ValidationError.from_exception_data("Trial", [{"type": "int_type", "loc": (field,), "input": "a"}])
        assert describe(error, "alpha").startswith(f"{name} = 'a': should be a valid integer")


@pytest.mark.parametrize("name", ["inline", "local"])
def test_launchers_have_workers_and_slurm_has_its_own_settings(name: str) -> None:
    assert launcher_settings({"name": name, "workers": 2}, "alpha") == {"name": name, "workers": 2}
    found = launcher_settings({**SLURM, "account": 4711, "partition": "long"}, "alpha")
    assert (found["account"], found["partition"], found["qos"]) == ("4711", "long", None)


@pytest.mark.parametrize(
    ("tree", "says"),
    [
        ({"name": "cloud"}, "'cloud' is not a launcher; valid: executor, inline, local, slurm"),
        ({"name": "local", "workers": 0}, "launcher.workers = 0"),
        ({"name": "local", "time": 3}, "launcher.time is no setting"),
        ({**SLURM, "time": 0}, "launcher.time = 0"),
        ({**SLURM, "workers": 2}, "launcher.workers is no setting"),
        ({**SLURM, "account": True}, "launcher.account = True"),
        ({**SLURM, "extra": ["-p long"]}, "'-p long' is no option of sbatch; valid: --name or --name=value"),
        ("local", "launcher = 'local'"),
        (None, "launcher = None"),
    ],
)
def test_wrong_launchers_are_one_sentence(tree: Any, says: str) -> None:
    with pytest.raises(UsageError) as told:
        launcher_settings(tree, "alpha")
    assert says in str(told.value)
    assert "\n" not in str(told.value)


def test_further_options_of_sbatch_are_values_or_flags() -> None:
    extra = ["--reservation=a=b", "--exclusive"]
    assert SlurmSettings(**SLURM, extra=extra).sbatch() == {"reservation": "a=b", "exclusive": True}


def test_a_logger_without_its_package_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "find_spec", lambda _: None)
    check_logger(None)
    with pytest.raises(UsageError, match=r"pip install 'mtam\[tensorboard\]'"):
        check_logger("tensorboard")
    monkeypatch.setattr(settings, "find_spec", lambda name: name)
    check_logger("tensorboard")
