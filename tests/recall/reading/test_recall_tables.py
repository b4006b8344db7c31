"""Tables that recall adds to a sweep: figures that are known come back, verdicts follow from the diagnostics."""

from typing import Any

import numpy as np
import pytest

from mtam.base.table import Cell, SweepAnswer, Table
from mtam.rates.intervals import Interval
from mtam.rates.verdict import Verdict
from mtam.recall.reading import bayes_and_bounds, capacity, diagnosis, linear_and_frozen, open_questions
from mtam.recall.reading.diagnosis import Learned
from mtam.recall.reading.recall_cells import crossing, recall_cells
from mtam.recall.reading.recall_tables import tables
from mtam.recall.recall_spec import RecallData, RecallModel, RecallTrial, recall_model
from mtam.report.tables.cell_text import answer_text, cell_text

SEEDS = range(4)


def _trials(n: int, *datas: RecallData, model: RecallModel | None = None) -> list[RecallTrial]:
    return [RecallTrial(n=n, seed=s, data=d, model=model or recall_model()) for d in datas for s in SEEDS]


def _numbers(**changed: Any) -> dict[str, Any]:
    return {"error": 0.1, "attention_mass": 0.99, "swap_gain": 0.98, "axes_learned": 3.0, "holdout_loss": 0.1} | changed


def test_a_crossing_is_interpolated_and_may_be_absent() -> None:
    assert crossing(np.array([0.0, 1.0, 2.0]), np.array([1.0, 0.8, 0.4]), 0.5) == pytest.approx(1.75)
    assert crossing(np.array([0.0, 1.0]), np.array([1.0, 0.8]), 0.5) is None
    assert crossing(np.array([0.0, 1.0]), np.array([0.3, 0.1]), 0.5) is None


def test_cells_are_named_by_what_varies_and_models_by_their_name_alone() -> None:
    some = [RecallTrial(model=recall_model(name="mercer", width=8)), RecallTrial(model=recall_model(name="oracle"))]
    assert [cell.label for cell in recall_cells(some, [{}, {}])] == ["model = mercer", "model = oracle"]
    assert [cell.label for cell in recall_cells(some[:1], [{}])] == ["all"]


def test_the_ratio_to_the_bayes_rule_is_that_of_the_means_with_a_jackknife_error() -> None:
    errors, bayes = np.array([0.2, 0.1, 0.4]), np.array([0.1, 0.1, 0.2])
    value, spread = bayes_and_bounds.ratio(errors, bayes)
    assert value == pytest.approx(0.7 / 0.4)
    others = np.array([0.5 / 0.3, 0.6 / 0.3, 0.3 / 0.2])
    assert spread == pytest.approx(np.sqrt(2 / 3 * ((others - others.mean()) ** 2).sum()))
    assert bayes_and_bounds.ratio(errors[:1], bayes[:1])[1] is None


def test_the_table_beside_the_bayes_rule_has_bounds_in_order() -> None:
    some = _trials(1024, RecallData(alpha=0.5), RecallData(alpha=1.0))
    (told,) = bayes_and_bounds.tables(recall_cells(some, [_numbers(bayes_error=0.05)] * len(some)))
    assert [shown(told, row)[:5] for row in told.rows] == [
        [f"alpha = {a}", "1024", "0.1", "0.05", "2.00 ± 0.00"] for a in (0.5, 1.0)
    ]
    lower, upper = told.column("tiled bumps (lower)"), told.column("reference (upper)")
    assert all(isinstance(a, float) and isinstance(b, float) and a < b for a, b in zip(lower, upper, strict=True))
    assert bayes_and_bounds.tables(recall_cells(some, [_numbers()] * len(some))) == []


@pytest.mark.parametrize(
    ("changed", "data", "learned"),
    [
        ({}, {}, Learned.RECALL),
        ({"attention_mass": 0.3}, {}, Learned.DIFFUSION),
        ({"attention_mass": 0.6}, {}, Learned.PARTIAL),
        ({"attention_mass": 0.6}, {"components": 9, "tags": "iid"}, Learned.SATURATION),
        ({"error": 1.05, "swap_gain": 0.1, "attention_mass": 0.3}, {}, Learned.PLATEAU),
        ({"error": 1.4}, {}, Learned.WORSE),
        ({"error": 0.96, "swap_gain": 0.1, "token_floor": 0.84}, {"length": 64}, Learned.SCANT),
        ({"error": 0.3, "token_floor": 0.2}, {"length": 4096}, Learned.RECALL),
    ],
)
def test_diagnoses_follow_from_the_diagnostics(changed: dict[str, Any], data: dict[str, Any], learned: Learned) -> None:
    some = _trials(64, RecallData(**data))
    (told,) = diagnosis.tables(recall_cells(some, [_numbers(**changed)] * len(some)))
    assert told.column("diagnosis") == [learned]


def shown(table: Table, row: list[Cell]) -> list[str]:
    return [cell_text(cell, table.formats.get(heading, "")) for heading, cell in zip(table.headings, row, strict=True)]


def _answer(some: list[RecallTrial], numbers: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Question, answer, and the figure with its name and place, as a sentence has them."""
    found = open_questions.questions(recall_cells(some, numbers))
    return [
        (
            one.question,
            one.answer,
            answer_text(SweepAnswer(key="k", sentence=one.measured, figures={"figure": one.figure})),
        )
        for one in found
    ]


def test_the_ratio_of_bases_is_found() -> None:
    some = _trials(64, RecallData(), RecallData(basis="haar"))
    jitter = [1.0, 1.1, 0.9, 1.05] * 2
    numbers = [_numbers(error=(0.2 if t.data.basis == "haar" else 0.1) * f) for t, f in zip(some, jitter, strict=True)]
    ((_, words, figure),) = _answer(some, numbers)
    assert "larger than" in words
    assert figure.startswith("risk haar / cosine 2 [2, 2]")


def test_the_exponent_of_a_polynomial_spectrum_is_found() -> None:
    some = [
        t
        for n in (64, 256, 1024)
        for t in _trials(n, *(RecallData(spectrum="polynomial", alpha=a) for a in (1.0, 2.0)))
    ]
    numbers = [_numbers(error=np.log(t.n) ** -(2 * t.data.alpha - 1) * np.exp(1e-3 * t.seed)) for t in some]
    rows = _answer(some, numbers)
    assert [row[2].split()[4] for row in rows] == ["1", "3"]
    numbers = [_numbers(error=np.log(t.n) ** -(2 * t.data.alpha + 3 + 1e-3 * t.seed)) for t in some]
    assert all("above" in row[1] for row in _answer(some, numbers))


def test_the_critical_product_is_found_and_its_absence_told() -> None:
    some = _trials(64, *(RecallData(tags="equicorrelated", correlation=rho) for rho in (0.0, 0.5, 0.9)))
    numbers = [
        _numbers(attention_mass={0.0: 0.9, 0.5: 0.7, 0.9: 0.3}[t.data.correlation] + 1e-3 * t.seed) for t in some
    ]
    (mass, risk) = _answer(some, numbers)
    assert mass[2].startswith("rho 0.777")  # about half way from .5 to .9 on the scale ln(1 - rho)
    assert risk[2] == "in 4 seeds rho > 0.9"
    numbers = [_numbers(error={0.0: 0.1, 0.5: 0.2001, 0.9: 0.4}[t.data.correlation]) for t in some]
    (mass, risk) = _answer(some, numbers)
    assert mass[2] == "in 4 seeds rho > 0.9"
    assert risk[2].startswith("rho 0.4")


def test_the_slope_in_the_length_leaves_out_what_is_no_better_than_a_constant() -> None:
    lengths = (16, 64, 256, 1024)
    some = _trials(64, *(RecallData(length=length) for length in lengths))
    numbers = [_numbers(error=min(1.5, 32 / (t.data.length or 1)) * np.exp(1e-3 * t.seed)) for t in some]
    slope, half = _answer(some, numbers)
    assert "from L = 64 to 1024" in slope[1]
    assert slope[2].startswith("d ln risk / d ln L -1 [")
    assert half[2].startswith("L ")


def test_borders_are_read_off_the_plane() -> None:
    plane = [RecallData(tags="iid", components=i, tag_dim=d) for i in (2, 4, 8) for d in (2, 4)]
    some = _trials(64, *plane)
    numbers = [_numbers(attention_mass=1 - 0.1 * np.log2(t.data.components / t.data.tag_dim * 2)) for t in some]
    (told,) = capacity.tables(recall_cells(some, numbers))
    assert [row[:3] for row in told.rows] == [[2, 3, 4], [4, 5, 8]]
    assert [shown(told, row)[5:7] for row in told.rows] == [["> 8.0", "> 8.0"]] * 2  # without noise nothing is lost
    drawn = [shown(told, row)[3:5] for row in told.rows]
    assert drawn == [["<= 2.0", "4.0"], ["2.8", "> 8.0"]]  # masses 1 - log2(2 I / d1) / 10
    assert capacity.tables(recall_cells(some[:8], numbers[:8])) == []


def test_a_sweep_that_has_nothing_to_add_adds_verdicts_only_and_no_trials_add_nothing() -> None:
    some = _trials(64, RecallData(noise=0.1), RecallData(noise=0.2))
    assert [table.title for table in tables(some, [_numbers()] * len(some))] == [
        "What the model has learned, at the largest n; coefficients count by the share of their effect that it has"
    ]
    assert tables([], []) == []


def test_attention_over_tags_says_who_recalls_and_why() -> None:
    some = [
        trial
        for tags in ("simplex", "cross_polytope", "nuisance")
        for name in ("softmax", "linear", "linear_elu", "frozen_rbf")
        for trial in _trials(4096, RecallData(tags=tags), model=recall_model(name=name))
    ]

    def error(trial: RecallTrial) -> float:
        affine = trial.model.name == "linear" and trial.data.tags == "simplex"
        apart = trial.model.name == "frozen_rbf" and trial.data.tags != "nuisance"
        return (0.03 if trial.model.name == "softmax" or affine or apart else 0.6) * (1 + 0.01 * trial.seed)

    told = _answer(some, [_numbers(error=error(trial)) for trial in some])
    rows = {(row[0].split()[1], row[1].split()[1]): row for row in told}
    assert (
        "as well as softmax; the other tags' products with the query's take one value" in rows["linear", "simplex"][1]
    )
    assert "no; the other tags' products with the query's take several" in rows["linear", "cross_polytope"][1]
    assert "as well as softmax; a narrow kernel is one-hot" in rows["a", "cross_polytope"][1]
    assert "no; it cannot learn which dimensions are noise" in rows["a", "nuisance"][1]
    assert rows["linear", "nuisance"][2] == "risk linear / softmax 20 [20, 20] at n = 4096"


def test_every_answer_of_the_table_is_a_typed_figure_and_a_verdict_where_there_is_one() -> None:
    some = _trials(64, *(RecallData(rotate=rotate) for rotate in (True, False)))
    some = [t.model_copy(update={"model": recall_model(name=m)}) for m in ("linear", "softmax") for t in some]
    numbers = [_numbers(error=0.1 if t.model.name == "softmax" or t.data.rotate else 0.5) for t in some]
    (table,) = open_questions.tables(recall_cells(some, numbers))
    assert table.column("verdict") == [Verdict.SUPPORTED, Verdict.CONTRADICTED]
    assert all(isinstance(cell, Interval) for cell in table.column("value"))


def test_a_rival_whose_interval_crosses_the_border_is_undecided() -> None:
    said = linear_and_frozen.as_good(Interval(1.4, 1.1, 1.7))
    assert said.verdict is Verdict.UNDECIDED
    assert linear_and_frozen.words(said) == "undecided"
