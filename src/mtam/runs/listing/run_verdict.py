"""What a run says, in a few words, from what lies in its folder: its claims, else its summary. Nothing is computed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import Field, TypeAdapter

from mtam.base.finding import Finding
from mtam.base.spec import Shape
from mtam.rates.verdict import Verdict
from mtam.sweep.safe_files import read_bytes, read_json

CLAIMS, SUMMARY = "claims.json", "summary.json"
DECIDED = (Verdict.SUPPORTED, Verdict.CONTRADICTED)
WORDS = {verdict.in_full: verdict.value for verdict in Verdict}


class _Claim(Shape):
    verdict: str
    value: float | None = None
    cell: str = ""

    @property
    def here(self) -> bool:
        """Whether the run speaks to the claim."""
        return bool(self.cell) or self.value is not None or WORDS.get(self.verdict) in DECIDED


class _Cell(Shape):
    """A cell of a sweep's summary."""

    theory_slope: float | None = None
    loglog_slope: float | None = None
    loglog_slope_ci: tuple[float | None, float | None] | None = None
    sizes: list[float] = Field(default_factory=list)
    mean_errors: list[float | None] = Field(default_factory=list)

    @property
    def ends(self) -> tuple[float, float] | None:
        """The interval of the log-log slope, where both ends are there."""
        low, high = self.loglog_slope_ci or (None, None)
        return None if low is None or high is None else (low, high)


class _Answer(Shape):
    figures: dict[str, Any] = Field(default_factory=dict)


class _Summary(Shape):
    """What a summary holds of a sweep, or of a fit."""

    cells: list[_Cell] = Field(default_factory=list)
    answers: list[_Answer] = Field(default_factory=list)
    error: float | None = None
    oracle_error: float | None = None
    holdout_error: float | None = None
    failure: str = ""


class _Kept(Shape):
    summary: _Summary


def of_claims(out: Path, since: float) -> str:
    """How many claims have which verdict, where they were judged after the last record (Unix time); else ""."""
    path = out / CLAIMS
    try:
        if path.stat().st_mtime < since:
            return ""
        claims = TypeAdapter(list[_Claim]).validate_json(read_bytes(path), strict=False)
    except (OSError, ValueError):
        return ""
    words = [WORDS.get(claim.verdict, "") for claim in claims if claim.here]
    return f"claims: {counted(words)}" if words else ""


def of_summary(out: Path, since: float, size: str) -> str:
    """What the summary says: verdicts, slopes against theory, or errors; ``size`` is the field's letter for n.

    "" where there is none, or none of these records.
    """
    path = out / SUMMARY
    try:
        if path.stat().st_mtime < since:
            return ""
        kept = _Kept.model_validate(read_json(path), strict=False).summary
    except (OSError, ValueError):
        return ""
    if kept.failure:
        return "failed"
    return _of_fit(kept) or _laws(kept.answers) or _slopes(kept.cells, size) or _levels(kept.cells, size)


def of_finding(finding: Finding) -> str:
    """How many statements of a check have which verdict."""
    return counted([one.said.value for one in finding.verdicts])


def counted(words: Sequence[str]) -> str:
    """``3 supported, 1 contradicted``, what contradicts first.

    >>> counted(["supported", "undecided", "supported", "contradicted"])
    '1 contradicted, 2 supported, 1 undecided'
    """
    order = (Verdict.CONTRADICTED, Verdict.SUPPORTED, Verdict.UNDECIDED, Verdict.OUTSIDE)
    return ", ".join(f"{words.count(word)} {word}" for word in order if word in words)


def _of_fit(kept: _Summary) -> str:
    if kept.error is not None:
        beside = "" if kept.oracle_error is None else f", with A* known {kept.oracle_error:.2e}"
        return f"error {kept.error:.2e}{beside}"
    return "" if kept.holdout_error is None else f"hold-out error {kept.holdout_error:.3g}"


def _laws(answers: Sequence[_Answer]) -> str:
    """The verdicts on the cells' laws, where the problem gives them."""
    laws = [answer.figures["law"] for answer in answers if isinstance(answer.figures.get("law"), dict)]
    words = [law["verdict"] for law in laws if law.get("verdict") in list(Verdict)]
    return f"law: {counted(words)}" if words else ""


def _slopes(cells: Sequence[_Cell], size: str) -> str:
    known = [(cell.loglog_slope, cell.ends, cell.theory_slope) for cell in cells if cell.loglog_slope is not None]
    against = [(ends, theory) for _, ends, theory in known if ends is not None and theory is not None]
    first, ends, theory = known[0] if len(known) == 1 else (None, None, None)
    if first is not None and ends is not None:
        text = f"{size}^{first:.2f} [{ends[0]:.2f}, {ends[1]:.2f}]"
        return text if theory is None else f"{text}, theory {theory:.2f}"
    if against:
        inside = sum(low <= theory <= high for (low, high), theory in against)
        return f"theory's slope in {inside} of {len(against)} intervals"
    values = [b for b, *_ in known]
    return f"{size}^b, b from {min(values):.2f} to {max(values):.2f}" if values else ""


def _levels(cells: Sequence[_Cell], size: str) -> str:
    ends = [(cell.sizes[-1], cell.mean_errors[-1]) for cell in cells if cell.sizes and cell.mean_errors]
    errors = [error for _, error in ends if error is not None]
    if not errors:
        return ""
    text = f"error {min(errors):.3g}" + (f" to {max(errors):.3g}" if len(errors) > 1 else "")
    return f"{text} at {size} = {ends[0][0]:.0f}"
