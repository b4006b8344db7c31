"""Tables that people bring: curves where they hold some, one sentence where they do not."""

import bz2
import gzip
import lzma
import os
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mtam.rates.files.curve_table import Columns, TableError, read, reference

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
    assert found.curves[""].seeds == (0,)
    assert found.curves[""].dropped == (1,)


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
    ("n,error\n0,0.5\n128,0.1\n", "line 2: n = 0 has no logarithm"),
    ("n,error\n128,0.5\n-64.5,0.1\n", "line 3: n = -64.5 has no logarithm"),
    ("n,error\n1e130,0.5\n128,0.1\n", "n = 1e+130; valid: 1e-100 to 1e100"),
    ("n,error\n1e18,0.5\n1000000000000000100,0.1\n2e18,.1\n", "differ by less than a billionth"),
    ("n,error\n64,0.5\n64,0.4\n128,0.1\n", "n = 64 twice; add a column seed"),
    ("n,error,seed\n64,0.5,0\n64,0.4,0\n128,0.1,0\n", "line 3: n = 64 with seed 0 is there already"),
    ("cell,n,error,seed\na,64,.5,0\na,64,.4,0\n", "line 3: n = 64 with seed 0 in cell a is there already"),
    ("n,error,seed\n64,0.5,0\n128,0.4,\n", "line 3: the seed is empty"),
    ("n,error,seed\n64,0.5,0\n128,0.4,1\n", "no seed of the table has two sizes"),
    ("n,error,error \n64,0.5,1\n128,0.4,1\n", "2 columns named error"),
    ("n,error,error\n64,0.5,1\n128,0.4,1\n", "2 columns named error"),
    ("n,error,n\n64,0.5,1\n128,0.4,1\n", "2 columns named n"),
    ("n,error\n64,.5\n128,.4\n\n\n256,oops\n", "line 6: error = 'oops' is not a number"),
    ("# by hand\n\nn,error\n64,.5\n# pause\n128,x\n", "line 6: error = 'x' is not a number"),
    ('n,error,note\n64,.5,"two\nlines"\n128,x,\n', "line 4: error = 'x' is not a number"),
    ("n,error\n64,0,5\n128,0,4\n", "line 2 has 3 columns, the header 2"),
    ('n,error\n64,"0,5"\n128,"0,4"\n', "valid: a decimal point, or semicolons between columns"),
    ("n;error\n64;0,5\n128;0.4\n", "decimal commas (error, line 2) and decimal points (error, line 3)"),
    ("n;error\n1.024;0,5\n2.048;0,4\n", "decimal commas (error, line 2) and decimal points (n, line 2)"),
    ("n;error\n1.024;0,5\n1.024,5;0,4\n", "n = '1.024,5' is not a number"),
    ("n,error,status\n64,.5,FAILED\n128,.4,Crashed\n", "status says that they did not end"),
    ('cell,n,error\n"a\nb",64,.5\n"a\nb",128,.4\n', "line 2: the cell holds a control character"),
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
    file.write_bytes(b"\x00\x01PK\x03\x04" * 80)
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


def test_semicolons_with_decimal_commas(tmp_path: Path) -> None:
    found = read(written(tmp_path, "n;seed;error\n64;0;0,5\n128;0;0,25\n"))
    assert found.curves[""].errors.tolist() == [[0.5, 0.25]]
    assert "decimal comma" in found.notes[0]
    assert read(written(tmp_path, GOOD.replace(",", "\t"))).curves[""].errors.tolist() == [[0.5, 0.25], [0.6, 0.3]]
    assert read(written(tmp_path, GOOD.replace(",", ";"))).curves[""].errors.tolist() == [[0.5, 0.25], [0.6, 0.3]]


def test_comments_are_left_out_and_counted_but_no_row_that_begins_with_a_hash(tmp_path: Path) -> None:
    text = "# by the notebook\ncell,n,error\n#1,64,.5\n# restarted here\n#1,128,.4\n"
    found = read(written(tmp_path, text))
    assert found.curves["#1"].errors.tolist() == [[0.5, 0.4]]
    assert found.notes == ("2 comment lines (#) left out.",)


def test_names_of_cells_are_text(tmp_path: Path) -> None:
    rows = [f"{cell},{n},{i + 1 / n}" for i, cell in enumerate(("007", "7", "7.0", "1e3", "True")) for n in (8, 16)]
    found = read(written(tmp_path, "cell,n,error\n" + "\n".join(rows)))
    assert list(found.curves) == ["007", "7", "7.0", "1e3", "True"]
    assert found.curves["7"].errors[0, 0] == 1 + 1 / 8


def test_seeds_may_have_names(tmp_path: Path) -> None:
    found = read(written(tmp_path, "n,seed,error\n8,run_b,.5\n16,run_b,.4\n8,run_a,.6\n16,run_a,.3\n"))
    assert found.curves[""].seeds == ("run_a", "run_b")
    assert found.curves[""].errors.tolist() == [[0.6, 0.3], [0.5, 0.4]]
    assert read(written(tmp_path, "n,seed,error\n8,01,.5\n16,01,.4\n8,1,.6\n16,1,.3\n")).curves[""].seeds == ("01", "1")


@pytest.mark.parametrize("word", ["FAILED", "Failed", " failed", "killed", "CRASHED", "RUNNING"])
def test_the_status_of_a_tracker_in_any_case(tmp_path: Path, word: str) -> None:
    text = f"n,seed,status,error\n8,0,FINISHED,.5\n16,0,finished,.2\n8,1,done,.4\n16,1,DONE,.3\n32,1,{word},\n"
    found = read(written(tmp_path, text))
    assert found.failed == 1
    assert found.curves[""].sizes.tolist() == [8, 16]
    assert len(found.curves[""].seeds) == 2


def test_any_positive_size(tmp_path: Path) -> None:
    sizes = [0.125, 12.5, 7291666667.036667, 6e18, 2.4e19]
    text = "n,error\n" + "\n".join(f"{n!r},{1 / (i + 1)}" for i, n in enumerate(sizes))
    assert read(written(tmp_path, text)).curves[""].sizes.tolist() == sizes


def test_columns_of_other_names(tmp_path: Path) -> None:
    file = written(tmp_path, "samples,val loss,error,run\n8,.5,9,0\n16,.4,9,0\n8,.6,9,1\n16,.3,9,1\n")
    found = read(file, Columns(n="samples", error="val loss", seed="run"))
    assert found.curves[""].errors.tolist() == [[0.5, 0.4], [0.6, 0.3]]
    assert list(read(file, Columns(n="samples", error="val loss", cell="run")).curves) == ["0", "1"]
    for columns, hint in (
        (Columns(error="val loss"), "no column n; found: samples, val loss, error, run"),
        (Columns(n="samples", error="loss"), "no column loss"),
        (Columns(n="samples", seed="trial"), "no column trial"),
        (Columns(n="samples", error="samples"), "--n and --error name the same column samples"),
    ):
        with pytest.raises(TableError, match=hint):
            read(file, columns)


def test_a_seed_that_lacks_a_size_is_kept_and_named(tmp_path: Path) -> None:
    text = "n,seed,error\n8,a,.5\n16,a,.4\n32,a,.3\n8,b,.6\n32,b,.3\n16,c,.1\n64,c2,.1\n"
    found = read(written(tmp_path, text)).curves[""]
    assert found.seeds == ("a", "b")
    assert found.lacking == ("b",)
    assert found.dropped == ("c", "c2")
    assert found.sizes.tolist() == [8, 16, 32]  # 64 has been seen by a seed without a slope only
    assert np.isnan(found.errors).tolist() == [[False, False, False], [False, True, False]]


def test_a_cell_without_a_curve_alone_says_why(tmp_path: Path) -> None:
    found = read(written(tmp_path, "cell,n,error\nshort,8,.5\nlong,8,.5\nlong,16,.4\n"))
    assert list(found.curves) == ["long"]
    assert "cell short has one size only" in found.left_out["short"]


@pytest.mark.parametrize("opener", [gzip.open, bz2.open, lzma.open])
def test_compressed_text_is_read_and_damaged_is_told(tmp_path: Path, opener) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "curves.csv.packed"
    with opener(file, "wt") as stream:
        stream.write(GOOD)
    assert read(file).curves[""].sizes.tolist() == [64, 128]
    file.write_bytes(file.read_bytes()[:-12])
    with pytest.raises(TableError, match="cannot be read"):
        read(file)


def test_archives_are_to_be_unpacked(tmp_path: Path) -> None:
    inner = written(tmp_path, GOOD)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(inner)
    with tarfile.open(tmp_path / "a.tar", "w") as archive_:
        archive_.add(inner)
    (tmp_path / "a.zst").write_bytes(b"\x28\xb5\x2f\xfd rest")
    for name in ("a.zip", "a.tar", "a.zst"):
        for reader in (read, reference):
            with pytest.raises(TableError, match="unpack it first"):
                reader(tmp_path / name)


def test_pipes_and_devices_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), Path("/dev/null")):
        for reader in (read, reference):
            with pytest.raises(TableError, match="not a regular file"):
                reader(path)


def test_names_that_no_file_can_have(tmp_path: Path) -> None:
    for name in ("x" * 300, "a\0b"):
        with pytest.raises(TableError, match="cannot be read"):
            read(tmp_path / name)
