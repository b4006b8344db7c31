"""What there is to look at is told once: nobody relies on another command to end the program."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from mtam.claims.claim import Claim, Contradiction, load
from mtam.claims.judge_claims import JudgedClaim
from mtam.problems.examples import gaussian_mean
from mtam.rates.verdict import Judgement, Verdict
from mtam.runs import judge_folder, report_folder
from mtam.runs.console import Messages
from tests.conftest import TINY, Mtam


@pytest.fixture
def reproduced(mtam: Mtam, here: Path) -> Path:
    """A reproduction of one tiny sweep."""
    assert mtam("sweep", "alpha", *TINY, "--launcher", "inline", "--out", "all/run", "-q").code == 0
    judge_folder.remember(here / "all", "smoke", [here / "all" / "run"])
    return here / "all"


def test_a_reproduction_is_judged_and_nothing_more(reproduced: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert report_folder.report(reproduced, as_json=True, quiet=False, tables=False) == 0
    said = capsys.readouterr()
    assert set(json.loads(said.out)) == {"out", "claims"}
    assert (reproduced / "report.html").is_file()


@pytest.mark.parametrize("code", [0, 1, 3])
def test_strict_claims_exit_as_their_contradictions_say(
    code: int, reproduced: Path, mtam: Mtam, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge_folder, "strict_code", lambda _found: code)
    assert mtam("claims", str(reproduced), "-q").code == 0
    assert mtam("claims", str(reproduced), "-q", "--strict").code == code


def judged(**verdicts: Verdict) -> list[JudgedClaim]:
    claims = {claim.id.replace("-", "_"): claim for claim in load()}
    return [JudgedClaim(claims[name], Judgement(verdict, None, "")) for name, verdict in verdicts.items()]


NO, YES = Verdict.CONTRADICTED, Verdict.SUPPORTED


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (judged(parallel_lines=YES, fano_tokens=Verdict.UNDECIDED), 0),
        (judged(parallel_lines=NO, toy_error=NO), 3),  # sizes; an assumption
        (judged(parallel_lines=NO, fano_tokens=NO), 1),  # the sentence
        (judged(parallel_lines=NO, rate_d1=NO), 1),  # nobody has said what it would mean
    ],
)
def test_strict_knows_a_false_sentence_from_an_assumption(found: list[JudgedClaim], code: int) -> None:
    assert judge_folder.strict_code(found) == code


def test_a_negative_control_has_to_be_contradicted(capsys: pytest.CaptureFixture[str]) -> None:
    (control,) = [each for each in gaussian_mean.CLAIMS if str(each["id"]).endswith("control")]
    claim = Claim.model_validate({"sweep": "gaussian_mean", **control})
    for verdict, code, sentence in (
        (NO, 0, "contradicted: 1 as negative controls have to be"),
        (YES, 1, "the negative control gaussian-mean-control is supported: what judges these claims cannot refuse"),
        (Verdict.UNDECIDED, 0, ""),
    ):
        found = [JudgedClaim(claim, Judgement(verdict, None, ""))]
        assert judge_folder.strict_code(found) == code
        judge_folder.tell(found, Messages(as_json=False, quiet=False))
        said = capsys.readouterr()
        assert sentence in said.out + said.err
    with pytest.raises(ValidationError, match="what is sentence-false needs a claim, sweep or check"):
        Contradiction.model_validate({"nature": "sentence-false", "why": "because"})
