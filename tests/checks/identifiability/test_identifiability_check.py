"""The check on identifiability: small, and with theories that count too little."""

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from mtam.checks.identifiability import identifiability_case
from mtam.checks.identifiability.identifiability_case import IdentifiabilityCase, WantedCase, controls, measured
from mtam.checks.identifiability.identifiability_check import Settings, _control, _judged, check
from mtam.interaction.identifiability.attention_layers import AttentionLayers
from mtam.interaction.identifiability.gauge_directions import Gauge, gauges
from mtam.rates.verdict import Verdict


def test_two_heads_lack_what_is_counted() -> None:
    heard: list[float] = []
    finding = check(Settings(heads=[2], draws=1), heard.append)
    assert heard[-1] == 1
    assert {verdict.key for verdict in finding.verdicts} == {
        "layers_one", "layers_residual", "layers_stacked", "special", "permutations", "control",
    }  # fmt: skip
    assert {verdict.said for verdict in finding.verdicts} == {Verdict.SUPPORTED}
    ranks = next(table for table in finding.tables if table.name == "ranks")
    assert ranks.column("lacking") == ranks.column("counted by theory")
    control = next(table for table in finding.tables if table.name == "control")
    assert control.column("lacking") != control.column("counted by theory")


def case(heads: int = 2, idle: bool = False) -> IdentifiabilityCase:
    return measured(WantedCase(AttentionLayers(heads), "cubic", idle=idle), 3, 20, 0)


def test_an_idle_parameter_contradicts_and_is_what_the_control_sees() -> None:
    """Negative control: one more per head than theory counts."""
    idle = case(idle=True)
    assert idle.unexplained == 2
    assert _judged("x", "x", [case(), idle]).said is Verdict.CONTRADICTED
    assert _judged("x", "x", [case()]).said is Verdict.SUPPORTED
    assert _control([idle]).said is Verdict.SUPPORTED
    assert _control([case()]).said is Verdict.CONTRADICTED
    assert len(controls([1, 3])) == 2


def test_a_theory_that_forgets_a_family_is_contradicted(monkeypatch: pytest.MonkeyPatch) -> None:

    def forgetful(model: AttentionLayers, theta: np.ndarray, twins: bool = False) -> list[Gauge]:
        return [gauge for gauge in gauges(model, theta, twins) if gauge.name != "constants"]

    monkeypatch.setattr(identifiability_case, "gauges", forgetful)
    assert case().unexplained == 1
    assert not case().holds


def test_a_rank_that_cannot_be_said_is_undecided() -> None:
    blurred = case()
    blurred = replace(blurred, found=replace(blurred.found, rounding=blurred.found.smallest / 10))
    assert _judged("x", "x", [blurred]).said is Verdict.UNDECIDED


@pytest.mark.parametrize("heads", [[], [0], [1, 1], [5]])
def test_heads_that_make_no_sense_are_refused(heads: list[int]) -> None:
    with pytest.raises(ValidationError):
        Settings(heads=heads)
