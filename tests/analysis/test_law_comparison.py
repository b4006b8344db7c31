"""What tables say of laws: verdicts in words, and numbers that JSON can hold."""

import json
from dataclasses import replace

import numpy as np
import pytest

from mtam.analysis.cell_results import CellResult, rates_rows, summary_of_sweep
from mtam.analysis.law_comparison import comparison, flat
from mtam.rates.compare import Comparison
from mtam.rates.curve import Curve
from mtam.rates.law_judgement import compared
from mtam.rates.laws import Floats, Law, PowerLaw, SubPolynomial
from mtam.rates.simulation.simulate_curves import CurveTruth, simulate
from mtam.report.terminal_laws import laws_report

SIZES: Floats = np.asarray(2.0 ** np.arange(6, 14), dtype=np.float64)
LAW = SubPolynomial(0.5)
CLEAR = CurveTruth(LAW, -2.0, level=0.3, noise=0.01)


def drawn(truth: CurveTruth, seeds: int = 5) -> Curve:
    return Curve(SIZES, tuple(range(seeds)), simulate(truth, SIZES, seeds, np.random.default_rng(3)), ())


def against(curve: Curve) -> list[Comparison]:
    return compared(LAW, (PowerLaw(),), curve)


@pytest.mark.parametrize(
    ("truth", "words"), [(LAW, "theory's law fits better"), (PowerLaw(), "a power law fits better")]
)
def test_a_clear_curve(truth: Law, words: str) -> None:
    curve = drawn(CurveTruth(truth, -0.8, level=0.3, noise=0.003))
    told = comparison(LAW, against(curve), curve, np.exp(-0.3 * np.log(SIZES)))
    assert told["comparison"].startswith(words)
    assert "needed" not in told
    assert told["reference_exponent_low"] <= told["reference_exponent"] <= told["reference_exponent_high"]
    assert [side["law"] for side in told["laws"]] == [str(LAW), "n^-b"]
    json.dumps(told, allow_nan=False)


def test_an_open_verdict_says_what_would_decide() -> None:
    curve = drawn(replace(CLEAR, noise=0.3), seeds=3)
    told = comparison(LAW, against(curve), curve, None)
    assert told["comparison"] == "these sizes cannot tell"
    assert told["seeds_needed"] > 3
    assert "seeds at these sizes" in told["needed"]
    json.dumps(told, allow_nan=False)
    silent = comparison(LAW, against(curve), curve, None, simulated=False)
    assert silent["comparison"] == told["comparison"]
    assert "needed" not in silent
    assert set(flat(told)) >= {"held_out", "held_out_rival_low", "n_needed", "seeds_needed"}


def test_one_seed_or_three_sizes_compare_nothing() -> None:
    single = drawn(CLEAR, seeds=1)
    one = comparison(LAW, against(single), single, None)
    assert one["comparison"].startswith("too few")
    short = Curve(SIZES[:3], (0, 1), np.ones((2, 3)), ())
    assert comparison(LAW, against(short), short, None) == {}


def test_tables_and_json_of_cells() -> None:
    results = [
        CellResult({"alpha": 1.0}, LAW, drawn(replace(CLEAR, noise=0.3), seeds=3)),
        CellResult({"alpha": 2.0}, PowerLaw(), drawn(CurveTruth(PowerLaw(), -0.8, noise=0.1)), floor=True),
        CellResult({"alpha": 3.0}, LAW, drawn(CLEAR, seeds=1)),
    ]
    assert any(
        isinstance(told, str) and told.startswith("alpha = 1.0: these sizes") for told in laws_report(results, "n")
    )
    cells = json.loads(json.dumps(summary_of_sweep(results), allow_nan=False))
    assert [one["from_n"] for one in cells[0]["sensitivity"]] == [64, 128, 256, 512, 1024, 2048]
    assert cells[0]["sensitivity"][0]["slope"] == pytest.approx(cells[0]["slope"])
    assert [one["n"] for one in cells[0]["local_slopes"]] == [128, 256, 512, 1024, 2048, 4096, 8192]
    assert cells[1]["floor_low"] <= cells[1]["floor"] <= cells[1]["floor_high"]
    assert cells[2]["sensitivity"] == []
    assert cells[2]["slope"] is None
    table = rates_rows(results)
    assert table["larger_half_slope"].notna().tolist() == [True, True, False]
