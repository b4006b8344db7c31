"""Tables that people bring: curves where they hold some, one sentence where they do not."""

from pathlib import Path

import numpy as np
import pytest

from mtam.rates.files.curve_table import TableError, read, reference

GOOD = "n,error,seed\n64,0.5,0\n128,0.25,0\n64,0.6,1\n128,0.3,1\n"


def written(path: Path, text: str) -> Path:
    file = path / "curves.csv"
    file.write_bytes(text.encode("utf-8"))
    return file


def test_a_plain_table(tmp_path: Path) -> None:
    found = read(written(tmp_path, GOOD))
    assert list(found.curves) == [""]
    assert found.curves[""].errors.tolist() == [[0.5, 0.25], [0.6, 0.3]]
    assert found.seeded


@pytest.mark.parametrize("text", ["\ufeff" + GOOD, GOOD.replace(",", ", "), GOOD.replace("64", "64.0") + "\n\n"])
def test_marks_of_spreadsheets_do_not_matter(tmp_path: Path, text: str) -> None:
    assert read(written(tmp_path, text)).curves[""].sizes.tolist() == [64, 128]


def test_cells_keep_their_order_and_other_columns_do_not_matter(tmp_path: Path) -> None:
    rows = [f"{cell},{n},{1 / n},x" for cell in ("b", "a") for n in (8, 16, 32)]
    found = read(written(tmp_path, "cell,n,error,comment\n" + "\n".join(rows)))
    assert list(found.curves) == ["b", "a"]
    assert not found.seeded


def test_failed_trials_of_a_sweep_are_left_out(tmp_path: Path) -> None:
    text = "cell,n,seed,status,error\n0,8,0,done,.5\n0,16,0,done,.2\n0,8,1,done,.4\n0,16,1,failed,\n"
    found = read(written(tmp_path, text))
    assert found.failed == 1
    assert found.curves["0"].seeds == (0,)
    assert found.curves["0"].dropped == (1,)


def test_a_reference_beside_the_errors(tmp_path: Path) -> None:
    text = "n,error,seed,reference\n16,.2,0,.25\n8,.5,0,.5\n8,.4,1,.5\n16,.1,1,.25\n"
    assert read(written(tmp_path, text)).references[""].tolist() == [0.5, 0.25]


def test_a_reference_of_its_own(tmp_path: Path) -> None:
    law = reference(written(tmp_path, "n,reference\n100,.1\n10,1\n"))
    assert law.axis([10, 100]) == pytest.approx(np.log([1, 0.1]))


WRONG = [
    ("", "is empty"),
    ("\n\n", "is empty"),
    ("n,error\n", "no rows"),
    ("size,error\n1,2\n", "no column n; found: size, error"),
    ("n,loss\n1,2\n", "no column error"),
    ("n,error\n64,0.5\n128,high\n", "line 3: error = 'high' is not a number"),
    ("n,error\n64,0.5\nmany,0.2\n", "line 3: n = 'many' is not a number"),
    ("n,error\n64,0.5\n128,\n", "line 3: error is empty or NaN"),
    ("n,error\n64,0.5\n128,nan\n", "line 3: error is empty or NaN"),
    ("n,error\n64,0\n128,0.1\n", "line 2: error = 0 has no logarithm"),
    ("n,error\n64,0.5\n128,-0.1\n", "line 3: error = -0.1 has no logarithm"),
    ("n,error\n64,1e-200\n128,1e-201\n", "line 2: error = 1e-200; valid: 1e-100 to 1e100"),
    ("n,error\n64,inf\n128,0.1\n", "error = inf has no logarithm"),
    ("n,error\n64,0.5\n", "one size only, n = 64"),
    ("n,error\n0,0.5\n128,0.1\n", "n = 0; valid: whole numbers"),
    ("n,error\n64.5,0.5\n128,0.1\n", "n = 64.5; valid: whole numbers"),
    ("n,error\n1e30,0.5\n128,0.1\n", "n = 1e+30; valid: whole numbers"),
    ("n,error\n64,0.5\n64,0.4\n128,0.1\n", "n = 64 twice; add a column seed"),
    ("n,error,seed\n64,0.5,0\n64,0.4,0\n128,0.1,0\n", "line 3: n = 64 with seed 0 is there already"),
    ("cell,n,error,seed\na,64,.5,0\na,64,.4,0\n", "line 3: n = 64 with seed 0 in cell a is there already"),
    ("n,error,seed\n64,0.5,0\n128,0.4,x\n", "seed = 'x' is not a number"),
    ("n,error,seed\n64,0.5,0\n128,0.4,1\n", "no seed of the table has all 2 sizes"),
    ("cell,n,error\na,64,.5\n,128,.4\n", "line 3: the cell is empty"),
    ("n,error\n64,0.5\n128,0.2,9,9\n", "not a CSV table"),
    ("n,error\n64,0.5,3\n128,0.2,9\n", "longer than its header"),
    ("n,error,seed,reference\n8,.5,0,1\n8,.4,1,2\n16,.1,0,1\n16,.1,1,1\n", "several values at n = 8"),
    ("n,error,reference\n8,.5,1\n16,.4,zero\n", "reference = 'zero' is not a number"),
]


@pytest.mark.parametrize(("text", "hint"), WRONG)
def test_bad_tables_get_one_sentence(tmp_path: Path, text: str, hint: str) -> None:
    with pytest.raises(TableError) as told:
        read(written(tmp_path, text))
    assert hint in str(told.value)
    assert "\n" not in str(told.value)


def test_what_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "latin.csv"
    file.write_bytes("n,error,ort\n64,0.5,Köln\n".encode("latin-1"))
    with pytest.raises(TableError, match="not UTF-8"):
        read(file)
    file.write_bytes(b"\x00\x01PK\x03\x04" * 50)
    with pytest.raises(TableError, match=r"latin\.csv"):
        read(file)
    with pytest.raises(TableError, match="is a folder"):
        read(tmp_path)
    with pytest.raises(TableError, match="no such file"):
        read(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("n,value\n1,2\n", "no reference curve"),
        ("n,reference\n8,1\n8,2\n16,1\n", "two different values of the reference at n = 8"),
        ("n,reference\n8,1\n", "two rising sizes"),
        ("n,reference\n8,1\n16,1\n", "constant"),
        ("n,reference\n8,1\n16,-1\n", "no logarithm"),
    ],
)
def test_bad_references(tmp_path: Path, text: str, hint: str) -> None:
    with pytest.raises(TableError, match=hint):
        reference(written(tmp_path, text))
