"""How often fits to own data are called found, explaining and fitting, over kinds of data with and without a truth.

    python scripts/calibrate_fit_words.py [--kinds noise_d2 causal] [--sets 100] [--first 0] [--rule reml]
                                          [--out FOLDER] [--table]

One line of sets.jsonl per data set; what is there is not computed again, so that the script can be stopped and
continued. table.csv has a row per kind: how often each word is said, and how often the held-out test rejects "no
interaction". --table prints what there is.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

import numpy as np
import numpy.typing as npt
import pandas as pd

import kept_rows
from mtam.base.streams import generator
from mtam.interaction.files import dataset
from mtam.interaction.own_data import fit_own_data
from mtam.interaction.own_data.held_out_tests import LEVEL
from mtam.interaction.own_data.own_data_spec import OwnTrial
from mtam.interaction.reading.own_data_notes import hints

Array = npt.NDArray[np.float64]
Draw = Callable[[np.random.Generator], tuple[Array, Array]]

KEPT = (
    "found", "explains", "fits", "converged", "basin", "no_interaction_p", "constant_p", "linear_p", "structure_p",
    "structure_p_values", "lack_of_fit", "explained", "linear_explained", "explainable", "noise_sd", "rank", "seconds",
)  # fmt: skip
WORDS = ("found", "explains", "fits", "converged")


def tokens(rng: np.random.Generator, samples: int, count: int, d: int, law: str = "gaussian") -> Array:
    """Independent coordinates of variance 1."""
    shape = (samples, count, d)
    return rng.standard_normal(shape) if law == "gaussian" else np.sqrt(12) * (rng.random(shape) - 0.5)


def mean_others(pairs: Array) -> Array:
    """(N-1)^{-1} sum_{j != i} of an array over pairs  # (M, N, N) -> (M, N)."""
    index = np.arange(pairs.shape[1])
    return np.asarray((pairs.sum(axis=2) - pairs[:, index, index]) / (pairs.shape[1] - 1))


def noise(samples: int, count: int, d: int, law: str, errors: str = "gaussian") -> Draw:
    """The mean of Y knows nothing of X."""

    def draw(rng: np.random.Generator) -> tuple[Array, Array]:
        x = tokens(rng, samples, count, d, law)
        return x, _errors(rng, errors, x)

    return draw


def truth(
    samples: int, count: int, d: int, rank: int, phi: Callable[[Array], Array], sigma: float, errors: str = "gaussian"
) -> Draw:
    """phi(x^T A x') on uniform tokens, sd(x^T A x') = 1, var g = 1 over pairs, and noise."""

    def draw(rng: np.random.Generator) -> tuple[Array, Array]:
        x = tokens(rng, samples, count, d, "uniform")
        matrix = rng.standard_normal((d, rank)) @ rng.standard_normal((rank, d))
        g = phi(x @ (matrix / np.linalg.norm(matrix)) @ x.transpose(0, 2, 1))
        return x, mean_others(g / g.std()) + sigma * _errors(rng, errors, x)

    return draw


def _errors(rng: np.random.Generator, law: str, x: Array) -> Array:
    shape = x.shape[:2]
    if law == "student":
        return np.asarray(rng.standard_t(3, shape) / np.sqrt(3))
    if law == "wild":
        return rng.standard_t(1.5, shape)
    if law == "clustered":  # half of the variance common to a sample, and larger where tokens are
        both = (rng.standard_normal((shape[0], 1)) + rng.standard_normal(shape)) / np.sqrt(2)
        return np.asarray(both * np.abs(x[..., 0]))
    return rng.standard_normal(shape)


def kuramoto(samples: int, count: int, circle: bool) -> Draw:
    """Angles, y_i = mean_j sin(theta_j - theta_i), also given as cosine and sine."""

    def draw(rng: np.random.Generator) -> tuple[Array, Array]:
        angle = 2 * np.pi * rng.random((samples, count, 1))
        y = mean_others(np.sin(angle.transpose(0, 2, 1) - angle)) + 0.05 * rng.standard_normal((samples, count))
        return np.concatenate([np.cos(angle), np.sin(angle)], axis=2) if circle else angle, y

    return draw


def opinion(samples: int, count: int) -> Draw:
    """Bounded confidence: y_i = mean_j (x_j - x_i) 1{|x_j - x_i| < 1}, opinions uniform."""

    def draw(rng: np.random.Generator) -> tuple[Array, Array]:
        x = tokens(rng, samples, count, 1, "uniform")
        gap = x.transpose(0, 2, 1) - x
        return x, mean_others(gap * (np.abs(gap) < 1)) + 0.05 * rng.standard_normal((samples, count))

    return draw


def swarm(samples: int, count: int) -> Draw:
    """Particles in the plane, attraction far and repulsion near: y_i is one component of the velocity."""

    def draw(rng: np.random.Generator) -> tuple[Array, Array]:
        x = tokens(rng, samples, count, 2)
        gap = x[:, None, :, :] - x[:, :, None, :]  # (M, i, j, 2)
        distance = np.linalg.norm(gap, axis=3)
        force = (np.exp(-distance / 2) - 1.5 * np.exp(-2 * distance)) * gap[..., 0]
        return x, mean_others(force) + 0.05 * rng.standard_normal((samples, count))

    return draw


def causal(samples: int, count: int) -> Draw:
    """y_i is the mean over the tokens before it."""

    def draw(rng: np.random.Generator) -> tuple[Array, Array]:
        x = tokens(rng, samples, count, 3)
        a, b = rng.standard_normal((2, 3, 1))
        pairs = np.tanh(x @ (a @ b.T / np.linalg.norm(a @ b.T)) @ x.transpose(0, 2, 1))
        before = np.tril(pairs, -1).sum(axis=2) / np.maximum(np.arange(count), 1)
        return x, before + 0.05 * rng.standard_normal((samples, count))

    return draw


def padded(samples: int, count: int) -> Draw:
    """Samples of two tokens up to ``count``, filled up with rows of zeros and responses of zero."""

    def draw(rng: np.random.Generator) -> tuple[Array, Array]:
        x = tokens(rng, samples, count, 2)
        length = rng.integers(2, count + 1, samples)
        there = np.arange(count) < length[:, None]
        x *= there[..., None]
        pairs = np.tanh(x[..., :1] @ x[..., 1:].transpose(0, 2, 1))
        index = np.arange(count)
        pairs[:, index, index] = 0
        y = pairs.sum(axis=2) / (length[:, None] - 1) + 0.1 * rng.standard_normal((samples, count))
        return x, y * there

    return draw


def _shifted_exp(u: Array) -> Array:
    return np.asarray(np.exp(np.clip(u, -3, 3) / 2))


KINDS: dict[str, Draw] = {
    **{f"noise_d{d}": noise(200, 5, d, "gaussian") for d in (1, 2, 3, 5, 10)},
    **{f"noise_d{d}_small": noise(60, 4, d, "uniform") for d in (1, 2, 3, 5, 10)},
    "noise_d3_large": noise(2000, 5, 3, "uniform"),
    "noise_d2_wild": noise(200, 5, 2, "gaussian", "wild"),
    "noise_d2_clustered": noise(200, 5, 2, "gaussian", "clustered"),
    "truth_d1": truth(300, 5, 1, 1, np.tanh, 0.5),
    "truth_d2_even": truth(300, 5, 2, 1, lambda u: np.clip(u, -2, 2) ** 2, 0.5),
    "truth_d3": truth(300, 5, 3, 2, np.tanh, 0.5),
    "truth_d3_large": truth(4000, 5, 3, 2, np.tanh, 0.5),
    "truth_d10": truth(600, 6, 10, 1, _shifted_exp, 0.5),
    "truth_d3_weak": truth(600, 5, 3, 1, np.tanh, 1.5),
    "truth_d3_faint": truth(600, 5, 3, 1, np.tanh, 3.0),
    "truth_d3_student": truth(300, 5, 3, 2, np.tanh, 0.5, "student"),
    "truth_d3_clustered": truth(300, 5, 3, 2, np.tanh, 0.5, "clustered"),
    "truth_d3_tiny": truth(40, 5, 3, 1, np.tanh, 0.3),
    "kuramoto": kuramoto(300, 8, False),
    "kuramoto_cossin": kuramoto(300, 8, True),
    "opinion": opinion(300, 6),
    "swarm": swarm(300, 6),
    "causal": causal(400, 6),
    "padded": padded(300, 6),
}


def one(kind: str, seed: int, rule: str, folder: Path) -> dict[str, Any]:
    """A data set of a kind, through the file and the fit of the command line."""
    x, y = KINDS[kind](generator(seed, "calibrate_fit_words", kind))
    path = folder / "data.npz"
    np.savez(path, X=x, Y=y)
    samples, count, d = x.shape
    data = {"path": str(path), "sha256": dataset.digest(path), "samples": samples, "tokens": count, "d": d}
    trial = OwnTrial.model_validate(
        {"data": data, "n": samples, "seed": seed, "model": {"name": "ips_erm", "k_rule": rule}}
    )
    (found,) = fit_own_data.run([trial], device="cpu", tick=lambda _: None)
    if "failure" in found:
        return {"kind": kind, "seed": seed, "failure": found["failure"]}
    return {"kind": kind, "seed": seed, "hints": len(hints(found)), **{name: _short(found[name]) for name in KEPT}}


def _short(value: Any) -> Any:
    """Numbers to four digits."""
    if isinstance(value, list):
        return [_short(one) for one in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Per kind: data sets, how often each word was said, medians of what stands behind it."""
    frame = pd.DataFrame(rows)
    frame["kind"] = pd.Categorical(frame["kind"], [kind for kind in KINDS if kind in set(frame["kind"])])
    groups = frame.groupby("kind", observed=True)
    out = groups.agg(sets=("seed", "size"), **{word: (word, "sum") for word in WORDS}, basin=("basin", "sum"))
    out["rejected"] = groups["no_interaction_p"].agg(lambda part: int((part < LEVEL).sum()))
    out["hinted"] = groups["hints"].agg(lambda part: int((part > 0).sum()))
    for name in ("explained", "linear_explained", "explainable", "seconds"):
        out[name] = groups[name].median().round(3)
    return out.reset_index()


def main() -> None:
    """Compute what is missing, write and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--sets", type=int, default=100)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--rule", default="reml", choices=["reml", "cp", "rule"], help="one per folder")
    parser.add_argument("--out", type=Path, default=Path("outputs/fit-words"))
    parser.add_argument("--table", action="store_true", help="no new data sets")
    options = parser.parse_args()
    path: Path = options.out / "sets.jsonl"
    rows = kept_rows.read(path)
    done = {(row["kind"], row["seed"]) for row in rows}
    if not options.table:
        options.out.mkdir(parents=True, exist_ok=True)
        cut_short = bool(rows) and not path.read_text().endswith("\n")
        with path.open("a") as file, tempfile.TemporaryDirectory() as folder:
            file.write("\n" if cut_short else "")
            for seed in range(options.first, options.first + options.sets):
                for kind in options.kinds:
                    if (kind, seed) not in done:
                        rows.append(one(kind, seed, options.rule, Path(folder)))
                        file.write(json.dumps(rows[-1]) + "\n")
                        file.flush()
    if not rows:
        raise SystemExit(f"{path} holds nothing yet; run without --table")
    shown = table(rows)
    shown.to_csv(options.out / "table.csv", index=False, lineterminator="\n")
    with pd.option_context("display.width", 200, "display.max_rows", None, "display.max_columns", None):
        print(shown.to_string(index=False))


if __name__ == "__main__":
    main()
