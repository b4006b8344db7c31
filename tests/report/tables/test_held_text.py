"""Lines break between words, and within no interval."""

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from mtam.report.tables.held_text import HeldText

FIGURES = [
    "-0.81 [-0.85, -0.77]",
    "[open, open]",
    "[0.95, ∞)",
    "(2.61 ± 0.03)e-03",
    "n = 1.3e+04",
    "(ln n)^-b",
    "0.997 ± 0.004",
]


def drawn(what: object, width: int) -> list[str]:
    console = Console(width=width, file=io.StringIO(), color_system=None, markup=False, highlight=False)
    with console.capture() as shown:
        console.print(what)
    return [line.rstrip() for line in shown.get().splitlines()]


@given(
    st.lists(st.sampled_from([*FIGURES, "the", "slope", "extraordinarily", "is,"]), max_size=20), st.integers(24, 90)
)
def test_every_figure_is_whole_and_every_word_in_its_order(parts: list[str], width: int) -> None:
    sentence = " ".join(parts)
    lines = drawn(HeldText(sentence), width)
    assert all(len(line) <= width for line in lines)
    assert " ".join(lines).split() == sentence.split()
    for figure in FIGURES:
        found = sum(line.count(figure) for line in lines)
        assert found == len(re.findall(re.escape(figure), sentence))


def test_a_plain_text_breaks_them() -> None:
    """The control."""
    sentence = f"{'a' * 12} {FIGURES[0]}"
    assert drawn(HeldText(sentence), 24) == ["a" * 12, FIGURES[0]]
    assert drawn(sentence, 24) == [f"{'a' * 12} -0.81", "[-0.85, -0.77]"]


@pytest.mark.parametrize("figure", FIGURES)
def test_what_no_line_can_hold_is_broken_and_not_lost(figure: str) -> None:
    assert " ".join(drawn(HeldText(figure), 8)).replace(" ", "") == figure.replace(" ", "")
