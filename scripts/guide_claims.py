"""Put the table of outputs/reference/claims/claims.csv into the guide's page of claims, between its markers.

python scripts/guide_claims.py           rewrite src/mtam/guide/claims.md
python scripts/guide_claims.py --check   exit code 1 if that would change it
"""

import csv
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from mtam.claims.claim import load
from mtam.rates.verdict import Verdict
from mtam.report.format import counts, number

REPO = Path(__file__).resolve().parents[1]
TABLE = REPO / "outputs" / "reference" / "claims" / "claims.csv"
PAGE = REPO / "src" / "mtam" / "guide" / "claims.md"
BEGIN, END = "<!-- claims -->\n", "<!-- end of claims -->\n"
PAPERS = {"A": "Paper A, recall", "B": "Paper B, interaction"}

NATURES = """
## What the contradictions say

A *sentence-false* contradiction holds under every setting that the paper leaves open; *assumption-of-tool* says that a
choice of this tool is in it which another choice may undo; *finite-size* that the sentence is about larger sizes than
these; *negative-control* that it is false on purpose, in a problem of your own. `--strict` (of `mtam claims` and `mtam
reproduce`) ends with exit code 1 for the first kind, for one that nobody has explained, and for a negative control that
is supported; with 3 where there are only contradictions of the second and third kind.

| claim | nature | why | rests on |
|---|---|---|---|
"""


def rows() -> list[dict[str, str]]:
    """The recorded claims."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def markdown(found: Iterable[Mapping[str, str]]) -> str:
    """A line of counts and a table per paper."""
    kept = list(found)
    text = f"{len(kept)} claims: {', '.join(counts([row['verdict'] for row in kept]))}.\n"
    for letter, title in PAPERS.items():
        lines = [_line(row) for row in kept if row["source"].startswith(letter)]
        text += f"\n## {title}\n\n"
        text += "| claim | source | reported | theory | this run | verdict |\n|---|---|---|---|---|---|\n"
        text += "\n".join(lines) + "\n"
    return text + natures(kept)


def natures(kept: Iterable[Mapping[str, str]]) -> str:
    """What every contradiction says: of the sentence, of an assumption of this tool, or of the sizes."""
    declared = {claim.id: claim.if_contradicted for claim in load()}
    lines = []
    for row in kept:
        told = declared.get(row["id"])
        if row["verdict"] == Verdict.CONTRADICTED:
            words = [row["claim"], told.nature, told.why, ", ".join(told.rests_on)] if told else [row["claim"], "-"] * 2
            lines.append("| " + " | ".join(text.replace("|", "\\|") for text in words) + " |")
    return NATURES + "\n".join(lines) + "\n"


def _line(row: Mapping[str, str]) -> str:
    numbers = {key: float(row[key]) if row[key] else None for key in ("value", "low", "high")}
    told = [row["claim"], row["source"], row["reported"], row["theory"], measured(numbers), f"**{row['verdict']}**"]
    return "| " + " | ".join(text.replace("|", "\\|") for text in told) + " |"


def measured(row: Mapping[str, float | None]) -> str:
    """The figure of the run with its interval, e.g. ``-0.83 [-0.91, -0.75]``; an open side is infinite."""
    value, low, high = row["value"], row["low"], row["high"]
    if value is None:
        return ""
    if low is None and high is None:
        return number(value)
    return f"{number(value)} [{'-∞' if low is None else number(low)}, {'∞' if high is None else number(high)}]"


def updated(page: str) -> str:
    """The page with the table between its markers."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + markdown(rows()) + END + after


def main() -> int:
    text = PAGE.read_text(encoding="utf-8")
    new = updated(text)
    if "--check" in sys.argv[1:]:
        return int(new != text)
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
