"""What is said of a statement about several cases, and of the opposite statement."""

import pytest

from mtam.rates.verdict import Verdict, of_all

YES, NO, OPEN, OUTSIDE = Verdict.SUPPORTED, Verdict.CONTRADICTED, Verdict.UNDECIDED, Verdict.OUTSIDE


@pytest.mark.parametrize(
    ("words", "said"),
    [([YES, YES], YES), ([YES, OPEN], OPEN), ([OPEN, NO, YES], NO), ([YES, OUTSIDE], OPEN), ([], OPEN)],
)
def test_one_case_contradicts_and_every_one_is_needed_to_support(words: list[Verdict], said: Verdict) -> None:
    assert of_all(words) == said


def test_the_opposite_statement_has_the_contrary_verdict() -> None:
    assert [word.contrary for word in (YES, NO, OPEN, OUTSIDE)] == [NO, YES, OPEN, OUTSIDE]
