"""Components that grow with n: known figures come back; a plane of fixed numbers is none."""

import pytest

from mtam.rates.intervals import Interval
from mtam.recall.reading.questions import growing_capacity
from mtam.recall.reading.recall_answers import answers
from mtam.recall.reading.recall_cells import recall_cells
from mtam.recall.reading.recall_tables import tables
from mtam.recall.recall_spec import RecallData, RecallTrial

COUNTS = {256: 5, 1024: 10, 4096: 14}


def test_the_ratio_to_the_bayes_rule_and_the_mass_are_told_along_the_growth() -> None:
    some = [
        RecallTrial(n=n, seed=s, data=RecallData(components=c, tag_dim=c, tags="iid"))
        for n, c in COUNTS.items()
        for s in range(3)
    ]
    numbers = [
        {"error": 0.2 * t.n**0.1 * (1 + t.seed), "attention_mass": 0.9 + 1e-3 * t.seed}
        | ({"bayes_error": 0.1 * (1 + t.seed)} if t.n >= 1024 else {})
        for t in some
    ]
    (table,) = tables(some, numbers)
    assert [row[:3] for row in table.rows] == [[n, c, c] for n, c in COUNTS.items()]
    ratios = table.column("risk / Bayes")
    assert ratios[0] is None
    assert isinstance(ratios[2], Interval)
    assert ratios[2].value == pytest.approx(2 * 4096**0.1)
    mass, slope = answers(some, numbers)
    assert mass.sentence.startswith("with I = 5 at n = 256 to 14 at n = 4096")
    found = slope.figures["slope"]
    assert isinstance(found, Interval)
    assert found.value == pytest.approx(0.1)


def test_a_plane_at_one_size_does_not_grow() -> None:
    some = [RecallTrial(n=64, seed=s, data=RecallData(components=c)) for c in (2, 3) for s in range(2)]
    assert not growing_capacity.applies(recall_cells(some, [{}] * len(some)))
