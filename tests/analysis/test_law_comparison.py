"""What tables say of laws: verdicts in words, and numbers that JSON can hold."""

import json
from dataclasses import replace

import numpy as np
import pytest

from mtam.analysis.cell_results import CellResult, rates_rows, summary_of_sweep
from mtam.analysis.law_comparison import compared, comparison, flat, judgement, verdict
from mtam.rates.compare import FIRST, NEITHER, OPEN, SECOND, Comparison
from mtam.rates.curve import Curve
from mtam.rates.fitting.gamma import at_border
from mtam.rates.laws import Floats, Law, LogPower, PowerLaw, SubPolynomial
from mtam.rates.simulation.simulate_curves import CurveTruth, simulate
from mtam.rates.verdict import Verdict
from mtam.report.terminal_laws import laws_report

SIZES: Floats = np.asarray(2.0 ** np.arange(6, 14), dtype=np.float64)
LAW = SubPolynomial(0.5)
CLEAR = CurveTruth(LAW, -2.0, level=0.3, noise=0.01)


def drawn(truth: CurveTruth, seeds: int = 5) -> Curve:
    return Curve(SIZES, tuple(range(seeds)), simulate(truth, SIZES, seeds, np.random.default_rng(3)), ())


def between(answer: int | None) -> Comparison:
    return Comparison(LAW, PowerLaw(), None, None, None, answer)


def against(curve: Curve) -> list[Comparison]:
    return compared(LAW, (PowerLaw(),), curve)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (FIRST, "theory's law fits better"),
        (SECOND, "a power law fits better"),
        (OPEN, "these sizes cannot tell"),
        (NEITHER, "neither law fits"),
        (None, "too few sizes or seeds to compare laws"),
    ],
)
def test_verdicts_against_a_power_law(answer: int | None, words: str) -> None:
    assert verdict([between(answer)]) == words


def test_a_verdict_against_several_rivals_names_them() -> None:
    other = replace(between(OPEN), rival=LogPower())
    told = verdict([between(FIRST), other])
    assert told == (
        "exp(-C (ln n)^0.5) fits better than n^-b; these sizes cannot tell exp(-C (ln n)^0.5) from (ln n)^-b"
    )


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


@pytest.mark.parametrize("answer", [FIRST, SECOND, OPEN, NEITHER])
def test_a_judgement_follows_the_answer_and_not_its_words(answer: int) -> None:
    curve = drawn(CLEAR)
    told = judgement([between(answer)], curve)
    assert told is not None
    wanted = {FIRST: Verdict.SUPPORTED, SECOND: Verdict.CONTRADICTED}
    assert told.verdict == wanted.get(answer, Verdict.UNDECIDED)
    assert told.interval is not None
    assert judgement([between(None)], curve) is None
    assert judgement([], curve) is None


@pytest.mark.parametrize("gamma", [1 / 3, 1 / 2, 2 / 3])
def test_a_planted_power_law_is_contradicted_and_one_with_a_floor_is_never_supported(gamma: float) -> None:
    """The negative controls of the claims on theory's law, with the scatter that average Bayes risks have."""
    law = SubPolynomial(gamma)
    bare = drawn(CurveTruth(PowerLaw(), -0.6, level=0.1, noise=0.01))
    told = judgement(compared(law, (PowerLaw(),), bare), bare)
    assert told is not None
    assert told.verdict == Verdict.CONTRADICTED
    for floor in (0.002, 0.01, 0.05):
        noise = np.random.default_rng(4).standard_normal((5, len(SIZES)))
        points = Curve(SIZES, tuple(range(5)), (SIZES**-0.6 + floor) * np.exp(0.01 * noise), ())
        told = judgement(compared(law, (PowerLaw(),), points), points)
        assert told is not None
        assert told.verdict in (Verdict.UNDECIDED, Verdict.CONTRADICTED), told.reason


def test_a_gamma_at_the_border_is_told_and_undoes_no_decided_preference() -> None:
    """Draws of theory's own law with scatter enough that some curves bend more than every law that is searched."""
    law, decided = SubPolynomial(1 / 3), []
    for seed in range(60):
        noise = 0.15 * np.random.default_rng(seed).standard_normal((8, len(SIZES)))
        points = Curve(SIZES, tuple(range(8)), np.exp(-2.5 * np.log(SIZES) ** (1 / 3) + noise), ())
        told = judgement(compared(law, (PowerLaw(),), points), points)
        assert told is not None
        if told.interval is not None and at_border(told.interval.value) and told.verdict != Verdict.CONTRADICTED:
            assert "no estimate" in told.reason
            decided.append(told.verdict)
    assert decided.count(Verdict.SUPPORTED) >= 2
