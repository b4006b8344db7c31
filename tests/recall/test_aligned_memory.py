"""Products of what came from numpy are the same bits wherever numpy's memory lies."""

import numpy as np
import pytest
import torch

from mtam.recall.aligned_memory import room, tensor


@pytest.mark.bits
@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("turned", [False, True])
def test_products_do_not_depend_on_the_alignment_of_arrays(kind: type[np.floating], turned: bool) -> None:
    rng = np.random.default_rng(0)
    values = rng.standard_normal((41, 33)).astype(kind)
    vector = torch.from_numpy(rng.standard_normal(41 if turned else 33).astype(kind))
    space, found = np.empty(values.nbytes + 128, dtype=np.uint8), set()
    for offset in range(0, 64, values.itemsize):
        start = -space.ctypes.data % 64 + offset
        array = space[start : start + values.nbytes].view(kind).reshape(values.shape)
        array[...] = values
        held = tensor(array.T if turned else array)
        assert held.data_ptr() % 64 == 0
        assert held.stride() == torch.from_numpy(array.T if turned else array).stride()
        found.add((held @ vector).numpy().tobytes())
    assert len(found) == 1


def test_a_tensor_is_a_copy_and_a_room_is_aligned() -> None:
    array = np.zeros(3)
    tensor(array)[0] = 1.0
    assert array[0] == 0.0
    assert all(room(7, columns).ctypes.data % 64 == 0 for columns in (1, 3, 41))
