"""Settings name their source, and the command that is told leads to the same trials."""

import shlex

import pytest

from mtam.base import conf_files
from mtam.config import plan_fit, plan_sweep
from mtam.report import settings_sources
from mtam.sweep.planning import Plan

RUNS = [
    ["alpha"],
    ["alpha", "data.alpha=1,2", "data.noise=0.05,0.2", "sweep.n_max=512"],
    ["alpha", "data.alpha=1", "sweep.sizes=[100,300,900]", "sweep.seeds=5", "data.tags=iid"],
    ["alpha", "model=linear", "sweep.n_max=128"],
    ["alpha", "model=softmax,linear", "data.length=256", "sweep.n_max=128"],
    ["attention", "model=softmax"],
    ["d", "data.d=1,3", "data.token_law=gaussian", "sweep.n_max=8000", "model.k_rule=bic"],
    ["model"],
]


def again(plan: Plan) -> Plan:
    words = shlex.split(settings_sources.command(plan))
    assert words[0] == "mtam"
    return plan_sweep(words[2], words[3:]) if words[1] == "sweep" else plan_fit(words[2:])


@pytest.mark.parametrize("run", RUNS, ids=" ".join)
def test_the_command_leads_to_the_same_trials(run: list[str]) -> None:
    plan = plan_sweep(run[0], run[1:])
    assert again(plan).digest == plan.digest


@pytest.mark.parametrize("name", conf_files.options("sweep"))
def test_a_sweep_as_its_file_has_it_needs_no_settings(name: str) -> None:
    assert settings_sources.command(plan_sweep(name, ["launcher=inline"])) == f"mtam sweep {name}"


def test_the_command_of_a_fit() -> None:
    plan = plan_fit(["data.d=7", "samples=500", "data.activation=tanh"])
    assert again(plan).digest == plan.digest
    assert settings_sources.command(plan_fit([])) == "mtam fit-ips"


def test_settings_name_their_source_and_their_meaning() -> None:
    found = {
        each.key: each for each in settings_sources.settings(plan_sweep("alpha", ["data.noise=0.2", "sweep.seeds=2"]))
    }
    assert found["data.noise"].source == settings_sources.HERE
    assert "sigma" in found["data.noise"].note
    assert found["data.tags"].source == "conf/data/recall.yaml"
    assert found["sweep.n_max"].source == "conf/sweep/alpha.yaml"
    assert found["data.alpha"].value == [0.5, 1.0, 2.0]
    assert "axis" in found["data.alpha"].note
    assert not [key for key in found if key.startswith("launcher")]
