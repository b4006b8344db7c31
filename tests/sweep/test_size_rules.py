"""Settings that follow the sample size: what a rule comes to, and what is none."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtam.base.errors import UsageError
from mtam.sweep.size_rules import at_size, is_rule, size_rule


@pytest.mark.parametrize(
    ("text", "n", "value"),
    [
        ("ceil(0.2 * ln(n)^2)", 1024, 10),
        ("floor(0.2*ln(n)**2)", 1024, 9),
        ("round( .5 * n ^ 0.5 )", 1024, 16),
        ("ceil(ln(n))", 3, 2),
        ("floor(n)", 77, 77),
        ("ceil(2e-3*n)", 1000, 2),
    ],
)
def test_what_a_rule_comes_to(text: str, n: int, value: int) -> None:
    rule = size_rule(text)
    assert rule is not None
    assert rule.at(n) == value
    assert is_rule(text)


@pytest.mark.parametrize(
    "text",
    ["", "n", "ln(n)", "ceil(n) + 1", "ceil(ln(m))", "ceil(__import__('os'))", "ceil(1e9 * n)", "ceil(n^99)", "iid", 4],
)
def test_what_is_no_rule(text: Any) -> None:
    assert not is_rule(text)


@given(st.text(max_size=40))
def test_any_text_is_a_rule_or_none_and_never_code(text: str) -> None:
    rule = size_rule(text)
    assert rule is None or isinstance(rule.at(100), int)


def test_settings_take_their_value_at_the_size_and_what_they_were_given_stays() -> None:
    given = {
        "data": {"components": "ceil(ln(n))", "tag_dim": "data.components", "tags": "iid", "modes": 8},
        "model": {"name": "softmax", "key_dim": "data.tag_dim_max"},
        "problem": "recall",
    }
    with pytest.raises(UsageError, match=r"there is no setting data\.tag_dim_max here"):
        at_size(given, 100)
    given["model"] = {"name": "softmax", "key_dim": "data.components"}
    found = at_size(given, 100)
    count = math.ceil(math.log(100))
    assert found["data"] == {"components": count, "tag_dim": count, "tags": "iid", "modes": 8}
    assert found["model"] == {"name": "softmax", "key_dim": count}
    assert given["data"]["components"] == "ceil(ln(n))"  # type: ignore[index]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (
            {"components": "ceil(ln(n)"},
            r"data\.components = 'ceil\(ln\(n\)' is no rule of the sample size n; valid: ceil",
        ),
        ({"components": "data.tag_dim", "tag_dim": "data.components"}, r"which is data\.components in its turn"),
        ({"components": "data.components"}, r"in its turn"),
    ],
)
def test_mistakes_are_one_sentence(data: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        at_size({"data": data}, 100)
