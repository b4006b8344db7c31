"""Risk and recall of a trained member on fresh contexts."""

import numpy as np
import pytest
import torch

from mtam.recall.evaluation.risk import attention_map, outputs, participation, recall, risk, sensitivity, sharpest
from mtam.recall.simulate.contexts import problem
from mtam.recall.transformer.network_reference import factorised, member_inputs
from tests.recall.helpers import assemble, trials

SAMPLE = problem(trials(1)[0].data, 0).sample("test", 50)


def test_the_risk_is_in_units_of_the_variance_of_the_noise_free_answers() -> None:
    answers = torch.from_numpy(SAMPLE.clean + 0.5 * np.sin(np.arange(50)))
    found = risk(answers, SAMPLE)
    squares = 0.25 * np.sin(np.arange(50)) ** 2
    assert found["mse"] == pytest.approx(squares.mean())
    assert found["target_variance"] == pytest.approx(SAMPLE.clean.var())
    assert found["error"] == pytest.approx(squares.mean() / SAMPLE.clean.var())
    assert found["error_se"] == pytest.approx(squares.std(ddof=1) / 50**0.5 / SAMPLE.clean.var())
    constant = risk(torch.full((50,), float(SAMPLE.clean.mean()), dtype=torch.float64), SAMPLE)
    assert constant["error"] == pytest.approx(1)


def test_recall_of_known_weights() -> None:
    """Half of the attention on the answering component, a sixth on each of three others."""
    hit = torch.zeros(4, 50, dtype=torch.float64).scatter_(0, torch.from_numpy(SAMPLE.answering)[None], 1.0)
    found = recall(hit / 2 + (1 - hit) / 6, SAMPLE)
    assert found["attention_mass"] == pytest.approx(0.5)
    assert found["attention_entropy"] == pytest.approx(np.log(2) / 2 + np.log(6) / 2)
    assert found["recall_accuracy"] == 1
    assert recall(-3 * hit + (1 - hit), SAMPLE)["attention_mass"] == pytest.approx(0.5)  # negative weights count, too
    assert recall(-3 * hit + (1 - hit), SAMPLE)["recall_accuracy"] == 0
    nothing = recall(torch.zeros(4, 50, dtype=torch.float64), SAMPLE)
    assert (nothing["attention_mass"], nothing["attention_entropy"]) == (0, 0)


def test_a_map_holds_the_first_contexts_one_after_the_other_unless_it_is_wide() -> None:
    weights = torch.arange(200, dtype=torch.float64).view(4, 50) / 3
    found = attention_map(weights, SAMPLE)
    assert np.array(found["attention_map"]).reshape(8, 4).tolist() == weights[:, :8].T.numpy().round(4).tolist()
    assert found["attention_answering"] == SAMPLE.answering[:8].tolist()
    assert attention_map(torch.ones(65, 50), SAMPLE) == {}


def test_chunks_do_not_change_the_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    network, features, rows, flat = assemble(trials(2))
    whole = outputs(network, flat, features, rows)
    monkeypatch.setattr("mtam.recall.evaluation.risk.CHUNK", 13)
    parts = outputs(network, flat, features, rows)
    assert whole.answers.shape == (2, 64)
    torch.testing.assert_close(parts.answers, whole.answers)
    torch.testing.assert_close(parts.weights, whole.weights)


def test_several_heads_report_the_sharpest() -> None:
    sample = problem(trials(1)[0].data, 0).sample("train", 50)
    hit = torch.zeros(4, 50, dtype=torch.float64).scatter_(0, torch.from_numpy(sample.answering)[None], 1.0)
    own, masses = sharpest(torch.cat([torch.full_like(hit, 0.25), hit]), sample)
    assert masses == [0.25, 1.0]
    torch.testing.assert_close(own, hit)


@pytest.mark.parametrize("length", [None, 80])
def test_sensitivity_is_the_derivative_by_the_true_coefficients(length: int | None) -> None:
    """Against automatic differentiation through the coefficients of the attended measure."""
    some = trials(2, length=length)
    network, features, rows, flat = assemble(some)
    batch = rows.batch(0, 32)
    problems = [problem(t.data, t.seed) for t in some]
    found = sensitivity(network, flat, features, rows.rows(0, 32), problems)
    for m, p in enumerate(problems):
        module = factorised(network, flat, features, m)
        given = list(member_inputs(batch, m))
        shift = torch.zeros(32, p.data.modes, dtype=torch.float64, requires_grad=True)
        moments = shift @ torch.from_numpy(p.presentation())
        given[-1] = given[-1] + torch.nn.functional.pad(moments, (0, 2))
        (slope,) = torch.autograd.grad(module(*given).sum(), shift)
        expected = slope.square().mean(0) * torch.from_numpy(p.law.eigenvalues)
        torch.testing.assert_close(found[m], expected, rtol=1e-6, atol=1e-9)


def test_participation_counts_equal_shares() -> None:
    assert participation(torch.ones(7, dtype=torch.float64))["participation"] == pytest.approx(7)
    one = participation(torch.tensor([1.0, 0.0, 0.0], dtype=torch.float64))
    assert one == {"participation": pytest.approx(1), "sensitivity": [1.0, 0.0, 0.0]}
