"""Cells of a sweep's own curve.csv are called by their axes; those of other tables keep their names."""

from pathlib import Path

import pytest

from mtam.rates.files.curve_table import read
from mtam.rates.files.sweep_axes import in_words

HEAD = "cell,data.alpha,model.rank,n,seed,status,error,extra"
ROWS = ["0,0.5,1,8,0,done,.5,1", "0,0.5,1,16,0,done,.4,1", "1,0.5,2,8,0,done,.3,1", "1,0.5,2,16,0,done,.2,1"]


def cells(tmp_path: Path, head: str, rows: list[str]) -> list[str]:
    path = tmp_path / "curve.csv"
    path.write_text("\n".join([head, *rows]) + "\n")
    return list(read(path).curves)


def test_cells_of_a_sweep_are_called_by_their_axes(tmp_path: Path) -> None:
    assert cells(tmp_path, HEAD, ROWS) == ["alpha = 0.5, rank = 1", "alpha = 0.5, rank = 2"]
    assert read(tmp_path / "curve.csv").axes["alpha = 0.5, rank = 2"] == {"data.alpha": "0.5", "model.rank": "2"}


def test_one_cell_without_axes_needs_no_name(tmp_path: Path) -> None:
    assert cells(tmp_path, "cell,n,seed,status,error", ["0,8,0,done,.5", "0,16,0,done,.4"]) == [""]


@pytest.mark.parametrize(
    ("head", "rows", "names"),
    [
        (HEAD.replace("status", "state"), ROWS, ["0", "1"]),  # not a sweep's columns
        (HEAD, [row.replace("1,0.5,2", "1,0.5,1") for row in ROWS], ["0", "1"]),  # two cells at one place
        (HEAD, [ROWS[0], ROWS[1].replace("0.5,1", "0.7,1"), *ROWS[2:]], ["0", "1"]),  # a cell at two places
        ("cell,n,seed,status,error", ["resnet,8,0,done,.5", "resnet,16,0,done,.4"], ["resnet"]),
    ],
)
def test_other_tables_keep_their_names(tmp_path: Path, head: str, rows: list[str], names: list[str]) -> None:
    assert cells(tmp_path, head, rows) == names


def test_leaves_that_two_axes_share_are_told_in_full() -> None:
    assert in_words({"data.degree": "3", "model.degree": "5"}) == "data.degree = 3, model.degree = 5"
