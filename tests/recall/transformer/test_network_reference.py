"""The general transformer on joint tokens (tag, content) against the factorised fast path."""

import pytest
import torch

from mtam.recall.simulate.contexts import problem
from mtam.recall.transformer.network_reference import Joint, factorised, member_inputs
from tests.recall.helpers import assemble, trials


def _pair(length: int | None = None) -> tuple[Joint, tuple[torch.Tensor, ...], torch.Tensor]:
    """The joint module, its inputs, and the answers of the batched network for one member."""
    some = trials(2, n=40, length=length, basis="legendre")
    network, features, rows, flat = assemble(some)
    batch = rows.batch(0, 40)
    answers, _ = network.forward(network.views(flat), features, batch)
    p = problem(some[1].data, some[1].seed)
    s = p.sample("train", 40)
    mesh = p.law.grid
    if length is None:
        mass = torch.from_numpy(p.law.probabilities(s.coefficients)) / 4
        mercer = features[1, :-2, :-2]
        values = torch.from_numpy(mesh.values.T) @ mercer / p.law.amplitude
    else:
        weights = s.moments.astype("float64") * p.law.amplitude + mesh.weights
        mass = torch.from_numpy(weights) * torch.from_numpy(s.log_share).double().exp().unsqueeze(-1)
        raw = features[1, :-2, :-2] / p.law.amplitude
        values = raw - torch.from_numpy(mesh.weights) @ raw
    joint = Joint(factorised(network, flat, features, 1), values)
    given = (mass.clamp_min(0), batch.at.tags[1], batch.at.query[1], batch.base[1, :, -2:])
    return joint, given, answers[1]


@pytest.mark.parametrize("length", [None, 60])
def test_the_factorised_path_is_the_joint_model_without_its_extra_weights(length: int | None) -> None:
    joint, given, answers = _pair(length)
    torch.testing.assert_close(joint(*given).detach(), answers, rtol=1e-5, atol=1e-5)


def test_extra_weights_change_the_answer() -> None:
    joint, given, answers = _pair()
    with torch.no_grad():
        joint.score_content.fill_(0.5)
    assert (joint(*given).detach() - answers).abs().max() > 1e-3
    joint, given, answers = _pair()
    with torch.no_grad():
        joint.value_tag.fill_(0.5)
    assert (joint(*given).detach() - answers).abs().max() > 1e-3


def test_the_readable_module_answers_like_the_batched_network() -> None:
    network, features, rows, flat = assemble(trials(3, length=50))
    batch = rows.batch(0, 64)
    answers, _ = network.forward(network.views(flat), features, batch)
    for m in range(3):
        module = factorised(network, flat, features, m)
        torch.testing.assert_close(module(*member_inputs(batch, m)).detach(), answers[m], rtol=1e-9, atol=1e-10)
