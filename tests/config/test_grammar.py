"""Words of the command line in Hydra's grammar: bounded before they are expanded, and refused in one sentence."""

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtam.base.errors import UsageError
from mtam.config import parse_overrides
from mtam.config.grammar import DEEPEST, MOST_VALUES

NUMBERS = st.one_of(
    st.integers(-(10**40), 10**40).map(str),
    st.floats().map(repr),
    st.sampled_from(["0", "1", "-1", "1e-300", "1e300", "inf", "nan", "1e400", "true", "null", "x", "'1'", "9" * 5000]),
)

# word -> what the sentence says
REFUSED = {
    "data.alpha=range(1,1e9)": "more than 100000 values",
    "data.alpha=range(1,1000000000000)": "more than 100000 values",
    "data.alpha=shuffle(range(1000000000000))": "more than 100000 values",
    "data.alpha=range(1,2,1e-300)": "more than 100000 values",
    f"data.alpha=range({10**40},{10**40 + 5},1.0)": "more than 100000 values",  # 28 digits: it would stand still
    "data.alpha=range(1,inf)": "the stop of a range is a finite number",
    "data.alpha=range(1,1e400)": "the stop of a range is a finite number",
    "data.alpha=range(nan,1)": "the start of a range is a finite number",
    "data.alpha=range(1,2,nan)": "the step of a range is a finite number",
    f"data.alpha=range(0,1{'0' * 400})": "the stop of a range is a finite number",
    "data.alpha=sort(range(-inf,1))": "finite number",
    "data.alpha=range(0,1,0)": "the step of a range is not 0",
    "data.alpha=int(range(0,1,0.1))": "the step of a range is not 0",
    "data=range(3,1)": "has no values",
    "data.alpha=range(1,1)": "has no values",
    "data.alpha=range(1,3),range(4,6)": "cannot stand inside another value",
    "data.alpha=[range(1,3)]": "cannot stand inside another value",
    "data.alpha=[glob(*)]": "cannot stand inside another value",
    "data.alpha={a:interval(0,1)}": "cannot stand inside another value",
    "data.alpha=tag(x,interval(0,1))": "an interval has no list of values",
    "data.alpha=choice()": "empty choice",
    "data.alpha=sort()": "empty sort",
    "data.alpha=sort(1,a)": "not supported",
    "data.alpha=int(inf)": "OverflowError",
    "data.alpha=foo(1)": "Unknown function 'foo'",
    "data.alpha=extend_list(1)": "Unknown function 'extend_list'",
    f"data.alpha={'9' * 5000}": "Hydra's grammar",
    f"data.alpha={'[' * 500}{']' * 500}": f"nested more than {DEEPEST} deep",
    f"data.alpha={'sort(' * 500}1{')' * 500}": f"nested more than {DEEPEST} deep",
    f"data.alpha={'{a:' * 500}1{'}' * 500}": f"nested more than {DEEPEST} deep",
    f"data.alpha={'(' * 500}": f"nested more than {DEEPEST} deep",
    "data.alpha='": "Hydra's grammar",
    "data.alpha=\x1b[2J": "Hydra's grammar",
    "": "Hydra's grammar",
}


@pytest.mark.parametrize("word", REFUSED, ids=lambda word: word[:40].encode("unicode_escape").decode())
def test_what_cannot_be_a_list_of_values_is_refused_at_once(word: str) -> None:
    began = time.monotonic()
    with pytest.raises(UsageError) as told:
        parse_overrides([word])
    assert REFUSED[word] in str(told.value)
    assert len(str(told.value)) < 400
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "value",
    [
        "${oc.env:MTAM_SECRET}",
        "'${oc.env:MTAM_SECRET}'",
        '"x${oc.env:MTAM_SECRET}y"',
        r"$\{oc.env:MTAM_SECRET\}",
        "[1,${oc.env:MTAM_SECRET}]",
        "{a:${oc.env:MTAM_SECRET}}",
        "1,${oc.env:MTAM_SECRET}",
        "choice('${oc.env:MTAM_SECRET}',2)",
        "str(${oc.env:MTAM_SECRET})",
        "${data.noise}",
        "${oc.decode:'1'}",
    ],
)
@pytest.mark.parametrize("key", ["data.alpha", "data", "model"])
def test_no_word_reads_the_environment(key: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTAM_SECRET", "hunter2")
    with pytest.raises(UsageError, match="interpolations") as told:
        parse_overrides([f"{key}={value}"])
    assert "hunter2" not in str(told.value)


def test_a_dollar_alone_is_a_letter() -> None:
    assert parse_overrides(["launcher.setup=[$HOME]"]).values == {"launcher.setup": "launcher.setup=[$HOME]"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("range(0,3)", [0, 1, 2]),
        ("range(3)", [0, 1, 2]),
        ("range(0.5,2,0.5)", [0.5, 1.0, 1.5]),
        ("range(3,0,-1)", [3, 2, 1]),
        ("shuffle(range(3))", [0, 1, 2]),
        ("tag(a,b,choice(1,2))", [1, 2]),
        ("sort(3,1,2,reverse=true)", [3, 2, 1]),
        ("shuffle(3,1,2)", [1, 2, 3]),
        ("float(range(1,3))", [1.0, 2.0]),
        ("['a'],[\"b\"]", [["a"], ["b"]]),
        ("null,1", [None, 1]),
    ],
)
def test_what_is_a_list_of_values(value: str, expected: list[object]) -> None:
    assert parse_overrides([f"data.alpha={value}"]).axes == {"data.alpha": expected}


def test_thousands_of_choices_are_a_list() -> None:
    word = f"data.alpha=choice({','.join(map(str, range(1, 5001)))})"
    assert parse_overrides([word]).axes["data.alpha"] == list(range(1, 5001))


def test_as_many_values_as_a_sweep_may_have_trials() -> None:
    assert len(parse_overrides([f"data.alpha=range({MOST_VALUES})"]).axes["data.alpha"]) == MOST_VALUES
    with pytest.raises(UsageError, match="more than"):
        parse_overrides([f"data.alpha=range({MOST_VALUES + 1})"])


@given(st.sampled_from(["range", "sort", "interval", "shuffle", "int", "choice", "tag", "glob", "str"]),
       st.lists(NUMBERS, max_size=3))  # fmt: skip
def test_any_call_is_values_or_one_sentence(function: str, numbers: list[str]) -> None:
    word = f"data.alpha={function}({','.join(numbers)})"
    found: list[object] = []
    with suppress(UsageError):  # nothing else may be raised
        found = parse_overrides([word]).axes.get("data.alpha", [])
    assert len(found) <= MOST_VALUES
