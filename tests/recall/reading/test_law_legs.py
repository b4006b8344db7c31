"""The verdict on the law from rows of numbers: the truth is supported, every planted violation is contradicted."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mtam.rates.verdict import Judgement, Verdict
from mtam.recall.reading import law_legs
from mtam.recall.reading.recall_answers import answers
from mtam.recall.reading.recall_tables import tables
from mtam.recall.recall_spec import RecallData, RecallTrial
from mtam.report.tables.cell_text import answer_text

SIZES = [2**k for k in range(6, 14)]
Curve = Callable[[float], float]


def bayes(alpha: float) -> Curve:
    """A risk that falls by theory's law."""
    gamma = alpha / (alpha + 1)
    return lambda n: float(np.exp(-3 * np.log(n) ** gamma))


def rows(
    alpha: float, risk: Curve, average: Curve, *, seeds: int = 6, **data: Any
) -> tuple[list[RecallTrial], list[dict[str, Any]]]:  # fmt: skip
    """What a sweep records: targets' levels scatter by a factor 2, the ratio by 3%, the average Bayes risk by 1%."""
    trials, numbers = [], []
    for seed in range(40, 40 + seeds):
        level = np.exp(0.7 * np.random.default_rng([1, seed]).standard_normal())
        for n in SIZES:
            rng = np.random.default_rng([2, seed, n])
            trials.append(RecallTrial(n=n, seed=seed, data=RecallData(alpha=alpha, **data)))
            record = {
                "error": risk(n) * level * np.exp(0.03 * rng.standard_normal()),
                "average_bayes_error": average(n) * np.exp(0.01 * rng.standard_normal()),
            }
            numbers.append(record | ({"bayes_error": average(n) * level} if n >= 1024 else {}))
    return trials, numbers


def law(alpha: float, risk: Curve, average: Curve, **data: Any) -> dict[str, Verdict]:
    """The verdict that the sweep tells, and those of its legs."""
    (answer,) = answers(*rows(alpha, risk, average, **data))
    told = {name: cell for name, cell in answer.figures.items() if isinstance(cell, Judgement)}
    assert answer.law
    return {name: judgement.verdict for name, judgement in told.items()}


@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0])
def test_a_transformer_within_a_constant_of_a_bayes_rule_that_follows_the_law(alpha: float) -> None:
    truth = bayes(alpha)
    found = law(alpha, lambda n: 1.6 * truth(n), truth)
    assert set(found) == {"law", "minimax", "average", "ratio"}
    assert set(found.values()) == {Verdict.SUPPORTED}


@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0])
@pytest.mark.parametrize(
    ("name", "leg"),
    [
        ("a floor of the transformer", "ratio"), ("a power of n of the transformer", "ratio"),
        ("a transformer that stops improving", "ratio"), ("a power of n", "average"),
        ("a floor of the problem", "average"),
    ],
)  # fmt: skip
def test_a_planted_violation_is_contradicted(alpha: float, name: str, leg: str) -> None:
    truth = bayes(alpha)
    floor, slow = truth(1024.0), np.log(truth(8192.0) / truth(1024.0)) / np.log(8) + 0.15

    def powered(n: float) -> float:
        return float(n**-0.6)

    def floored(n: float) -> float:
        return float(n**-0.6 + 0.03)

    curves: dict[str, tuple[Curve, Curve]] = {
        "a floor of the transformer": (lambda n: truth(n) + floor, truth),
        "a power of n of the transformer": (lambda n: float(n**slow), truth),
        "a transformer that stops improving": (lambda n: 1.6 * truth(min(n, 2048.0)), truth),
        "a power of n": (powered, powered),
        "a floor of the problem": (floored, floored),
    }
    found = law(alpha, *curves[name])
    assert found["law"] == Verdict.CONTRADICTED
    assert found[leg] == Verdict.CONTRADICTED
    assert found["minimax"] == Verdict.SUPPORTED


def test_too_few_seeds_leave_the_law_undecided() -> None:
    truth = bayes(1.0)
    assert law(1.0, truth, truth, seeds=1)["law"] == Verdict.UNDECIDED


def test_what_a_record_lacks_is_told() -> None:
    """Without average Bayes risks that leg is open, without Bayes rules there is no verdict; nor for other spectra."""
    truth = bayes(1.0)
    trials, numbers = rows(1.0, truth, truth)
    without = [{name: value for name, value in one.items() if name != "average_bayes_error"} for one in numbers]
    (answer,) = answers(trials, without)
    assert "average Bayes risk undecided (these records hold none" in answer_text(answer)
    assert answers(trials, [{"error": one["error"]} for one in numbers]) == []
    assert answers(*rows(1.0, truth, truth, spectrum="polynomial")) == []


def test_sentence_and_table_name_what_the_verdict_rests_on() -> None:
    some, told = [], []
    for alpha in (1.0, 2.0):
        trials, numbers = rows(alpha, bayes(alpha), bayes(alpha))
        some += trials
        told += numbers
    first, second = answers(some, told)
    text = answer_text(first)
    assert text.startswith(
        "alpha = 1.0: exp(-C (ln n)^0.50) is supported, resting on: exact minimax risk supported (within 5%"
    )
    assert "; average Bayes risk supported (theory's law fits better" in text
    assert "; risk / Bayes supported (the ratio's slope lies within ± 0.05" in text
    assert answer_text(second).startswith("alpha = 2.0: exp(-C (ln n)^0.67)")
    table = next(table for table in tables(some, told) if table.name == "law")
    assert [row[1] for row in table.rows] == 2 * [*law_legs.MEANS, "the law"]
