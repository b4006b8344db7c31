r"""A typed table as a LaTeX tabular with the rules of booktabs; numbers are mathematics, words are escaped.

What a paper needs around it is its own: ``\begin{table} \input{rates.tex} \caption{...} \end{table}``. The preamble
needs ``\usepackage{booktabs}``. Greek letters and the usual signs become mathematics, so that pdflatex sets them;
characters beyond these stay as they are, for XeLaTeX and LuaLaTeX.
"""

import re

from mtam.base.table import Cell, Estimate, Table
from mtam.rates.intervals import Interval
from mtam.report.tables.cell_text import NONE, cell_text, words

LONG = 30  # characters of a column of words beyond which its lines are broken
NARROWEST = 0.08  # of a column whose lines are broken, as a share of the line
SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": "$<$", ">": "$>$",
    "|": r"\textbar{}", '"': "''",
}  # fmt: skip
GREEK = (
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi",
    "o", "pi", "rho", "varsigma", "sigma", "tau", "upsilon", "varphi", "chi", "psi", "omega",
)  # fmt: skip
CAPITALS = {"Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma",
            "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega"}  # fmt: skip
SIGNS = {
    "±": r"\pm", "×": r"\times", "·": r"\cdot", "≤": r"\leq", "≥": r"\geq", "≪": r"\ll", "≫": r"\gg", "≈": r"\approx",
    "∼": r"\sim", "≠": r"\neq", "∞": r"\infty", "√": r"\surd", "∑": r"\sum", "∈": r"\in", "∝": r"\propto", "→": r"\to",
    "←": r"\leftarrow", "⟨": r"\langle", "⟩": r"\rangle", "‖": r"\Vert", "−": "-", "²": "^2", "³": "^3", "⁻": "^{-}",
    "¹": "^1", "⁰": "^0", "⁴": "^4", "⁵": "^5", "⁶": "^6", "⁷": "^7", "⁸": "^8", "⁹": "^9", "₀": "_0", "₁": "_1",
    "₂": "_2", "ϕ": r"\phi", "ℓ": r"\ell", "∂": r"\partial", "∇": r"\nabla", "∫": r"\int",
}  # fmt: skip
PROSE = {"–": "--", "—": "---", "…": r"\ldots{}", "“": "``", "”": "''", "‘": "`", "’": "'", "\u00a0": "~", "§": r"\S{}"}
LETTERS = {
    **{chr(0x3B1 + at): name for at, name in enumerate(GREEK)},
    **CAPITALS,
}
TO_LATEX = {
    **SPECIAL, **PROSE, **{sign: f"${text}$" for sign, text in SIGNS.items()},
    **{letter: "$o$" if name == "o" else f"$\\{name}$" for letter, name in LETTERS.items()},
}  # fmt: skip
EXPONENT = re.compile(r"e([+-]?)0*(\d+)")


def escape(text: str) -> str:
    r"""Words as LaTeX sets them.

    >>> print(escape("risk_n ~ 50% of σ² at α ≥ 1"))
    risk\_n \textasciitilde{} 50\% of $\sigma$$^2$ at $\alpha$ $\geq$ 1
    """
    line = (letter for letter in " ".join(text.split()) if letter.isprintable())
    return "".join(TO_LATEX.get(letter, letter) for letter in line)


def mathematics(text: str) -> str:
    r"""A number as ``cell_text`` writes it, with its error or its interval.

    >>> print(mathematics("(2.61 ± 0.03)e-03"), mathematics("-0.81 [-0.85, open]"))
    $(2.61 \pm 0.03) \times 10^{-3}$ $-0.81$ $[-0.85,\ \mathrm{open}]$
    """
    if text == NONE:
        return "--"
    text = EXPONENT.sub(lambda found: rf" \times 10^{{{found[1].strip('+')}{found[2]}}}", text)
    for before, after in (("±", r"\pm"), ("<=", r"\leq"), ("open", r"\mathrm{open}"), (", ", r",\ ")):
        text = text.replace(before, after)
    for word in ("inf", "nan"):
        text = re.sub(rf"\b{word}\b", {"inf": r"\\infty", "nan": r"\\mathrm{nan}"}[word], text)
    value, bracket, interval = text.partition(" [")
    return f"${value}$ $[{interval}$" if bracket else f"${value}$"


def table_latex(table: Table) -> str:
    """The whole table, all of its rows, with its title as a comment above it."""
    cells = [
        [_cell(cell, table.formats.get(name, "")) for name, cell in zip(table.headings, row, strict=True)]
        for row in table.rows
    ]
    lines = [
        f"% {' '.join(table.title.split())}",
        r"% needs \usepackage{booktabs}",
        rf"\begin{{tabular}}{{{_columns(table)}}}",
        r"\toprule",
        f"{' & '.join(map(escape, table.headings))} \\\\",
        r"\midrule",
        *(f"{' & '.join(row)} \\\\" for row in cells),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def _cell(cell: Cell, form: str) -> str:
    text = cell_text(cell, form)
    if cell is None or (isinstance(cell, Estimate | Interval | int | float) and not isinstance(cell, bool)):
        return mathematics(text)
    shown = escape(text)
    return f"{{}}{shown}" if shown[:1] in ("[", "*", "") else shown  # or it is an argument of the line before


def _columns(table: Table) -> str:
    """Numbers to the right, words to the left; long words share what the line has left."""
    text = words(table)
    widths = [
        max((len(cell_text(row[at])) for row in table.rows), default=0) if text[at] else 0
        for at in range(len(table.headings))
    ]
    long = [width if width > LONG else 0 for width in widths]
    room = 0.95 - 0.11 * sum(not width for width in long)  # of a line, beside columns that keep their width
    shares = [max(NARROWEST, room * width / sum(long)) if width else 0.0 for width in long]
    kinds = []
    for at, share in enumerate(shares):
        kinds.append(rf"p{{{share:.2f}\linewidth}}" if share else "l" if text[at] else "r")
    return "".join(kinds)
