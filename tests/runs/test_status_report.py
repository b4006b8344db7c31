"""The table of a status stands whole at every width, whatever its cells are called."""

import io

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from mtam.runs import status_report

AXES = st.dictionaries(st.sampled_from(["data.alpha", "model.rank", "model"]), st.text("abc_0.5", max_size=60))


@given(st.lists(AXES, min_size=1, max_size=3), st.integers(0, 10**6), st.integers(40, 140))
def test_no_line_is_wider_than_the_screen_and_no_count_is_cut(
    axes: list[dict[str, str]], count: int, width: int
) -> None:
    cells = [{"axis": axis, "done": count, "running": 0, "failed": 0, "missing": 0} for axis in axes]
    console = Console(width=width, file=io.StringIO(), color_system=None)
    with console.capture() as shown:
        console.print(status_report._table("alpha", cells))
    lines = shown.get().splitlines()
    assert max(map(cell_len, lines)) <= width
    assert len({cell_len(line) for line in lines[1:]}) == 1, "a torn frame"
    assert "…" not in shown.get()
    for axis in axes:
        assert str(count) in "".join("".join(line.split("│")[2:3]) for line in lines).replace(" ", ""), axis
