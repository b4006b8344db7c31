"""The reported toy: its derived facts, its counts, its attention, and the controls."""

import json
from typing import Any

import numpy as np
import pytest
import torch

from mtam.recall.reading import reported_toy
from mtam.recall.recall_spec import RecallData, RecallTrial, ReportedToy
from mtam.recall.toy import toy_data, toy_model
from mtam.recall.toy.toy_baselines import arms
from mtam.recall.toy.toy_run import run


def trial(seed: int = 0, n: int = 64, alpha: float = 1.0, length: int | None = 5000, **settings: Any) -> RecallTrial:
    """A trial under the reported protocol with few test contexts."""
    data = RecallData(alpha=alpha, modes=16, length=length, noise=0.01, test=200)
    return RecallTrial(protocol="reported", n=n, seed=seed, data=data, reported=ReportedToy(**settings))


@pytest.mark.parametrize("law", ["normal", "uniform_sqrt3", "uniform_1"])
def test_closed_forms_of_the_shuffled_error_and_of_the_baseline(law: Any) -> None:
    """Simulated: perfect recall and the sign-only predictor under shuffled queries have the same error."""
    t = trial(law=law)
    rng = np.random.default_rng(0)
    z = rng.standard_normal((200_000, 2, 16)) if law == "normal" else rng.uniform(-1, 1, (200_000, 2, 16))
    s = ((z * (np.sqrt(3) if law == "uniform_sqrt3" else 1.0)) ** 2) @ toy_data.spectrum(1.0, 16)
    v, other = rng.choice([-1, 1], (2, 200_000))
    truth = v * s[:, 0]
    recalled = np.where(other == v, truth, other * s[:, 1])
    mean = toy_data.answer_moments(t)[0]
    for answer in (recalled, other * mean):
        assert ((answer - truth) ** 2).mean() == pytest.approx(toy_data.shuffled(t), rel=0.02)
    assert ((v * mean - truth) ** 2).mean() == pytest.approx(toy_data.sign_only(t), rel=0.02)


@pytest.mark.parametrize(("law", "alpha"), [("normal", 1.25), ("uniform_sqrt3", 1.0), ("uniform_1", 0.44)])
def test_the_published_shuffled_error_fixes_law_and_alpha_only_together(law: Any, alpha: float) -> None:
    assert toy_data.shuffled(trial(law=law, alpha=alpha)) == pytest.approx(0.775, rel=0.05)


@pytest.mark.parametrize("length", [None, 5000, 40])
def test_shares_are_a_distribution_with_half_of_it_on_each_tag(length: int | None) -> None:
    d = toy_data.draw(trial(length=length), "train", 30)
    np.testing.assert_allclose(d.counts.sum(-1), 0.5, atol=1e-5)
    assert d.counts.min() >= 0
    if length is not None:
        np.testing.assert_allclose(d.counts * length, np.round(d.counts * length), atol=1e-3)


def test_the_exchange_swaps_the_measures_and_keeps_the_tags() -> None:
    d = toy_data.draw(trial(length=None), "train", 30)
    np.testing.assert_allclose(d.swapped, d.counts[:, ::-1], atol=1e-7)
    assert np.abs(d.swapped - d.counts).max() > 1e-3
    np.testing.assert_array_equal(np.sign(d.other), np.sign(d.clean))


@pytest.mark.bits
def test_samples_are_nested_and_long_contexts_approach_the_measure() -> None:
    large = toy_data.draw(trial(), "train", 40)
    for n in (1, 10, 33):
        small = toy_data.draw(trial(), "train", n)
        np.testing.assert_array_equal(small.counts, large.counts[:n])
        np.testing.assert_array_equal(small.observed, large.observed[:n])
    exact = toy_data.draw(trial(length=None), "train", 40)
    assert np.abs(large.counts - exact.counts).max() < 0.005
    np.testing.assert_array_equal(exact.sign, large.sign)


@pytest.mark.parametrize(("alpha", "share"), [(1.0, 0.16), (2.0, 0.40)])
def test_without_the_added_constant_many_densities_have_no_mass(alpha: float, share: float) -> None:
    d = toy_data.draw(trial(alpha=alpha, system="constant_first", constant=False), "train", 1500)
    assert d.refused / (3000 + d.refused) == pytest.approx(share, abs=0.03)
    assert toy_data.draw(trial(alpha=alpha), "train", 300).refused == 0


def _random_pack(members: int = 2, **settings: Any) -> tuple[list[RecallTrial], list[toy_data.Toy], toy_model.Params]:
    some = [trial(seed=m, length=20, **settings) for m in range(members)]
    params = {k: v.detach() for k, v in toy_model.start(some).items()}
    return some, [toy_data.draw(t, "train", 15) for t in some], params


def test_counts_are_tokens() -> None:
    """The answer from counts is that of plain softmax attention over 20 tokens, one by one."""
    _, samples, params = _random_pack()
    found = toy_model.answers(params, toy_model.stack(samples), 4)
    for m, s in enumerate(samples):
        p = {k: v[m] for k, v in params.items()}

        def linear(name: str, x: torch.Tensor, p: dict[str, torch.Tensor] = p) -> torch.Tensor:
            return x @ p[name] + p[name + "_bias"]

        for row in range(15):
            counts = np.round(s.counts[row] * 20).astype(int)
            tokens = [((g + 0.5) / 128, 2.0 * t - 1) for t in range(2) for g in range(128) for _ in range(counts[t, g])]
            assert len(tokens) == 20
            x = linear("token_out", torch.relu(linear("token_in", torch.tensor(tokens))))
            start = torch.tensor([[0.0, 2.0 * int(s.sign[row]) - 1]])
            q = linear("query_out", torch.relu(linear("query_in", start)))
            pooled = []
            for h in range(4):
                part = slice(2 * h, 2 * h + 2)
                scores = linear("q", q)[:, part] @ linear("k", x)[:, part].T / 2**0.5
                pooled.append(torch.softmax(scores, -1) @ linear("v", x)[:, part])
            out = linear("head_out", torch.relu(linear("head_in", q + linear("o", torch.cat(pooled, 1)))))
            assert float(found[m, row]) == pytest.approx(out.item(), abs=1e-5)


def test_perfect_gating_gives_every_matching_token_one_in_2500() -> None:
    """A head whose logits are large exactly where tags agree; the published 4e-4 is this and no more."""
    some = [trial(length=5000)]
    params = {k: torch.zeros_like(v) for k, v in toy_model.start(some).items()}
    for side in ("token", "query"):
        params[side + "_in"][0, 1, :2] = torch.tensor([1.0, -1.0])  # relu(v), relu(-v)
        params[side + "_out"][0, :2, :2] = torch.eye(2)
    params["q"][0, :2, :2] = 50 * torch.eye(2)
    params["k"][0, :2, :2] = torch.eye(2)
    data = toy_model.stack([toy_data.draw(some[0], "test", 50)])
    same, other = toy_model.token_attention(params, data, 4)
    assert float(same[0, 0]) / 2500 == pytest.approx(4e-4, rel=1e-6)
    assert float(other[0, 0]) < 1e-6
    assert same[0, 1:].tolist() == pytest.approx([0.5] * 3)  # idle heads are uniform: 2e-4 per token


def test_the_arms_with_recall_given_know_the_answer_where_no_density_is_clipped() -> None:
    exact = trial(alpha=2.0, n=256, length=None, law="uniform_1")
    found = arms(exact, toy_data.draw(exact, "train", 256), toy_data.draw(exact, "test", 1000))
    baseline = toy_data.sign_only(exact)
    assert found["plug_in_mse"] < 0.02 * baseline
    assert found["mercer_mse"] < 0.02 * baseline
    assert found["mixture_mse"] > 0.5 * baseline
    hidden = trial(system="constant_first")
    assert arms(hidden, toy_data.draw(hidden, "train", 64), toy_data.draw(hidden, "test", 10)) == {}


def test_tokens_add_their_variance_to_the_plug_in() -> None:
    """hat c_j^2 has the mean c_j^2 + Var e_j / L', which the arm takes off: few tokens leave no bias."""
    few = trial(alpha=2.0, n=4, length=200, law="uniform_1")
    sample = toy_data.draw(few, "test", 4000)
    shares = 2 * sample.counts[np.arange(4000), sample.sign].astype(float)
    excess = ((shares @ toy_data.system(few).T) ** 2 - 1 / 100).sum(1) - np.abs(sample.clean)
    assert abs(excess.mean()) < 0.1 * 16 / 100  # without the correction it would be 16 / 100


def silent(_: float) -> None:
    """A tick that nobody hears."""


@pytest.mark.bits
def test_a_member_does_not_depend_on_its_pack_and_repeats() -> None:
    some = [trial(seed=m, alpha=1 + m / 4) for m in range(3)]
    together = run(some, device="cpu", tick=silent)
    again = run(some, device="cpu", tick=silent)
    for m, t in enumerate(some):
        (alone,) = run([t], device="cpu", tick=silent)
        assert alone["mse"] == pytest.approx(together[m]["mse"], rel=1e-3)
        assert together[m]["mse"] == again[m]["mse"]


def test_records_are_plain_and_ticks_rise() -> None:
    heard: list[float] = []
    (record,) = run([trial()], device="cpu", tick=heard.append)
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert record["steps"] == 80
    assert heard == sorted(heard)
    assert heard[-1] == 1.0
    for name in ("error", "error_se", "swap_gain", "sign_plateau", "shuffled_expected", "token_weight_same"):
        assert name in record


def test_a_diverged_toy_returns_a_sentence() -> None:
    (record,) = run([trial(lr=1e30)], device="cpu", tick=silent)
    assert "diverged" in record["failure"]


def test_twenty_epochs_on_64_contexts_learn_the_sign_and_nothing_else() -> None:
    for record in run([trial(seed=s) for s in range(3)], device="cpu", tick=silent):
        assert record["mse"] > 0.8 * record["sign_only_sample"]
        assert abs(record["swap_gain"]) < 0.1


@pytest.mark.slow
def test_with_data_and_steps_the_toy_recalls_and_only_the_swap_control_shows_it() -> None:
    few, many = trial(), trial(n=2048, steps=4000, batch=64)
    plateau, recalled = (run([t], device="cpu", tick=silent)[0] for t in (few, many))
    assert recalled["swap_gain"] > 0.5
    assert not recalled["sign_plateau"]
    assert recalled["mse"] < 0.5 * recalled["sign_only_sample"]
    assert abs(plateau["swap_gain"]) < 0.1
    for record in (plateau, recalled):  # the shuffle test says the same of both
        assert record["shuffled_mse"] == pytest.approx(record["shuffled_expected"], rel=0.35)


def test_every_assumption_names_a_setting_that_exists() -> None:
    fields = {"data": RecallData.model_fields, "reported": ReportedToy.model_fields}
    for row in reported_toy.TABLE:
        assert row.note
        if row.key is not None:
            group, name = row.key.split(".")
            assert name in fields[group], row.key
    named = {row.key for row in reported_toy.TABLE}
    assert {f"reported.{name}" for name in ("law", "constant", "system", "lr", "batch", "steps", "width")} <= named
