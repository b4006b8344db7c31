"""The effective dimension against n beside theory's: known figures come back, and old records add nothing."""

import pytest

from mtam.base.table import Estimate
from mtam.recall.reading.questions import effective_axes
from mtam.recall.reading.recall_cells import recall_cells
from mtam.recall.recall_spec import RecallData, RecallTrial


def test_a_row_for_every_cell_and_size() -> None:
    some = [
        RecallTrial(n=n, seed=s, data=RecallData(alpha=alpha))
        for alpha in (1.0, 2.0)
        for n in (256, 1024)
        for s in range(3)
    ]
    numbers = [
        {"axes_learned": 4.0 + t.seed, "cover_axes": 5} | ({"bayes_axes_learned": 6.0} if t.n >= 1024 else {})
        for t in some
    ]
    (table,) = effective_axes.tables(recall_cells(some, numbers))
    assert [row[:2] for row in table.rows] == [[f"alpha = {a}", n] for a in (1.0, 2.0) for n in (256, 1024)]
    first = table.column("axes learned")[0]
    assert isinstance(first, Estimate)
    assert (first.value, first.se) == pytest.approx((5.0, 3**-0.5))
    assert table.column("axes of the Bayes rule") == [None, Estimate(value=6.0, se=0.0)] * 2
    assert table.column("D_eff") == [5] * 4
    old = [{"effective_dimension": 3} for _ in some]
    assert not effective_axes.tables(recall_cells(some, old))
    assert not effective_axes.answers(recall_cells(some, old))
