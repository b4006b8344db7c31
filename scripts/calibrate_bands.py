"""How often the bands for phi and the region for A of a fit to own data hold the truth, over kinds of simulated data.

    python scripts/calibrate_bands.py [--kinds gaussian line] [--sets 200] [--first 0] [--rule reml] [--out FOLDER]
                                      [--table]

Rank and smoothness come from the data, as at the command line. Per data set: at which of seven quantiles of u (2% to
98%) the pointwise band holds phi*, whether the simultaneous band holds it on all of [2%, 98%] and on the whole grid,
the same asked of the pointwise band, whether the Wald region holds A*, and the share of entries of A* within 1.96
standard errors. A fit knows A up to scale: the truth is taken at the norm of the fit. One line of sets.jsonl per data
set; what is there is not computed again, so that the script can be stopped and continued. --table prints what there is.
"""

import argparse
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

import numpy as np
import numpy.typing as npt
import pandas as pd

import kept_rows
from mtam.base.streams import generator
from mtam.interaction.own_data import confidence_band, confidence_region, fit_own_data
from mtam.interaction.own_data.own_data_spec import OwnTrial
from mtam.interaction.solver.varpro import whitener

Array = npt.NDArray[np.float64]
Phi = Callable[[Array], Array]

QUANTILES = np.array([0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98])
WAVES = 4  # harmonics of a truth


@dataclass(frozen=True)
class Kind:
    """Samples of tokens, a random smooth phi* of u with E u^2 = 1, var g* = 1, noise of standard deviation sigma."""

    samples: int
    count: int
    d: int
    rank: int = 1
    law: str = "uniform"  # gaussian, uniform, anisotropic (condition 100), dependent (a latent common to a sample)
    sigma: float = 0.3
    errors: str = "gaussian"  # clustered: half of the variance common to a sample, more where tokens are larger


KINDS = {
    "gaussian": Kind(1000, 3, 3, law="gaussian"),
    "line": Kind(500, 4, 1),
    "rank2": Kind(400, 4, 5, rank=2),
    "anisotropic": Kind(1000, 3, 4, law="anisotropic"),
    "clustered": Kind(600, 5, 3, errors="clustered"),
}


@dataclass(frozen=True)
class Sample:
    """A data set and its truth."""

    x: Array  # (M, N, d)
    y: Array  # (M, N)
    matrix: Array  # A* (d, d)
    phi: Phi


def draw(kind: Kind, rng: np.random.Generator) -> Sample:
    """A data set of a kind."""
    x = _tokens(kind, rng)
    matrix = rng.standard_normal((kind.d, kind.rank)) @ rng.standard_normal((kind.rank, kind.d))
    u = x @ matrix @ x.transpose(0, 2, 1)
    apart = ~np.eye(kind.count, dtype=bool)
    matrix /= float(np.sqrt(np.mean(u[:, apart] ** 2)))
    amplitude = rng.standard_normal((2, WAVES)) / (1 + np.arange(WAVES)) ** 1.5

    def raw(u: Array) -> Array:
        angle = np.asarray(u)[..., None] * (0.6 * (1 + np.arange(WAVES)))
        return np.asarray(0.7 * u + np.sin(angle) @ amplitude[0] + np.cos(angle) @ amplitude[1])

    g = raw(x @ matrix @ x.transpose(0, 2, 1))
    scale = 1 / float(g[:, apart].std())
    mean = np.where(apart, scale * g, 0.0).sum(axis=2) / (kind.count - 1)
    return Sample(x, mean + kind.sigma * _errors(kind, x, rng), matrix, lambda u: scale * raw(u))


def _tokens(kind: Kind, rng: np.random.Generator) -> Array:
    shape = (kind.samples, kind.count, kind.d)
    if kind.law == "uniform":
        return np.asarray(np.sqrt(12) * (rng.random(shape) - 0.5))
    x = rng.standard_normal(shape)
    if kind.law == "anisotropic":
        axes = np.linalg.qr(rng.standard_normal((kind.d, kind.d)))[0]
        return np.asarray((x * np.geomspace(1, 0.1, kind.d)) @ axes)
    if kind.law == "dependent":
        return np.asarray((x + rng.standard_normal((kind.samples, 1, kind.d))) / np.sqrt(2))
    return x


def _errors(kind: Kind, x: Array, rng: np.random.Generator) -> Array:
    own = rng.standard_normal(x.shape[:2])
    if kind.errors == "gaussian":
        return own
    both = (rng.standard_normal((len(x), 1)) + own) / np.sqrt(2)
    return np.asarray(both * np.sqrt(0.5 + 0.5 * x[..., 0] ** 2))


def covered(sample: Sample, numbers: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """What the bands and the region of a fit (``fit_own_data.fit``) hold of the truth."""
    x, y = sample.x, sample.y
    fitted, found, rank = numbers["fitted"], numbers["found"], numbers["rank"]
    curve = confidence_band.curve(x, y, fitted.matrix, rank, fitted.spline, rng, found.smoothing)
    back = np.linalg.pinv(whitener(x))
    here, there = (back @ matrix @ back.T for matrix in (fitted.matrix, sample.matrix))
    factor = float(np.copysign(np.linalg.norm(here) / np.linalg.norm(there), np.sum(here * there)))
    u = np.quantile(confidence_band.arguments(x, fitted.matrix), QUANTILES)
    truth = sample.phi(curve.grid / factor)
    inside = (curve.low <= truth) & (truth <= curve.high)
    middle = (curve.grid >= u[0]) & (curve.grid <= u[-1])
    at = [int(np.argmin(np.abs(curve.grid - point))) for point in u]
    out: dict[str, Any] = {"rank": rank, "converged": bool(found.converged), "freedom": round(found.freedom, 2)}
    out |= {"pointwise": inside[at].astype(int).tolist(), "share": round(float(inside[middle].mean()), 4)}
    out["pointwise_everywhere"] = bool(inside[middle].all())
    both = curve.simultaneous()
    if both is not None:
        inside = (both[0] <= truth) & (truth <= both[1])
        out |= {"simultaneous": bool(inside[middle].all()), "simultaneous_grid": bool(inside.all())}
        out["critical"] = round(float(curve.critical or 0.0), 3)
    parameters = curve.covariance.tangents.shape[0]
    if parameters and rank == np.linalg.matrix_rank(sample.matrix):
        errors = confidence_region.errors(curve.covariance).entries
        gap = np.abs(factor * sample.matrix - fitted.matrix)
        out["entries"] = round(float(np.mean(gap <= 1.96 * errors)), 4)
        out["region"] = bool(
            confidence_region.wald(curve.covariance, sample.matrix) <= confidence_region.bound(curve.covariance)
        )
    return out


def one(kind: str, seed: int, rule: str) -> dict[str, Any]:
    """A data set of a kind and the fit of the command line, without its file."""
    rng = generator(seed, "calibrate_bands", kind)
    sample = draw(KINDS[kind], rng)
    samples, count, d = sample.x.shape
    data = {"path": "-", "sha256": "0" * 64, "samples": samples, "tokens": count, "d": d}
    model = {"name": "ips_erm", "k_rule": rule}
    trial = OwnTrial.model_validate({"data": data, "n": samples, "seed": seed, "model": model})
    choice, (found, fitted), _ = fit_own_data.fit(trial, sample.x, sample.y)
    numbers = {"found": found, "fitted": fitted, "rank": choice.rank}
    return {"kind": kind, "seed": seed, "rule": rule} | covered(sample, numbers, rng)


def table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Per kind and rule: data sets, and shares of them (or of quantiles, or of entries) that hold the truth."""
    out = []
    for (kind, rule), part in pd.DataFrame(rows).groupby(["kind", "rule"], sort=False):
        at = np.array(part["pointwise"].tolist())
        row = {"kind": kind, "rule": rule, "sets": len(part), "pointwise": at.mean()}
        row |= {f"at_{q:g}": share for q, share in zip(QUANTILES, at.mean(axis=0), strict=True)}
        for name in (
            "pointwise_everywhere",
            "simultaneous",
            "simultaneous_grid",
            "region",
            "entries",
            "critical",
            "freedom",
        ):
            values = part[name].dropna().astype(float) if name in part else pd.Series(dtype=float)
            row[name] = values.mean() if len(values) else np.nan
        out.append(row | {"converged": part["converged"].mean()})
    return pd.DataFrame(out).round(3)


def main() -> None:
    """Compute what is missing, write and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--sets", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--rule", default="reml", choices=["reml", "cp", "rule"])
    parser.add_argument("--out", type=Path, default=Path("outputs/fit-bands"))
    parser.add_argument("--table", action="store_true", help="no new data sets")
    options = parser.parse_args()
    path: Path = options.out / "sets.jsonl"
    rows = kept_rows.read(path)
    done = {(row["kind"], row["seed"], row["rule"]) for row in rows}
    if not options.table:
        options.out.mkdir(parents=True, exist_ok=True)
        cut_short = path.exists() and bool(path.read_text()) and not path.read_text().endswith("\n")
        with path.open("a") as file:
            file.write("\n" if cut_short else "")
            for seed in range(options.first, options.first + options.sets):
                for kind in options.kinds:
                    if (kind, seed, options.rule) not in done:
                        rows.append(one(kind, seed, options.rule))
                        file.write(json.dumps(rows[-1]) + "\n")
                        file.flush()
    if not rows:
        raise SystemExit(f"{path} holds nothing yet; run without --table")
    kept_rows.show(table(rows), options.out / "table.csv")


if __name__ == "__main__":
    main()
