"""numpy's arrays in torch's own memory.

MKL's products of a matrix with a vector have other last bits at another alignment of the matrix. torch's memory begins
at multiples of 64 bytes in every process; numpy's at multiples of 16, which ones may change from process to process.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def tensor(array: NDArray[Any]) -> Tensor:
    """A copy with the same strides, in memory that products may use."""
    return torch.from_numpy(array).clone()


def room(rows: int, columns: int) -> NDArray[np.float64]:
    """An uninitialised array in such memory. (rows, columns)"""
    return torch.empty(rows, columns, dtype=torch.float64).numpy()
