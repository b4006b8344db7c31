"""Tables for papers: what LaTeX would stumble over is escaped, and every row has as many cells as the head."""

import re
import shutil
import subprocess
from pathlib import Path

import matplotlib.mathtext
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtam.base.table import Estimate, Table
from mtam.checks.check_registry import CHECKS
from mtam.claims.claim import load
from mtam.rates.intervals import Interval
from mtam.rates.verdict import Judgement, Verdict
from mtam.report.tables.table_latex import escape, mathematics, table_latex

DOCUMENT = r"\documentclass{article}\usepackage{booktabs}\begin{document}%s\end{document}"
TABLE = Table(
    name="rates",
    title="Rates, 95% of them\nin two lines",
    headings=["cell_1 & more", "slope", "error", "n", "verdict", "share"],
    rows=[
        ["α = 0.5 [a_b], 50% #1 ~ {x} \\x ^2", Interval(-0.81, -0.85, float("inf")),
         Estimate(value=2.61e-7, se=3e-9), 3, Judgement(Verdict.SUPPORTED, None, "so"), 0.25],
        ["[begins with a bracket", None, 1.5e-12, None, Verdict.UNDECIDED, None],
        ["", Interval(float("nan"), 16.0, float("inf")), None, 10**12, None, -2.0],
    ],
)  # fmt: skip


def cells(line: str) -> list[str]:
    """The cells of a row of a tabular."""
    assert line.endswith(r" \\")
    return re.split(r"(?<!\\)&", line.removesuffix(r" \\"))


def check_text(text: str) -> None:
    """What LaTeX wants of a cell: braces in pairs, mathematics that can be set, nothing special outside of it."""
    outside = re.sub(r"\\(textbackslash|textasciicircum|textasciitilde|textbar|ldots|S)\{\}", "", text)
    outside = re.sub(r"\\[{}$&#%_]", "", outside)
    parts = outside.split("$")
    assert len(parts) % 2 == 1, text
    for part in parts[::2]:
        assert not re.search(r"[\\{}&#%_^~<>]", part.replace("{}", "")), text
    for part in parts[1::2]:
        matplotlib.mathtext.MathTextParser("path").parse(f"${part}$".replace(r"\surd", r"\sqrt{x}"))


def test_a_tabular_has_the_rules_of_booktabs_and_the_table_in_it() -> None:
    lines = table_latex(TABLE).splitlines()
    assert [line for line in lines if line.endswith("rule")] == [r"\toprule", r"\midrule", r"\bottomrule"]
    assert lines[0] == "% Rates, 95% of them in two lines"
    body = [line for line in lines if line.endswith(r"\\")]
    assert len(body) == 1 + len(TABLE.rows)
    for line in body:
        assert len(cells(line)) == len(TABLE.headings)
        for cell in cells(line):
            check_text(cell.strip())
    assert cells(body[1])[1].strip() == r"$-0.810$ $[-0.850,\ \mathrm{open}]$"
    assert cells(body[1])[2].strip() == r"$(2.61 \pm 0.03) \times 10^{-7}$"
    assert cells(body[2])[2].strip() == r"$1.50 \times 10^{-12}$"
    assert cells(body[3])[1].strip() == "$> 16.000$"


def test_every_word_that_claims_and_checks_say_is_set_by_pdflatex() -> None:
    texts = [text for claim in load() for text in (claim.claim, claim.source, claim.reported, claim.theory)]
    assert len(texts) > 50
    for text in [*texts, *CHECKS]:
        assert escape(text).isascii(), text
        check_text(escape(text))


@given(st.text())
def test_any_text_is_escaped(text: str) -> None:
    check_text(escape(text))


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(0, 1e100))
def test_any_number_is_mathematics(value: float, se: float) -> None:
    from mtam.report.tables.cell_text import cell_text

    bounded = max(-1e100, min(1e100, value))
    check_text(mathematics(cell_text(Estimate(value=bounded, se=se))))
    check_text(mathematics(cell_text(Interval(value, float("-inf"), value))))


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not on PATH; the tables are only parsed")
def test_pdflatex_sets_it(tmp_path: Path) -> None:
    claims = [[claim.claim, claim.source, claim.theory] for claim in load()]
    of_claims = Table(name="c", title="Claims", headings=["claim", "source", "theory"], rows=list(map(list, claims)))
    (tmp_path / "paper.tex").write_text(DOCUMENT % (table_latex(TABLE) + "\n\n" + table_latex(of_claims)))
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "paper.pdf").stat().st_size > 5000
