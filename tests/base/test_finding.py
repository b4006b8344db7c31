"""A finding is plain data: what is inconsistent is refused, what is written is read back as it was."""

import math
from typing import Any

import pytest
from pydantic import ValidationError

from mtam.base.finding import Finding, JudgedStatement, Series
from mtam.base.table import Estimate, Table
from mtam.rates.verdict import Verdict


def statement(key: str = "holds", **more: Any) -> dict[str, Any]:
    return {"key": key, "claim": "It holds.", "said": Verdict.SUPPORTED, "because": "so.", **more}


def table(name: str = "rows", **more: Any) -> dict[str, Any]:
    return {"name": name, "title": "Rows", "headings": ["a", "b"], "rows": [[1, 2.5]], **more}


def finding(**more: Any) -> dict[str, Any]:
    words = dict.fromkeys(("title", "source", "statement", "if_false"), "words")
    plain = {"name": "check", "assumptions": [], "verdicts": [statement()], "tables": [table()]}
    return {**words, **plain, **more}


def test_a_finding_comes_back_from_json_as_it_was() -> None:
    """Whole numbers stay whole, truth values stay truth values, estimates keep their error."""
    cells: list[Any] = [1, 1.0, True, "1", None, {"value": 0.5, "se": 0.1}, 10**90]
    rows = table(headings=list("abcdefg"), rows=[cells])
    one = Finding.model_validate(finding(tables=[rows]))
    two = Finding.model_validate_json(one.model_dump_json())
    assert two == one
    found = two.tables[0].rows[0]
    assert [type(cell) for cell in found] == [int, float, bool, str, type(None), Estimate, int]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"tables": [table(rows=[[1, 2], [3]])]}, "table rows: 1 cells under 2 headings"),
        ({"tables": [table(), table()]}, "tables of check share a name"),
        ({"verdicts": [statement(), statement()]}, "verdicts of check share a name"),
        ({"verdicts": []}, "at least 1 item"),
        ({"tables": [table(rows=[[1, math.nan]])]}, "finite"),
        ({"tables": [table(rows=[[1, {"value": 1.0, "se": -0.1}]])]}, "greater than or equal to 0"),
        ({"tables": [table(name="../rows")]}, "match pattern"),
        ({"name": "a/b"}, "match pattern"),
        ({"verdicts": [statement(said="maybe")]}, "said"),
        ({"more": 1}, "more"),
    ],
)
def test_what_is_inconsistent_is_refused(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Finding.model_validate(finding(**change))


@pytest.mark.parametrize(("y", "se"), [([1.0], None), ([1.0, 2.0], [0.1])])
def test_a_series_has_a_point_for_every_place(y: list[float], se: list[float] | None) -> None:
    with pytest.raises(ValidationError, match="series s: x, y and se differ in length"):
        Series(label="s", x=[0.0, 1.0], y=y, se=se)


def test_a_statement_is_the_judgement_that_curves_have() -> None:
    told = JudgedStatement.model_validate(statement(value=2.0, low=1.5, high=2.5)).judgement
    assert told.interval is not None
    assert (told.interval.value, told.interval.low, told.interval.high) == (2.0, 1.5, 2.5)
    assert told.level == 0.99
    assert JudgedStatement.model_validate(statement()).judgement.interval is None
    open_end = JudgedStatement.model_validate(statement(value=2.0, low=1.5)).judgement.interval
    assert open_end is not None
    assert math.isnan(open_end.high)


def test_tables_show_all_rows_or_at_least_one() -> None:
    assert Table.model_validate(table()).shown is None
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        Table.model_validate(table(shown=0))
