"""Fits with weights, groups, missing tokens, other partners: how often they hold the truth, and what is lost without.

    python scripts/calibrate_layouts.py [--kinds weights groups ...] [--sets 200] [--first 0] [--out FOLDER] [--table]

M samples of N tokens in d = 3, A of rank 1, u = x^T A y with E u^2 about 1, noise of standard deviation about .3. Rank
and smoothness come from the data. Every kind is fitted in its own way and, as a control, without what it asks for
("ignored"). Per data set: at which of seven quantiles of u (2% to 98%) the pointwise band holds phi*, whether the
simultaneous band holds it on all of [2%, 98%], the share of entries of A* within 1.96 standard errors, the error of
phi over those quantiles, noise_sd, whether the 90% interval of a response holds new ones, and the p-values. One line
of sets.jsonl per data set; what is there is not computed again. --table prints what there is.
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
from mtam.interaction.own_data.interaction_regressor import InteractionRegressor

Array = npt.NDArray[np.float64]

QUANTILES = np.array([0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98])
SAMPLES, TOKENS, D, SIGMA = 300, 5, 3, 0.3
GROUPS = 50
P_VALUES = ("no_interaction_p", "linear_p", "linear_phi_p", "next_rank_p", "structure_p")


@dataclass(frozen=True)
class Drawn:
    """A data set, its truth, and how it is to be fitted."""

    x: Array  # (M, N, d)
    y: Array  # (M, N)
    matrix: Array  # A* (d, d)
    phi: Callable[[Array], Array]
    fit: dict[str, Any]  # arguments of ``InteractionRegressor.fit``
    settings: dict[str, Any]  # of ``InteractionRegressor``


def draw(kind: str, rng: np.random.Generator) -> Drawn:
    """A data set of a kind."""
    group = np.arange(SAMPLES) % GROUPS
    x = rng.standard_normal((SAMPLES, TOKENS, D))
    a, b = (v / np.linalg.norm(v) for v in rng.standard_normal((2, D)))
    matrix, there = np.outer(a, b), np.ones((SAMPLES, TOKENS), dtype=bool)
    noise, settings, fit = SIGMA * rng.standard_normal((SAMPLES, TOKENS)), {}, {}
    if kind == "weights":
        weights = np.exp(rng.standard_normal(SAMPLES))
        noise, fit = noise / np.sqrt(weights)[:, None], {"sample_weight": weights}
    if kind.startswith("groups"):  # tokens and noise are alike within a group
        x = (x + rng.standard_normal((GROUPS, 1, D))[group]) / np.sqrt(2)
        noise = (noise + SIGMA * rng.standard_normal(GROUPS)[group][:, None] * x[..., :1].mean(axis=1)) / np.sqrt(2)
        fit = {"groups": group}
    if kind == "missing":
        there = np.arange(TOKENS) < rng.integers(2, TOKENS + 1, SAMPLES)[:, None]
        fit = {"mask": there}
    pairs = np.broadcast_to(~np.eye(TOKENS, dtype=bool), (SAMPLES, TOKENS, TOKENS))
    if kind == "causal":
        pairs, settings = np.broadcast_to(np.tri(TOKENS, k=-1, dtype=bool), pairs.shape), {"partners": "earlier"}
    if kind == "itself":
        pairs, settings = np.ones_like(pairs), {"partners": "all"}
    pairs = pairs & there[:, None, :]
    strength = 0.0 if kind == "groups, no interaction" else 1.0

    def phi(u: Array) -> Array:
        return np.asarray(strength * (np.tanh(1.5 * u) + 0.3 * u**2))

    g = phi(x @ matrix @ x.transpose(0, 2, 1))
    y = (g * pairs).sum(axis=2) / np.maximum(pairs.sum(axis=2), 1) + noise
    return Drawn(np.where(there[..., None], x, 0.0), np.where(there, y, 0.0), matrix, phi, fit, settings)


KINDS = ("weights", "groups", "groups, no interaction", "missing", "causal", "itself")


def one(kind: str, seed: int, ignored: bool) -> dict[str, Any]:
    """A data set of a kind, its fit, and what that holds of the truth."""
    rng = generator(seed, "calibrate_layouts", kind)
    sample, fresh = draw(kind, rng), draw(kind, rng)
    settings, arguments = ({}, {}) if ignored else (sample.settings, sample.fit)
    fit = InteractionRegressor(max_starts=10, random_state=seed, **settings).fit(sample.x, sample.y, **arguments)
    told, grid = fit.numbers_, np.array(fit.numbers_["phi_grid"])
    out: dict[str, Any] = {"kind": kind, "seed": seed, "ignored": ignored, "rank": fit.rank_}
    out |= {name: told.get(name) for name in P_VALUES} | {"noise": fit.noise_sd_, "converged": fit.converged_}
    if kind == "groups, no interaction":
        return out
    factor = float(np.sum(fit.A_ * sample.matrix) / np.sum(sample.matrix**2))  # A is known up to scale
    density = np.cumsum(told["u_density"])
    at = [min(int(np.searchsorted(density / density[-1], q)), len(grid) - 1) for q in QUANTILES]
    truth = sample.phi(grid / factor)
    low, high = np.array(told["band_low"]), np.array(told["band_high"])
    inside = (low <= truth) & (truth <= high)
    out |= {"pointwise": inside[at].astype(int).tolist()}
    middle = slice(at[0], at[-1] + 1)
    both = np.array(told["simultaneous_low"]), np.array(told["simultaneous_high"])
    out["simultaneous"] = bool(np.all((both[0] <= truth)[middle] & (truth <= both[1])[middle]))
    gap = np.abs(factor * sample.matrix - fit.A_)
    if fit.rank_ == 1:
        out["entries"] = float(np.mean(gap <= 1.96 * fit.A_se_))
    out["phi_error"] = float(np.mean((np.array(told["phi_hat"]) - truth)[at] ** 2))
    if kind != "weights":  # a new response has a weight of its own
        masks = {} if ignored or "mask" not in fresh.fit else {"mask": fresh.fit["mask"]}
        new = InteractionRegressor.predict_interval  # of samples that follow the same truth
        y = fresh_responses(sample, fresh)
        ends = new(fit, fresh.x, **masks)
        counted = ~np.isnan(ends[0]) & (np.ones_like(y, dtype=bool) if not masks else fresh.fit["mask"])
        out["interval"] = float(np.mean(((ends[0] <= y) & (y <= ends[1]))[counted]))
    return out


def fresh_responses(sample: Drawn, fresh: Drawn) -> Array:
    """Responses of new tokens under the truth of ``sample``: those of ``fresh`` less one interaction plus the other."""
    tokens = fresh.x.shape[1]
    pairs = (
        np.ones((tokens, tokens), dtype=bool)
        if sample.settings.get("partners") == "all"
        else ~np.eye(tokens, dtype=bool)
    )
    pairs = np.tri(tokens, k=-1, dtype=bool) if sample.settings.get("partners") == "earlier" else pairs
    there = fresh.fit.get("mask", np.ones(fresh.y.shape, dtype=bool))
    both = pairs & there[:, None, :]

    def mean(one: Drawn) -> Array:
        g = one.phi(fresh.x @ one.matrix @ fresh.x.transpose(0, 2, 1))
        return np.asarray((g * both).sum(axis=2) / np.maximum(both.sum(axis=2), 1))

    return fresh.y - mean(fresh) + mean(sample)


def table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Per kind and way of fitting: data sets, and shares or means over them."""
    out = []
    for (kind, ignored), part in pd.DataFrame(rows).groupby(["kind", "ignored"], sort=False):
        row: dict[str, Any] = {"kind": kind, "ignored": ignored, "sets": len(part)}
        if "pointwise" in part and part["pointwise"].notna().any():
            row["pointwise"] = np.array(part["pointwise"].dropna().tolist()).mean()
        row["phi_error_median"] = float(part["phi_error"].median()) if "phi_error" in part else np.nan
        for name in ("simultaneous", "entries", "interval", "noise", "converged"):
            values = part[name].dropna().astype(float) if name in part else pd.Series(dtype=float)
            row[name] = values.mean() if len(values) else np.nan
        row["rank_1"] = float((part["rank"] == 1).mean())
        for name in P_VALUES:
            values = part[name].dropna()
            row[f"{name}<.05"] = float((values < 0.05).mean()) if len(values) else np.nan
        row["structure_p<.01"] = float((part["structure_p"] < 0.01).mean())
        out.append(row)
    return pd.DataFrame(out).round(4)


def main() -> None:
    """Compute what is missing, write and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--sets", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--out", type=Path, default=Path("outputs/fit-layouts"))
    parser.add_argument("--table", action="store_true", help="no new data sets")
    options = parser.parse_args()
    path: Path = options.out / "sets.jsonl"
    rows = kept_rows.read(path)
    done = {(row["kind"], row["seed"], row["ignored"]) for row in rows}
    if not options.table:
        options.out.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            for seed in range(options.first, options.first + options.sets):
                for kind in options.kinds:
                    for ignored in (False, True):
                        if (kind, seed, ignored) not in done:
                            rows.append(one(kind, seed, ignored))
                            file.write(json.dumps(rows[-1]) + "\n")
                            file.flush()
    if not rows:
        raise SystemExit(f"{path} holds nothing yet; run without --table")
    kept_rows.show(table(rows), options.out / "table.csv")


if __name__ == "__main__":
    main()
