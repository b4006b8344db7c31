"""A selective state space in place of attention: its formula and gradients; it recalls, and fixed steps do not."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn.functional import softplus

import mtam
from mtam.problems.examples import state_space as example
from mtam.recall.gates import SHARPNESS, SPREAD
from tests.conftest import REPO
from tests.recall.gates.helpers import parameters, tags

FILE = REPO / "src" / "mtam" / "problems" / "examples" / "state_space.py"
KEPT = ("attention_mass", "error")
SMALL = ("sweep.sizes=[128]", "sweep.first_seed=2000", "sweep.seeds=1", "data.test=256", "launcher=inline")


def test_weights_are_those_of_the_two_recurrences_token_by_token() -> None:
    at = tags()
    gate = example.Selective()
    params = parameters(gate, None, at)
    weights, _ = gate.forward(params, at)
    members, count, batch, dim = at.tags.shape
    for m in range(members):
        own = {name: value[m] for name, value in params.items()}
        form = SPREAD * own["score"] + SHARPNESS * own["temperature"] * torch.eye(dim, dtype=torch.float64)
        for b in range(batch):
            carried = torch.zeros(dim, dtype=torch.float64)
            left = torch.zeros(count, dtype=torch.float64)  # of every measure in the state of layer 2
            for t in range(1 + count):
                token = at.query[m, b] if t == 0 else at.tags[m, t - 1, b]
                logit = example.LOGIT * (own["tag"] @ token + own["flag"] * (t == 0) + own["hold"])
                keep = torch.exp(-softplus(logit))
                carried = keep * carried + (1 - keep) * token
                if t == 0:
                    continue
                length = count * at.log_share[m, t - 1, b].exp()
                opened = carried @ form @ token + example.LOGIT * own["open"]
                keep = torch.exp(-softplus(opened) * length)
                left = keep * left
                left[t - 1] = (1 - keep).squeeze()
            torch.testing.assert_close(weights[m, :, b], left)


@pytest.mark.parametrize("gate", [example.Selective(), example.Fixed()])
def test_gradients_are_written_into_their_places_and_weights_are_shares(gate: Any) -> None:
    at = tags()
    params = parameters(gate, None, at)
    weights, kept = gate.forward({**params, "of the head": torch.ones(1)}, at)
    grad = torch.randn(weights.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    into = {name: torch.full_like(value, torch.nan) for name, value in params.items()}
    gate.backward(params, at, kept, grad, into)
    for name, value in params.items():
        for place in range(value.numel()):
            ends = []
            for step in (-1e-6, 1e-6):
                moved = value.flatten().clone()
                moved[place] += step
                ends.append((gate.forward({**params, name: moved.view_as(value)}, at)[0] * grad).sum())
            slope = (ends[1] - ends[0]) / 2e-6
            torch.testing.assert_close(into[name].flatten()[place], slope, rtol=1e-5, atol=1e-7)
    assert weights.min() >= 0
    assert weights.sum(1).max() <= 1
    assert weights[0, 1, 2] == 0  # a component without tokens


def test_fixed_steps_know_positions_alone() -> None:
    at = tags()
    gate = example.Fixed()
    weights, _ = gate.forward(parameters(gate, None, at), at)
    moved = type(at)(at.query.flip(-1), at.tags.flip(-1) + 1, at.log_share, at.answering, at.bandwidth)
    again, _ = gate.forward(parameters(gate, None, at), moved)
    torch.testing.assert_close(weights, again)
    other = example.Selective()
    first, second = (other.forward(parameters(other, None, at), each)[0] for each in (at, moved))
    assert (first - second).abs().max() > 0.01


@pytest.mark.slow
def test_it_recalls_where_fixed_steps_do_not(tmp_path: Path) -> None:
    run = mtam.sweep(FILE, "model=selective,fixed", *SMALL, out=tmp_path / "run")
    mass, error = ({str(row["model"]): float(row[name]) for row in run.trials.to_dict("records")} for name in KEPT)
    assert mass["selective"] > 0.6 > 0.4 > mass["fixed"]
    assert error["selective"] < 0.7 * error["fixed"]


@pytest.mark.slow
def test_claims_are_supported_and_controls_contradicted_on_fresh_seeds(tmp_path: Path) -> None:
    run = mtam.sweep(FILE, "sweep.first_seed=2000", "launcher=inline", out=tmp_path / "run")
    assert not run.failures
    claims = run.judgements[run.judgements["id"] != ""]
    wanted = claims["id"].str.endswith("control").map({True: "contradicted", False: "supported"})
    assert len(claims) == 4
    assert claims["verdict"].tolist() == wanted.tolist(), claims.to_string()
