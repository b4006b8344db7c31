"""Random streams that follow from (seed, name) alone.

Every draw of the laboratory comes from a stream named by what it is for. Two streams with different names or
seeds are independent; a stream never depends on global state, on other streams, or on the order of work.
"""

import zlib

import numpy as np


def sequence(seed: int, *name: str | int) -> np.random.SeedSequence:
    """The SeedSequence of the stream ``name`` under ``seed``; strings enter through their CRC-32."""
    key = tuple(part if isinstance(part, int) else zlib.crc32(part.encode()) for part in name)
    return np.random.SeedSequence(entropy=seed, spawn_key=key)


def generator(seed: int, *name: str | int) -> np.random.Generator:
    """A numpy generator for the stream ``name`` under ``seed``, e.g. ``generator(3, "recall", "target")``."""
    return np.random.Generator(np.random.PCG64(sequence(seed, *name)))


def torch_seed(seed: int, *name: str | int) -> int:
    """A 63-bit seed for ``torch.Generator.manual_seed``, from the stream ``name`` under ``seed``."""
    return int(sequence(seed, *name).generate_state(1, np.uint64)[0] >> np.uint64(1))
