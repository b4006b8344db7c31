"""Claims: read the runs, judge, tell, write claims.csv and claims.json."""

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from mtam.base.errors import UsageError, opening, writing
from mtam.claims import claim as claims
from mtam.claims import judge_claims
from mtam.claims.evidence import gather
from mtam.report.claims_table import seen
from mtam.runs.console import Voice
from mtam.runs.outputs import PAGE, page_of_all
from mtam.sweep.safe_files import read_json
from mtam.sweep.schemas import Jobs, first
from mtam.sweep.store import write_text

JOBS = "jobs.json"
OWN_PAGE = "claims.html"


def remember(out: Path, scale: str, folders: Sequence[Path]) -> None:
    """Write which runs belong together; raises UsageError when ``out`` cannot be written."""
    tree = {"scale": scale, "jobs": [os.path.relpath(folder, out) for folder in folders]}
    with opening(out):
        write_text(out / JOBS, json.dumps(tree, indent=1) + "\n")


def remembered(out: Path) -> list[Path]:
    """The runs that ``out`` stands for: those of a reproduction, or ``out`` itself."""
    path = out / JOBS
    if not os.path.lexists(path):
        return [out]
    try:
        told = Jobs.model_validate(read_json(path))
    except ValidationError as error:
        raise UsageError(f"{path} cannot be read: {first(error)}; run mtam reproduce again.") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}; run mtam reproduce again.") from None
    folders = [Path(os.path.normpath(out / name)) for name in told.jobs]
    return [folder for folder in folders if folder.is_dir()]


def judged(folders: Sequence[Path], out: Path, heading: str) -> tuple[list[dict[str, Any]], list[Path]]:
    """Every claim judged by the runs in ``folders``, told in claims.csv, claims.json and one page over all of them.

    The page of a reproduction is its report.html; in the folder of a run or a check, which has a report.html of its
    own, it is claims.html.
    """
    gathered = gather(list(folders))
    found = judge_claims.judge_all(claims.load(), gathered)
    rows = [each.row for each in found]
    table = pd.DataFrame(rows, columns=list(judge_claims.COLUMNS)).to_csv(index=False)
    runs = [(run.reading, run.folder) for run in gathered.runs]
    checks = [replace(check, folder=os.path.relpath(check.folder, out)) for check in gathered.checks]
    page, here = out / (OWN_PAGE if out in folders else PAGE), seen(rows)
    with writing(out):
        files = [
            write_text(out / "claims.csv", table),
            write_text(out / "claims.json", json.dumps(rows, indent=1, ensure_ascii=False) + "\n"),
        ]
        return rows, [*files, page_of_all(page, runs, checks, here, heading, len(rows) - len(here))]


def tell(rows: list[dict[str, Any]], voice: Voice) -> None:
    """The table for a person."""
    from mtam.report import claims_table as shown

    for what in shown.screen(rows):
        voice.tell(what)


def contradicted(rows: list[dict[str, Any]]) -> bool:
    """Whether any claim is contradicted: what --strict asks for."""
    return any(row["verdict"] == "contradicted" for row in rows)


def judge(out: Path, as_json: bool, quiet: bool, strict: bool) -> int:
    """Judge all claims again from the records of ``out``; exit code 1 under ``strict`` when one is contradicted."""
    voice = Voice(as_json=as_json, quiet=quiet)
    rows, files = judged(remembered(out), out, f"mtam: claims judged by {out.name}")
    tell(rows, voice)
    for path in files:
        voice.tell(str(path))
    voice.answer({"out": str(out), "claims": rows})
    return int(strict and contradicted(rows))
