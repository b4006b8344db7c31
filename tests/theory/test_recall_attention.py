"""Remark 3 of paper A with its border: what softmax attention buys depends on the geometry of the tags."""

from collections.abc import Iterator
from typing import Any

import pytest
import torch

from mtam.recall.recall_spec import RecallData, RecallTrial, recall_model
from mtam.recall.run_recall import run

N = 1024


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _record(name: str, tags: str, bandwidth: float | None = None, **data: Any) -> dict[str, Any]:
    model = recall_model(name, **({} if bandwidth is None else {"bandwidth": bandwidth}))
    trial = RecallTrial(n=N, seed=0, data=RecallData.model_validate({"tags": tags, **data}), model=model)
    return run([trial], device="cpu", tick=lambda _: None)[0]


@pytest.mark.parametrize(("tags", "components"), [("orthonormal", 4), ("simplex", 5)])
def test_affine_attention_suffices_where_selection_is_affine(tags: str, components: int) -> None:
    softmax, linear = (_record(name, tags, components=components)["error"] for name in ("softmax", "linear"))
    assert linear < 1.5 * softmax


def test_affine_attention_fails_on_the_cross_polytope() -> None:
    softmax, linear = (_record(name, "cross_polytope") for name in ("softmax", "linear"))
    assert linear["error"] > 4 * softmax["error"]
    assert softmax["attention_mass"] > 0.95
    assert linear["attention_mass"] < 0.6


def test_a_frozen_kernel_is_one_hot_on_clean_tags_and_fails_beside_nuisance_dimensions() -> None:
    clean = _record("frozen_rbf", "cross_polytope", bandwidth=0.25)
    assert clean["attention_mass"] > 0.99
    assert clean["error"] < 1.3 * _record("oracle", "cross_polytope")["error"]
    noisy = _record("frozen_rbf", "nuisance")  # at the best bandwidth of its grid
    learned = _record("softmax", "nuisance")
    assert noisy["error"] > 4 * learned["error"]
    assert learned["attention_mass"] > 0.9


def test_the_oracle_gate_is_a_floor_that_softmax_reaches() -> None:
    softmax, oracle = (_record(name, "cross_polytope")["error"] for name in ("softmax", "oracle"))
    assert oracle < 1.1 * softmax
    assert softmax < 1.5 * oracle
