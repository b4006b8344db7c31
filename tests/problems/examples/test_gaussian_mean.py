"""The file that ``mtam new problem`` writes where nothing else is asked for: exact formulas, claims and control."""

from pathlib import Path

import numpy as np
import pytest

import mtam
from mtam.problems.examples import gaussian_mean as example
from tests.conftest import REPO

FILE = REPO / "src" / "mtam" / "problems" / "examples" / "gaussian_mean.py"


def test_the_reference_is_the_mean_error_and_lies_above_the_bayes_risk(tmp_path: Path) -> None:
    run = mtam.sweep(FILE, "model=sample_mean", "sweep.sizes=[32]", "sweep.seeds=400", "launcher=inline", out=tmp_path)
    errors = run.trials["error"]
    assert errors.mean() == pytest.approx(1.0, abs=4 * errors.std() / 20)
    (row,) = run.curves.to_dict("records")
    assert row["lower_bound"] < row["reference"] == 1.0


def test_claims_are_supported_and_controls_contradicted_on_fresh_seeds(tmp_path: Path) -> None:
    run = mtam.sweep(FILE, "sweep.first_seed=2000", "launcher=inline", out=tmp_path / "run")
    verdicts = dict(zip(run.judgements["id"], run.judgements["verdict"], strict=True))
    assert verdicts["gaussian-mean-rate"] == "supported"
    assert verdicts["gaussian-mean-control"] == "contradicted"
    half = run.curves[run.curves["model"] == "first_half"]["error"].to_numpy()
    whole = run.curves[run.curves["model"] == "sample_mean"]["error"].to_numpy()
    assert np.exp(np.log(half / whole).mean()) == pytest.approx(2.0, rel=0.25)
    assert example.PROBLEM.law == {"name": "power_law", "exponent": 1.0}
