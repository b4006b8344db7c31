"""Every claim recomputed by code that shares nothing with what judged it: both have to agree, on any rows."""

import ast
import csv
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from mtam import config
from mtam.analysis.run import Run
from mtam.base.spec import Trial
from mtam.claims import looks, recompute
from mtam.claims.claim import Claim, ClusteredShare, Ordering, Ratio, load
from mtam.claims.evidence import Gathered
from mtam.claims.judge_claims import COLUMNS, judge
from mtam.sweep.planning import Plan
from tests.conftest import TINY, Mtam

REPO = Path(__file__).parents[2]
REFERENCE, CONF = REPO / "outputs" / "reference", REPO / "conf" / "claims"
DECLARED = {claim["id"]: claim for claim in recompute.declared(CONF)}
SWEPT = [claim for claim in load() if claim.judge.way not in ("found", "all_of")]


def of_reference() -> list[dict[str, Any]]:
    return recompute.recompute(
        REFERENCE / "claims" / "claims.csv", list(DECLARED.values()), recompute.beside(REFERENCE)
    )


def test_every_claim_of_the_reference_is_recomputed_and_agrees() -> None:
    lines = of_reference()
    assert len(lines) == len(load())
    assert [line for line in lines if line["agrees"] is not True] == []


def test_it_is_a_script_that_needs_nothing_of_this_package() -> None:
    script = Path(recompute.__file__)
    tree = ast.parse(script.read_text(encoding="utf-8"))
    names = [a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names]
    names += [n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
    assert {name.partition(".")[0] for name in names} <= {"numpy", "yaml", "scipy", *sys.stdlib_module_names}
    command = [sys.executable, "-I", str(script), str(REFERENCE), str(CONF)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"{len(load())} of {len(load())} claims agree\n"), done.stderr


def altered(root: Path, path: str, column: str, chosen: dict[str, str]) -> Path:
    """A copy of the tables with one number changed by a hundredth."""
    shutil.copytree(REFERENCE, root, ignore=shutil.ignore_patterns("*.png", "*.jsonl"))
    with (root / path).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    (row,) = (row for row in rows if all(row[key] == value for key, value in chosen.items()))
    row[column] = str(float(row[column]) * 1.01)
    with (root / path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return root


@pytest.mark.parametrize(
    ("path", "column", "chosen", "seen"),
    [
        (
            "d/curve.csv", "error", {"data.d": "1", "n": "8000", "seed": "3"},
            {"rate-d1", "parallel-lines"},
        ),
        ("length/curve.csv", "error", {"data.length": "65536", "seed": "21"}, {"length-free"}),
        ("claims/claims.csv", "value", {"id": "fano-tokens"}, {"fano-tokens"}),
        ("claims/claims.csv", "low", {"id": "rate-d1"}, {"rate-d1"}),
    ],
)  # fmt: skip
def test_a_number_that_was_tampered_with_is_seen(
    path: str, column: str, chosen: dict[str, str], seen: set[str], tmp_path: Path, mtam: Mtam
) -> None:
    told = mtam("claims", str(altered(tmp_path / "tables", path, column, chosen)), "--verify")
    assert told.code == 1
    assert seen == {line.partition(":")[0] for line in told.out.splitlines() if ", but recomputed " in line}


def test_recorded_tables_and_runs_are_verified_by_the_command(mtam: Mtam, here: Path) -> None:
    told = mtam("claims", str(REFERENCE), "--verify")
    every, kept = len(load()), sum(claim.judge.way == "found" for claim in load())
    assert (told.code, told.out.strip()) == (
        0, f"recomputed: {every} of {every} claims agree, {every - kept} from the rows of sweeps, "
        f"{kept} as their checks kept them",
    )  # fmt: skip
    assert mtam("sweep", "alpha", *TINY, "--launcher", "inline", "--out", "run", "-q").code == 0
    told = mtam("claims", "run", "--verify", "--json")
    assert told.code == 0
    assert {line["agrees"] for line in json.loads(told.out)["recomputed"]} == {True, None}
    table = here / "run" / "claims.csv"
    again = recompute.recompute(table, [DECLARED["recall-attention-mass"]], {"alpha": here / "run"})
    assert [line["by"] for line in again] == ["rows"]


def made_up(claim: Claim, plan: Plan, rng: np.random.Generator) -> Run:
    """Records around the borders of a claim's verdicts, with seeds that fail and columns that are lacking."""
    way = claim.judge
    columns = sorted({name for key in ("column", "to", "of", "forecast") if (name := getattr(way, key, None))})
    steep = getattr(way, "expected", None) or -0.6
    noise, lost = float(rng.choice([0.005, 0.03, 0.15, 0.6])), float(rng.choice([0.0, 0.0, 0.02]))
    records: dict[str, Any] = {}
    for cell, keys in zip(plan.cells, plan.keys, strict=True):
        tilt = {name: rng.normal() * float(rng.choice([0.01, 0.05, 0.2])) for name in columns}
        levels: dict[Any, float] = {}
        for key, trial in zip(keys, cell.trials, strict=True):
            numbers = {name: _number(claim, cell.axis, trial, rng, steep + tilt[name], noise) for name in columns}
            for name in columns:
                level = levels.setdefault((trial.seed, name), 0.3 * rng.normal())
                numbers[name] *= float(np.exp(level if way.way != "level" else 0.1 * noise * level))
            if isinstance(way, ClusteredShare):  # near the border, or at an end, where scatter says nothing
                chance = float(rng.choice([1.0, way.low])) if trial.seed % 5 else 1.0
                numbers = {way.column: rng.binomial(5, chance) / 5, way.of: 5.0}
            if rng.random() < lost:
                numbers.pop(columns[0])
            whole = dict(numbers)  # of a list that a claim reduces, its largest is recorded as well
            whole |= {name.removesuffix(":max"): [x, x - 1] for name, x in numbers.items() if ":" in name}
            records[key] = {"failure": "made up"} if rng.random() < lost else {"numbers": whole}
    return Run(plan, records)


def _number(
    claim: Claim, axis: dict[str, Any], trial: Trial, rng: np.random.Generator, slope: float, noise: float
) -> float:  # fmt: skip
    way = claim.judge
    if way.way == "level":
        low, high = (edge if np.isfinite(edge) else instead for edge, instead in ((way.low, 0.0), (way.high, 1.0)))
        return float(rng.choice([low, high, low + 0.02, high - 0.02]) + 0.1 * noise * rng.normal())
    if way.way == "exponent":
        return float(trial.n**slope * (1 + 3 * noise * rng.normal()))
    error = float(np.exp(slope * np.log(trial.n / 1000) + noise * rng.normal()))
    if way.way == "law":
        gamma, floor = (0.3, 0.5, 0.9, 1.0)[trial.seed % 1], float(rng.choice([0.0, 0.003]))
        return float(np.exp(-1.2 * np.log(trial.n) ** gamma + noise * rng.normal())) + floor
    if isinstance(way, Ordering):
        return error * float(np.exp(-2 * axis["data.alpha"]))
    if isinstance(way, Ratio) and all(axis.get(key) == value for key, value in claim.at.items()):
        return error * float(rng.choice([max(way.low, 0.5), min(way.high, 3.0)]))
    return error * float(rng.choice([1.0, getattr(way, "below", 1.0)]))


@pytest.mark.parametrize("claim", SWEPT, ids=lambda claim: claim.id)
def test_both_agree_on_made_up_rows(claim: Claim, tmp_path: Path) -> None:
    rng = np.random.default_rng([2024, SWEPT.index(claim)])
    for seeds, look in ((int(rng.choice([1, 2, 3])), None), (int(rng.choice([5, 6, 9])), int(rng.choice([1, 2, 4])))):
        plan = config.plan_sweep(claim.sweep or "", [f"sweep.seeds={seeds}"])
        run = replace(made_up(claim, plan, rng), look=look)
        if look is not None:
            looks.write(tmp_path, look)
        run.rows.to_csv(tmp_path / "curve.csv", index=False)
        (tmp_path / "config.yaml").write_text(yaml.safe_dump(plan.config), encoding="utf-8")
        row = judge(claim, Gathered((run,), {})).row
        pd.DataFrame([row], columns=list(COLUMNS)).to_csv(tmp_path / "told.csv", index=False)
        (line,) = recompute.recompute(tmp_path / "told.csv", [DECLARED[claim.id]], {claim.sweep or "": tmp_path})
        without = row["value"] is None and row["verdict"].startswith("undecided")
        assert line["agrees"] or (without and line["agrees"] is None), line
