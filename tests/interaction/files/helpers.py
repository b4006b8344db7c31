"""Small data sets of own, as arrays and as the long table that a parquet file holds."""

import numpy as np
import numpy.typing as npt
import pandas as pd

Array = npt.NDArray[np.float64]


def sample(samples: int = 40, tokens: int = 3, d: int = 2) -> tuple[Array, Array]:
    rng = np.random.default_rng(0)
    return rng.standard_normal((samples, tokens, d)), rng.standard_normal((samples, tokens))


def long_table(x: Array, y: Array) -> pd.DataFrame:
    samples, tokens, d = x.shape
    index = {"sample": np.repeat(np.arange(samples), tokens), "token": np.tile(np.arange(tokens), samples)}
    return pd.DataFrame({**index, **{f"x{k}": x[:, :, k].ravel() for k in range(d)}, "y": y.ravel()})
