"""Gates without parameters: a frozen kernel, the mean, the oracle, and no attention."""

from dataclasses import replace

import torch

from mtam.recall.evaluation.risk import recall
from mtam.recall.gates.untrained import Blind, FrozenRbf, Mean, OracleGate
from mtam.recall.simulate.contexts import problem
from tests.recall.gates.helpers import tags
from tests.recall.helpers import assemble, trials

AT = tags()


def test_the_frozen_kernel_is_gaussian_in_the_distance_with_the_bandwidth_of_its_member() -> None:
    weights = FrozenRbf().weights(AT)
    for m, width in enumerate((0.5, 2.0)):
        squares = (AT.tags[m] - AT.query[m]).square().sum(-1)
        raw = AT.log_share[m].exp() * (-squares / (2 * width**2)).exp()
        torch.testing.assert_close(weights[m], raw / raw.sum(0))


def test_the_mean_is_the_shares_the_oracle_one_hot_and_the_blind_nothing() -> None:
    torch.testing.assert_close(Mean().weights(AT), AT.log_share.exp())
    hot = OracleGate().weights(AT)
    torch.testing.assert_close(hot.sum(1), torch.ones(2, 5, dtype=torch.float64))
    assert torch.equal(hot.argmax(1), AT.answering)
    assert not Blind().weights(AT).any()


def test_there_is_nothing_to_train() -> None:
    for one in (FrozenRbf(), Mean(), OracleGate(), Blind()):
        assert one.shapes(4) == one.start(4, None, torch.Generator()) == {}
        weights, kept = one.forward({}, AT)
        one.backward({}, AT, kept, weights, {})
        assert weights.shape == (2, 3, 5)


def test_the_oracle_gate_recalls_the_true_coefficients() -> None:
    some = trials(2, model={"name": "oracle"})
    network, features, rows, flat = assemble(some)
    _, kept = network.forward(network.views(flat), features, rows.batch(0, 64))
    for m, trial in enumerate(some):
        truth = problem(trial.data, trial.seed).sample("train", 64).recalled()
        torch.testing.assert_close(kept.pooled[m, :, :-2], torch.from_numpy(truth).double())


def test_a_narrow_frozen_kernel_is_one_hot_and_a_wide_one_is_not() -> None:
    masses = []
    for width in (0.1, 2.0):
        some = trials(1, model={"name": "frozen_rbf", "bandwidth": width})
        network, _, rows, flat = assemble(some)
        weights, _ = network.gate.forward(network.views(flat), rows.batch(0, 64).at)
        masses.append(recall(weights[0], problem(some[0].data, 0).sample("train", 64))["attention_mass"])
    assert masses[0] > 1 - 1e-9
    assert masses[1] < 0.5


def test_the_tag_only_arm_sees_no_measure() -> None:
    network, features, rows, flat = assemble(trials(2, model={"name": "tag_only"}))
    batch = rows.batch(0, 64)
    before, _ = network.forward(network.views(flat), features, batch)
    after, _ = network.forward(network.views(flat), features, replace(rows, moments=3 * rows.moments).batch(0, 64))
    torch.testing.assert_close(after, before)
