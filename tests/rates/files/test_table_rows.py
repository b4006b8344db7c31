"""Rows of a table of any dialect: their cells, the lines they stand on, and numbers that can be read one way only."""

import gzip
from pathlib import Path

import pandas as pd
import pytest

from mtam.rates.files import table_rows
from mtam.rates.files.table_rows import Rows, TableError, load, names, numbers


def rows(folder: Path, text: str) -> Rows:
    file = folder / "table.csv"
    file.write_text(text)
    return load(file)


FILE = Path("table.csv")


@pytest.mark.parametrize(("separator", "word"), [(",", ""), (";", "semicolons"), ("\t", "tabs"), ("|", "bars")])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends_do_not_matter(separator: str, word: str, end: str, tmp_path: Path) -> None:
    text = end.join(separator.join(line) for line in (["n", "error"], [" 8", "0.5 "], ["16", "0.25"]))
    found = rows(tmp_path, text)
    assert found.frame.to_dict("list") == {"n": ["8", "16"], "error": ["0.5", "0.25"]}
    assert found.places.tolist() == [2, 3]
    assert len(found.notes) == bool(word)
    assert all(word in note for note in found.notes)


def test_lines_are_counted_as_an_editor_does(tmp_path: Path) -> None:
    """Comments, empty lines and quoted line ends count; comments are told."""
    text = '# one\n\nn,error,note\n8,.5,"two\nlines"\n\n# two\n16,.2,x\n,,\n32,.1,y\n'
    found = rows(tmp_path, text)
    assert found.places.tolist() == [4, 8, 10]
    assert found.notes == ("2 comment lines (#) left out.",)
    assert found.place(pd.Series([False, True, True])) == "line 8"


def test_short_rows_are_filled_and_empty_cells_beyond_the_header_are_left_out(tmp_path: Path) -> None:
    found = rows(tmp_path, "n,error,seed\n8,.5\n16,.2,1,,\n")
    assert found.frame["seed"].tolist() == ["", "1"]
    with pytest.raises(TableError, match="line 2 has 3 columns, the header 2"):
        rows(tmp_path, "n,error\n8,.5,1\n")


def test_a_compressed_file_is_read_by_its_first_bytes_whatever_its_name(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_bytes(gzip.compress(b"n,error\n8,.5\n"))
    assert load(tmp_path / "table.csv").frame["n"].tolist() == ["8"]


def test_more_text_than_is_held_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it grows from few bytes."""
    (tmp_path / "table.csv").write_bytes(gzip.compress(b"n,error\n" + b"8,.5\n" * 2**19))
    monkeypatch.setattr(table_rows, "LARGEST", 2**20)
    with pytest.raises(TableError, match="holds more than 1 MB of text"):
        load(tmp_path / "table.csv")


def test_decimal_commas_are_read_where_commas_separate_nothing(tmp_path: Path) -> None:
    found = rows(tmp_path, "n;error\n8;0,5\n16;2,5e-1\n32;1\n")
    assert numbers(found, "error", FILE).tolist() == [0.5, 0.25, 1.0]
    with pytest.raises(TableError, match=r"decimal commas \(error, line 2\) and decimal points \(error, line 3\)"):
        numbers(rows(tmp_path, "n;error\n8;0,5\n16;0.25\n"), "error", FILE)


@pytest.mark.parametrize("word", ["", "NaN", "na", "None", "null"])
def test_an_empty_cell_is_told_with_its_line(word: str, tmp_path: Path) -> None:
    found = rows(tmp_path, f"n,error\n8,.5\n16,{word}\n32,.1\n")
    with pytest.raises(TableError, match=r"^table\.csv, line 3: error is empty or NaN"):
        numbers(found, "error", FILE)


def test_names_are_text_even_where_they_look_like_numbers(tmp_path: Path) -> None:
    assert names(rows(tmp_path, "n,seed\n8,007\n16,7\n"), "seed", FILE).tolist() == ["007", "7"]
    frame = pd.DataFrame({"cell": ["a", "b\x07"]})
    with pytest.raises(TableError, match="row 2: the cell holds a control character"):
        names(Rows(frame, pd.Series([1, 2]), "row"), "cell", FILE)


def test_numbers_of_a_typed_table_are_taken_and_lists_are_refused() -> None:
    typed = Rows(pd.DataFrame({"n": [8, 16], "error": [[1], [2]]}), pd.Series([1, 2]), "row")
    assert numbers(typed, "n", FILE).tolist() == [8.0, 16.0]
    with pytest.raises(TableError, match="row 1: error"):
        numbers(typed, "error", FILE)
