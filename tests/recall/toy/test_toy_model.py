"""The toy's transformer: counts stand for tokens, members for themselves."""

from typing import Any

import numpy as np
import pytest
import torch

from mtam.recall.recall_spec import RecallTrial
from mtam.recall.toy import toy_data, toy_model
from tests.recall.toy.helpers import trial


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


def test_members_do_not_see_each_other() -> None:
    _, samples, params = _random_pack(3)
    together = toy_model.answers(params, toy_model.stack(samples), 4)
    for m in range(3):
        alone = toy_model.answers({k: v[m : m + 1] for k, v in params.items()}, toy_model.stack(samples[m : m + 1]), 4)
        torch.testing.assert_close(alone[0], together[m], rtol=1e-5, atol=1e-6)


def test_each_member_starts_from_its_own_stream_within_the_bounds_of_torchs_layers() -> None:
    some = [trial(seed=m) for m in (0, 1)]
    params, other = toy_model.start(some), toy_model.start(some[1:])
    torch.testing.assert_close(params["q"][1], other["q"][0])
    assert not torch.equal(params["q"][0], params["q"][1])
    for name, value in params.items():
        fan_in = params[name.removesuffix("_bias")].shape[1]
        assert 0.5 * fan_in**-0.5 < float(value.detach().abs().max()) <= fan_in**-0.5 or "out_bias" in name
        assert value.requires_grad


def test_the_exchange_stacks_the_exchanged_counts() -> None:
    _, samples, _ = _random_pack()
    plain, moved = toy_model.stack(samples), toy_model.stack(samples, swapped=True)
    torch.testing.assert_close(moved.counts[0].view(15, 2, 128), torch.from_numpy(samples[0].swapped))
    assert not torch.equal(plain.counts, moved.counts)
    assert torch.equal(plain.sign, moved.sign)


def test_attention_on_both_tags_sums_to_one() -> None:
    _, samples, params = _random_pack()
    same, other = toy_model.token_attention(params, toy_model.stack(samples), 4)
    assert same.shape == (2, 4)
    torch.testing.assert_close(same + other, torch.ones(2, 4))
