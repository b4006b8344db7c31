"""Whether smoothing by REML costs anything against the best fixed number of knot intervals, cell by cell.

    python scripts/compare_smoothing.py [--samples 2000] [--seeds 20] [--first 0] [--dims 1 5 30] [--ranks 1 2 5]
                                        [--rules reml rule 3 6 10 14 20] [--out FOLDER] [--table]

The cells are those of success_table.py. Every rule fits the same data sets: penalised with lambda by REML, K by the
paper's rule, or a given K. A fit succeeds if its error on fresh pairs is at most a tenth above that of the same rule
started at the truth, beyond three standard errors of the paired difference. The best fixed K of a cell is that of the
least mean log error over its seeds, chosen in hindsight on the same seeds, which favours it; ``best_ratio`` is the
geometric mean of REML's error over it, seed by seed, with its standard error, and ``other_ratio`` that over the best K
that is not the truth's own.

One line of smoothing.jsonl per fit; what is there is not computed again, so that the script can be stopped and
continued. --table prints what there is; smoothing.csv has a row per cell.
"""

import argparse
import itertools
import json
import os
from pathlib import Path
from typing import Any

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

import numpy as np
import numpy.typing as npt
import pandas as pd

import kept_rows
from mtam.base.streams import generator
from mtam.interaction.estimators import erm
from mtam.interaction.estimators.estimators import spline_space
from mtam.interaction.interaction_spec import InteractionTrial
from mtam.interaction.model.splines import Spline
from mtam.interaction.search.multistart import STEPS, hessian_sample
from mtam.interaction.simulate.tokens import TokenStream
from mtam.interaction.simulate.truth import SCALE, Truth, draw_truth, simulate
from mtam.interaction.solver.levenberg_marquardt import refine, start
from mtam.interaction.solver.varpro import Profile

Array = npt.NDArray[np.float64]

ACTIVATIONS = ("bspline", "odd", "even")
CELL = ["samples", "d", "rank", "activation"]
PAIRS = 2**16  # fresh pairs for the errors
KNOTS = 6  # intervals of bspline, odd and even truths


def trial_of(cell: tuple[int, int, int, str], seed: int, rule: str) -> InteractionTrial:
    """The trial of a cell (M, d, r, phi*) under a rule: reml, rule, or a number of intervals."""
    samples, d, rank, activation = cell
    model = {"intervals": int(rule)} if rule.isdigit() else {"k_rule": rule}
    tree = {"data": {"d": d, "rank": rank, "activation": activation}, "model": {"name": "ips_erm", **model}}
    return InteractionTrial.model_validate({**tree, "n": samples, "seed": seed})


def one(trial: InteractionTrial) -> dict[str, Any]:
    """A fit and the fit of the same rule that is started at the truth, on the same fresh pairs."""
    truth, penalised, rank = draw_truth(trial.data, trial.seed), trial.k_rule() == "reml", trial.data.rank
    x, y = simulate(trial.data, truth, trial.n, trial.seed)
    space = spline_space(trial)
    options = erm.ErmOptions(penalised=penalised)
    fit = erm.fit(x, y, rank, space, generator(trial.seed, "interaction", "starts"), options)
    profile = erm.prepare(x, y, rank, space, np.random.default_rng(trial.seed))
    matrix, phi = _from_the_truth(profile, truth, penalised)
    pairs = TokenStream(truth.law, trial.seed, "evaluation").take(PAIRS, 2)
    a, b = np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])
    true = truth.phi(truth.arguments(a, b))
    squares = (fit.g(a, b) - true) ** 2, (phi(np.einsum("nd,nd->n", a @ matrix, b)) - true) ** 2
    error, reference = (float(each.mean()) for each in squares)
    doubt = float((squares[0] - squares[1]).std()) / PAIRS**0.5
    return {
        "error": error, "reference_error": reference, "success": bool(error - 1.1 * reference <= 3 * doubt),
        "freedom": round(fit.freedom, 2), "starts": fit.starts, "converged": fit.converged,
        "seconds": round(fit.seconds, 3),
    }  # fmt: skip


def _from_the_truth(profile: Profile, truth: Truth, penalised: bool) -> tuple[Array, Spline]:
    back = np.linalg.inv(profile.white)
    point = start(profile, back @ truth.left, back @ truth.right, SCALE)
    if penalised:
        profile, fit, _ = profile.smoothed(point.fit, point.u, point.v)
        point = type(point)(point.u, point.v, fit)
    if len(point.u) > 1:
        point = refine(profile, hessian_sample(profile, point.u.shape[1]), point, STEPS)
    return (profile.white @ point.u) @ (profile.white @ point.v).T, profile.spline(point.fit)


def table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """One row per cell: REML beside the best fixed K of the cell, and successes and mean errors of every rule.

    A spline truth lies in the splines on its own ``KNOTS`` intervals, without bias and with the fewest parameters: the
    best other K stands beside the best.
    """
    frame = pd.DataFrame(rows)
    out = []
    for cell, part in frame.groupby(CELL, sort=True):
        errors = {str(rule): own.set_index("seed")["error"] for rule, own in part.groupby("rule")}
        wide = pd.DataFrame(errors).dropna()  # seeds that every rule has
        fixed = sorted((rule for rule in errors if rule.isdigit()), key=int)
        row: dict[str, Any] = {**dict(zip(CELL, cell, strict=True)), "seeds": len(wide)}
        for name, among in (("best", fixed), ("other", [rule for rule in fixed if int(rule) != KNOTS])):
            row |= _against(wide, among, name)
        for rule in [name for name in ("reml", "rule") if name in errors] + fixed:
            own = part[(part["rule"] == rule) & part["seed"].isin(wide.index)]
            name = f"k{rule}" if rule in fixed else rule
            row |= {f"{name}_success": int(own["success"].sum()), f"{name}_error": float(wide[rule].mean())}
            row[f"{name}_se"] = float(wide[rule].std(ddof=1) / len(wide) ** 0.5) if len(wide) > 1 else None
            if rule == "reml":
                row["freedom"] = float(own["freedom"].mean())
        out.append(row)
    return pd.DataFrame(out)


def _against(wide: pd.DataFrame, fixed: list[str], name: str) -> dict[str, Any]:
    if "reml" not in wide or not fixed:
        return {}
    logs = {rule: np.log(wide[rule].to_numpy(dtype=float)) for rule in (*fixed, "reml")}
    best = min(fixed, key=lambda rule: float(logs[rule].mean()))
    gap = logs["reml"] - logs[best]
    ratio = float(np.exp(gap.mean()))
    spread = ratio * float(gap.std(ddof=1)) / len(gap) ** 0.5 if len(gap) > 1 else None
    return {f"{name}_k": int(best), f"{name}_ratio": ratio, f"{name}_ratio_se": spread}


def main() -> None:
    """Compute what is missing, write and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, nargs="+", default=[2000])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--dims", type=int, nargs="+", default=[1, 5, 30])
    parser.add_argument("--ranks", type=int, nargs="+", default=[1, 2, 5])
    parser.add_argument("--activations", nargs="+", default=list(ACTIVATIONS))
    parser.add_argument("--rules", nargs="+", default=["reml", "rule", "3", "6", "10", "14", "20"])
    parser.add_argument("--out", type=Path, default=Path("outputs/success"))
    parser.add_argument("--name", default="smoothing", help="files NAME.jsonl and NAME.csv")
    parser.add_argument("--table", action="store_true", help="no new fits")
    options = parser.parse_args()
    path: Path = options.out / f"{options.name}.jsonl"
    rows = kept_rows.read(path)
    done = {tuple(row[name] for name in (*CELL, "seed", "rule")) for row in rows}
    if not options.table:
        options.out.mkdir(parents=True, exist_ok=True)
        cut_short = bool(rows) and not path.read_text().endswith("\n")
        cells = itertools.product(options.samples, options.dims, options.ranks, options.activations)
        wanted = [cell for cell in cells if cell[2] <= cell[1]]
        with path.open("a") as file:
            file.write("\n" if cut_short else "")
            seeds = range(options.first, options.first + options.seeds)
            for seed, cell, rule in itertools.product(seeds, wanted, options.rules):
                key = (*cell, seed, rule)
                if key not in done:
                    fitted = one(trial_of(cell, seed, rule))
                    row = dict(zip((*CELL, "seed", "rule"), key, strict=True)) | fitted
                    rows.append(row)
                    file.write(json.dumps(row) + "\n")
                    file.flush()
    if not rows:
        raise SystemExit(f"{path} holds no fits yet; run without --table")
    shown = table(rows)
    shown.to_csv(options.out / f"{options.name}.csv", index=False, lineterminator="\n", float_format="%.5g")
    with pd.option_context("display.width", 250, "display.max_rows", None, "display.max_columns", None):
        print(shown.to_string(index=False, float_format=lambda value: f"{value:.3g}"))


if __name__ == "__main__":
    main()
