"""Open questions as rates: planted exponents come back with their intervals, and too few sizes give none."""

import numpy as np
import pytest

from mtam.recall.reading import open_questions
from mtam.recall.reading.questions.open_rates import critical_exponent, ratio_slope
from mtam.recall.reading.recall_cells import recall_cells
from mtam.recall.recall_spec import RecallData, RecallTrial

SIZES = (256, 1024, 4096)
RHOS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998)


def trials(*datas: RecallData, sizes: tuple[int, ...] = SIZES) -> list[RecallTrial]:
    return [RecallTrial(n=n, seed=s, data=d) for d in datas for n in sizes for s in range(4)]


@pytest.mark.parametrize(("drift", "said"), [(0.2, "slower than"), (-0.2, "faster than"), (0.0, "not distinguishable")])
def test_a_basis_with_another_rate_is_found_and_one_with_the_same_is_not(drift: float, said: str) -> None:
    some = trials(RecallData(), RecallData(basis="haar"))
    rng = np.random.default_rng(0)
    levels = rng.standard_normal(4)
    numbers = [
        {"error": np.exp(levels[t.seed] + 0.01 * rng.standard_normal()) * t.n ** (drift * (t.data.basis == "haar"))}
        for t in some
    ]
    cells = recall_cells(some, numbers)
    slope = ratio_slope(cells[1], cells[0])
    assert slope is not None
    assert slope.low < drift < slope.high
    answer = [one.answer for one in open_questions.questions(cells) if "slope" in one.name]
    assert len(answer) == 1
    assert said in answer[0]


def test_the_critical_product_moves_as_planted() -> None:
    """The mass falls through one half at 1 - rho = 3 n^-0.5 (a quarter more or less between seeds)."""
    some = trials(*(RecallData(tags="equicorrelated", correlation=rho) for rho in RHOS), sizes=(1024, 4096, 16384))
    numbers = []
    for t in some:
        gap = np.log((1 - t.data.correlation) * t.n**0.5 / (3 + 0.2 * t.seed))
        numbers.append({"attention_mass": float(np.clip(0.5 + 0.2 * gap, 0.25, 1.0)), "error": 0.1})
    cells = recall_cells(some, numbers)
    found = critical_exponent(cells)
    assert found is not None
    assert found.value == pytest.approx(-0.5, abs=0.02)
    assert critical_exponent(recall_cells(some[:8], numbers[:8])) is None
    always = [{"attention_mass": 0.9, "error": 0.1}] * len(some)
    assert critical_exponent(recall_cells(some, always)) is None
    names = [one.name for one in open_questions.questions(cells)]
    assert "exponent of n in 1 - rho" in names
    assert names.count("slope of the ln ratio of risks on ln n") == len(RHOS) - 1


def test_one_size_is_no_rate() -> None:
    some = trials(RecallData(), RecallData(basis="haar"), sizes=(64,))
    cells = recall_cells(some, [{"error": 0.1}] * len(some))
    assert ratio_slope(cells[1], cells[0]) is None
