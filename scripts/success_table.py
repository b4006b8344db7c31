"""How often the search finds the best basin: fits beside fits started at the truth, over dimensions, ranks, parities.

    python scripts/success_table.py [--samples 2000 20000] [--seeds 20] [--out FOLDER] [--table]
    python scripts/success_table.py --samples 20000 --seeds 10 --dims 30 --ranks 2 5 \
        --token-law gaussian anisotropic --condition 100 --name anisotropic

A fit succeeds if it is as good as the fit started at the truth: its loss at most 1 + 0.02 p chi^2 units higher (p
parameters of A), and its error on fresh pairs at most a tenth higher, beyond three standard errors of the paired
difference. Beside it one descent from a single random start is kept, which often ends in a wrong basin, to measure how
often the check of residuals raises an alarm there, and how often where nothing is wrong.

One line of fits.jsonl per fit; what is there is not computed again, so that the script can be stopped and continued.
--table prints what there is. table.csv has a row per cell; --name gives both files another name.
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

from mtam.base.streams import generator
from mtam.interaction.estimators import erm
from mtam.interaction.estimators.estimators import spline_space
from mtam.interaction.interaction_spec import Activation, InteractionData, InteractionTrial, TokenLaw
from mtam.interaction.interaction_variants import TOKEN_LAWS
from mtam.interaction.search.lack_of_fit import ALARM, lack_of_fit
from mtam.interaction.search.multistart import STEPS, hessian_sample
from mtam.interaction.simulate.tokens import TokenStream
from mtam.interaction.simulate.truth import SCALE, draw_truth, simulate
from mtam.interaction.solver.levenberg_marquardt import Point, refine, start
from mtam.interaction.solver.varpro import Profile

Array = npt.NDArray[np.float64]

ACTIVATIONS: tuple[Activation, ...] = ("bspline", "odd", "even")
DIMENSIONS, RANKS = (1, 5, 30), (1, 2, 5, None)  # None: r = d
KEY = ["samples", "token_law", "condition", "d", "rank", "activation"]
PAIRS = 2**16  # fresh pairs for the errors
CHANCE_SEEDS = 8  # seeds with a descent from a random start
WRONG = 10.0  # times the allowed gap in loss: certainly another basin


def problems(dims: list[int], ranks: list[int] | None, laws: list[TokenLaw], condition: float) -> list[InteractionData]:
    """Every cell but for its sample size; without ``ranks`` those of RANKS."""
    found = []
    for d in dims:
        wanted = [d if rank is None else rank for rank in (ranks or RANKS)]
        kept = sorted({rank for rank in wanted if rank <= d})
        for law, rank, name in itertools.product(laws, kept, ACTIVATIONS):
            found.append(InteractionData(d=d, rank=rank, activation=name, token_law=law, condition=condition))
    return found


def key(samples: int, data: InteractionData, seed: int) -> tuple[Any, ...]:
    """What a fit is known by; a law that has no condition number to choose has 1."""
    condition = data.condition if data.token_law == "anisotropic" else 1.0
    return samples, data.token_law, condition, data.d, data.rank, data.activation, seed


def one(samples: int, data: InteractionData, seed: int) -> dict[str, Any]:
    """One fit, its reference and one descent from a random start."""
    trial, d, rank = InteractionTrial(data=data, n=samples, seed=seed), data.d, data.rank
    truth, space = draw_truth(trial.data, seed), spline_space(trial)
    x, y = simulate(trial.data, truth, samples, seed)
    fit = erm.fit(x, y, rank, space, generator(seed, "interaction", "starts"))
    profile = erm.prepare(x, y, rank, space, np.random.default_rng(seed))
    back = np.linalg.inv(profile.white)
    reference = _descend(profile, back @ truth.left, back @ truth.right)
    unit = reference.fit.loss / y.size
    left, right = profile.white @ reference.u, profile.white @ reference.v
    phi = profile.spline(reference.fit)
    pairs = TokenStream(truth.law, seed, "evaluation").take(PAIRS, 2)
    a, b = np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])
    true = truth.phi(truth.arguments(a, b))
    squares = (fit.g(a, b) - true) ** 2, (phi(np.einsum("nr,nr->n", a @ left, b @ right)) - true) ** 2
    error, reference_error = (float(each.mean()) for each in squares)
    doubt = float((squares[0] - squares[1]).std()) / PAIRS**0.5
    c = reference.fit.coefficients
    gap = (fit.loss - (reference.fit.loss - profile.ridge * float(c @ c))) / unit  # both without the ridge
    allowed = 1 + 0.02 * trial.parameters()
    worse = error - 1.1 * reference_error > 3 * doubt
    row = {
        **dict(zip((*KEY, "seed"), key(samples, data, seed), strict=True)),
        "success": bool(gap <= allowed and not worse), "gap": gap, "allowed": allowed,
        "error": error, "reference_error": reference_error,
        "converged": fit.converged, "starts": fit.starts, "agreeing": fit.agreeing,
        "lack_of_fit": fit.lack_of_fit, "seconds": fit.seconds,
        "reference_lack_of_fit": lack_of_fit(profile, reference),
    }  # fmt: skip
    if seed < CHANCE_SEEDS and d > 1:
        chance = _descend(profile, *np.random.default_rng([seed, 1]).standard_normal((2, d, rank)))
        row["chance_gap"] = (chance.fit.loss - reference.fit.loss) / unit
        row["chance_lack_of_fit"] = lack_of_fit(profile, chance)
    return row


def _descend(profile: Profile, u: Array, v: Array) -> Point:
    point = start(profile, u, v, SCALE)
    return point if len(u) == 1 else refine(profile, hessian_sample(profile, u.shape[1]), point, STEPS)


def read(path: Path) -> list[dict[str, Any]]:
    """The fits so far; a line cut short by an interruption does not count."""
    rows = []
    for line in path.read_text().splitlines() if path.exists() else []:
        try:
            rows.append({"token_law": "cube", "condition": 1.0} | json.loads(line))
        except json.JSONDecodeError:
            continue
    return rows


def table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """One row per cell: successes, what ``converged`` says of them, seconds."""
    frame = pd.DataFrame(rows)
    frame["right"] = frame["success"] & frame["converged"]
    frame["unsure"] = frame["success"] & ~frame["converged"]  # good fits that do not say so
    frame["false_claim"] = ~frame["success"] & frame["converged"]  # bad fits that say they are good
    groups = frame.groupby(KEY, sort=True)
    out = groups.agg(fits=("success", "size"), success=("success", "sum"), converged=("converged", "sum"))
    out[["unsure", "false_claim"]] = groups[["unsure", "false_claim"]].sum()
    out["seconds_median"] = groups["seconds"].median().round(2)
    out["seconds_max"] = groups["seconds"].max().round(2)
    out["starts_max"] = groups["starts"].max()
    out["failed_seeds"] = groups[["seed", "success"]].apply(
        lambda part: " ".join(str(seed) for seed in sorted(part["seed"][~part["success"].astype(bool)]))
    )
    return out.reset_index()


def alarms(rows: list[dict[str, Any]]) -> str:
    """How often the check of residuals speaks where it should and where it should not."""
    frame = pd.DataFrame(rows)
    lines = []
    for samples, part in frame.groupby("samples"):
        wrong = part[part["chance_gap"] > WRONG * part["allowed"]]
        loud, silent = (wrong["chance_lack_of_fit"] >= ALARM).sum(), len(part)
        false = (part["reference_lack_of_fit"] >= ALARM).sum()
        lines.append(
            f"M = {samples}: alarm in {loud} of {len(wrong)} wrong basins, "
            f"in {false} of {silent} fits started at the truth (largest score "
            f"{part['reference_lack_of_fit'].max():.1f}, alarm from {ALARM:g})"
        )
    return "\n".join(lines)


def main() -> None:
    """Compute what is missing, write and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, nargs="+", default=[2000, 20000])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--dims", type=int, nargs="+", default=list(DIMENSIONS))
    parser.add_argument("--ranks", type=int, nargs="+", help="1, 2, 5 and d unless given")
    parser.add_argument("--token-law", nargs="+", default=["cube"], choices=[*TOKEN_LAWS], dest="laws")
    parser.add_argument("--condition", type=float, default=100.0, help="of the covariance of anisotropic tokens")
    parser.add_argument("--out", type=Path, default=Path("outputs/success"))
    parser.add_argument("--name", help="files NAME.jsonl and NAME.csv")
    parser.add_argument("--table", action="store_true", help="no new fits")
    options = parser.parse_args()
    path: Path = options.out / f"{options.name or 'fits'}.jsonl"
    wanted = problems(options.dims, options.ranks, options.laws, options.condition)
    rows = read(path)
    done = {tuple(row[name] for name in (*KEY, "seed")) for row in rows}
    if not options.table:
        options.out.mkdir(parents=True, exist_ok=True)
        cut_short = bool(rows) and not path.read_text().endswith("\n")
        with path.open("a") as file:
            file.write("\n" if cut_short else "")
            for samples, seed, data in itertools.product(options.samples, range(options.seeds), wanted):
                if key(samples, data, seed) not in done:
                    rows.append(one(samples, data, seed))
                    file.write(json.dumps(rows[-1]) + "\n")
                    file.flush()
    if not rows:
        raise SystemExit(f"{path} holds no fits yet; run without --table")
    shown = table(rows)
    shown.to_csv(options.out / f"{options.name or 'table'}.csv", index=False, lineterminator="\n")
    with pd.option_context("display.width", 200, "display.max_rows", None, "display.max_columns", None):
        print(shown.to_string(index=False))
    print(alarms(rows))


if __name__ == "__main__":
    main()
