"""Every line of the page of coverage is judged by something that is there, or says why it is not."""

import json
import re
from pathlib import Path

import pytest

from mtam.base import conf_files
from mtam.checks.check_registry import CHECKS
from mtam.claims.claim import load
from mtam.guide import pages

REFERENCE = Path(__file__).parents[2] / "outputs" / "reference"
CLAIMS = {claim.id for claim in load()}
LINE = re.compile(r"\| ([AB]\d+) \| (.+?) \| (.+?) \| (.*?)\|")
WHY_NOT = "not testable because: "


def lines() -> list[tuple[str, str, str]]:
    """Name of the line, what judges it, and further words."""
    return [(found[1], found[3], found[4]) for found in LINE.finditer(pages.text("coverage"))]


def is_there(name: str) -> bool:
    """Whether a claim, a statement of a check, a sweep or a folder of the reference has this name."""
    kind, _, rest = name.partition(" ")
    if kind == "check":
        check, _, key = rest.partition(": ")
        file = REFERENCE / f"check-{check}" / "finding.json"
        keys = [v["key"] for v in json.loads(file.read_text())["finding"]["verdicts"]] if check in CHECKS else []
        return key in keys
    if kind == "sweep":
        return rest in conf_files.options("sweep")
    return name in CLAIMS or (name.startswith("outputs/") and (REFERENCE.parents[1] / name).is_dir())


def mistakes(judged: str) -> list[str]:
    """What is wrong with the words about what judges a line."""
    names = re.findall(r"`([^`]+)`", judged)
    if judged.startswith(WHY_NOT):
        return [name for name in names if not is_there(name)] + ([] if len(judged) > len(WHY_NOT) + 20 else [judged])
    return [name for name in names if not is_there(name) or name.startswith("sweep ")] or ([] if names else [judged])


def test_no_line_is_empty_and_none_is_missing() -> None:
    assert [name for name, _, _ in lines()] == [f"A{k}" for k in range(1, 29)] + [f"B{k}" for k in range(1, 24)]


@pytest.mark.parametrize(("name", "judged", "words"), lines(), ids=[name for name, _, _ in lines()])
def test_what_judges_a_line_is_there(name: str, judged: str, words: str) -> None:
    del name
    assert mistakes(judged) == []
    assert [found for found in re.findall(r"`((?:sweep|check|outputs/)[^`]+)`", words) if not is_there(found)] == []


@pytest.mark.parametrize(
    "judged", ["", "`rate-d2`", "`check fano: joking`", "`sweep d`", "read in the table", "not testable because: no"]
)
def test_a_line_that_nothing_judges_is_seen(judged: str) -> None:
    assert mistakes(judged) != []


def test_every_claim_speaks_to_a_line() -> None:
    named = {name for _, judged, _ in lines() for name in re.findall(r"`([^`]+)`", judged)}
    assert CLAIMS - named == set()
