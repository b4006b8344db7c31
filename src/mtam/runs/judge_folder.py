"""Claims: read the runs, judge, tell, write claims.csv and claims.json."""

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from mtam.base import conf_files
from mtam.base.errors import UsageError, opening, writing
from mtam.base.table import Table
from mtam.checks import finding_folder
from mtam.checks.finding_folder import StoredFinding
from mtam.claims import judge_claims, recompute
from mtam.claims.claim import load, of_problems
from mtam.claims.evidence import Gathered, gather
from mtam.claims.judge_claims import JudgedClaim
from mtam.report.finding_section import Checked
from mtam.report.page import ShownClaims
from mtam.runs.console import Messages
from mtam.runs.outputs import PAGE, page_of_all
from mtam.sweep import planning
from mtam.sweep.folders.run_folders import JOBS as JOBS
from mtam.sweep.safe_files import read_json
from mtam.sweep.schemas import Jobs, first
from mtam.sweep.store import write_text

OWN_PAGE = "claims.html"
NATURES = {
    "sentence-false": "false as they stand",
    "assumption-of-tool": "with an assumption of this tool",
    "finite-size": "at these sizes",
    judge_claims.CONTROL: "as negative controls have to be",
    judge_claims.UNEXPLAINED: "that nobody has explained",
}
TOLD = Path("claims", "claims.csv")  # of a folder of recorded tables


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


def judge_gathered(gathered: Gathered) -> list[JudgedClaim]:
    """Every claim of the papers, and of the problems that these runs bring along, judged by them; writes nothing."""
    own = of_problems(run.plan.definition for run in gathered.runs)
    return judge_claims.judge_all([*load(), *own], gathered)


def judged(folders: Sequence[Path], out: Path, heading: str) -> tuple[list[JudgedClaim], list[Path]]:
    """Every claim judged by the runs in ``folders``, told in claims.csv, claims.json and one page over all of them.

    The page of a reproduction is its report.html; in the folder of a run or a check, which has a report.html of its
    own, it is claims.html.
    """
    gathered = gather(list(folders))
    found = judge_gathered(gathered)
    rows = rows_of(found)
    table = pd.DataFrame(rows, columns=list(judge_claims.COLUMNS)).to_csv(index=False)
    checks = [_shown(kept, folder, out) for kept, folder in gathered.checks]
    page, (here, further) = out / (OWN_PAGE if out in folders else PAGE), _table(found)
    with writing(out):
        files = [
            write_text(out / "claims.csv", table),
            write_text(out / "claims.json", json.dumps(rows, indent=1, ensure_ascii=False) + "\n"),
        ]
        return found, [*files, page_of_all(page, gathered.runs, checks, ShownClaims(here, further), heading)]


def _shown(kept: StoredFinding, folder: Path, out: Path) -> Checked:
    """A check as the page in ``out`` shows it; a picture of this very finding is not drawn again."""
    drawn = folder if finding_folder.is_drawn(kept.finding, folder) else None
    where = os.path.relpath(folder, out)
    return Checked(kept.check, kept.digest, kept.settings, kept.seconds, kept.finding, folder=where, drawn=drawn)


def rows_of(found: Sequence[JudgedClaim]) -> list[dict[str, Any]]:
    """The claims as plain data for JSON and CSV."""
    return [each.row for each in found]


def _table(found: Sequence[JudgedClaim]) -> tuple[Table, int]:
    """The claims that these runs speak to, and how many others there are."""
    here = [each for each in found if each.here]
    return judge_claims.claims_table(here), len(found) - len(here)


def tell(found: Sequence[JudgedClaim], messages: Messages) -> None:
    """The claims for a person: a line each, or under ``messages.details`` the table with theory and reasons."""
    from mtam.report.screens import claims_table

    shown = claims_table.screen if messages.details else claims_table.lines
    for what in shown(*_table(found)):
        messages.tell(what)
    if natures := natures_of(found):
        messages.tell(f"contradicted: {', '.join(f'{count} {NATURES[name]}' for name, count in natures.items())}")
    for each in found:
        if each.passed_control:
            messages.tell(f"the negative control {each.claim.id} is supported: what judges these claims cannot refuse")
    if not messages.details:
        messages.tell("Sources, theory and reasons: the same command with --details, or the page:")


def tell_files(files: Sequence[Path], messages: Messages) -> None:
    """The page, which is the last of the files, and under ``messages.details`` the others too."""
    for path in files if messages.details else files[-1:]:
        messages.path(path)


def strict_code(found: Sequence[JudgedClaim]) -> int:
    """The exit code under --strict: 0 where no claim is contradicted.

    1 where a sentence is false as it stands, or contradicted for a reason that nobody has given yet, and where a
    negative control is supported; 3 where all contradictions are owed to assumptions of this tool or to sizes.
    """
    natures = natures_of(found).keys() - {judge_claims.CONTROL}
    if any(each.passed_control for each in found):
        return 1
    return 0 if not natures else 3 if natures <= {"assumption-of-tool", "finite-size"} else 1


def natures_of(found: Sequence[JudgedClaim]) -> Counter[str]:
    """How many claims are contradicted, by what that says."""
    return Counter(each.nature for each in found if each.nature)


def verify(out: Path, messages: Messages) -> int:
    """Recompute the claims of a folder of recorded tables, outputs/reference for one; exit code 1 where one differs."""
    with opening(out):
        lines = _recomputed(out / TOLD, recompute.beside(out))
    _tell_recomputed(lines, messages)
    messages.answer({"out": str(out), "recomputed": lines})
    return _differ(lines)


def is_recorded(out: Path) -> bool:
    """Whether a folder holds tables alone, with the claims that were told of them, and no run to judge."""
    return (out / TOLD).is_file() and not os.path.lexists(out / JOBS)


def _recomputed(table: Path, places: Mapping[str, Path]) -> list[dict[str, Any]]:
    return recompute.recompute(table, recompute.declared(conf_files.conf_dir() / "claims"), dict(places))


def _places(folders: Sequence[Path]) -> dict[str, Path]:
    """The folders of sweeps and checks by what they are, which manifests and findings say without the records."""
    places = {}
    for folder in folders:
        kept = finding_folder.read(folder) if finding_folder.is_finding(folder) else None
        places[f"check {kept.check}" if kept else planning.read(folder).name] = folder
    return places


def _tell_recomputed(lines: Sequence[dict[str, Any]], messages: Messages) -> None:
    for line in lines:
        if line["agrees"] is False:
            messages.tell(f"{line['id']}: told {line['told']}, but recomputed {line['says']}")
    agree, differ = (sum(line["agrees"] is said for line in lines) for said in (True, False))
    rows = sum(line["agrees"] is not None and line["by"] == "rows" for line in lines)
    checks, without = agree + differ - rows, len(lines) - agree - differ
    lacking = f"; {without} without rows here" if without else ""
    messages.tell(
        f"recomputed: {agree} of {agree + differ} claims agree, {rows} from the rows of sweeps, {checks} as their "
        f"checks kept them{lacking}"
    )


def _differ(lines: Sequence[dict[str, Any]]) -> int:
    return int(any(line["agrees"] is False for line in lines))


def judge(out: Path, messages: Messages, strict: bool, *, verified: bool = False) -> int:
    """Judge all claims again from the records of ``out``; under ``strict`` the exit code is that of ``strict_code``.

    ``verified``: all are recomputed from the tables in the folders by other means, and one that differs is told and
    gives exit code 1 as well. A folder of recorded tables can only be verified.
    """
    if verified and is_recorded(out):
        return verify(out, messages)
    folders = remembered(out)
    found, files = judged(folders, out, f"mtam: claims judged by {out.name}")
    lines = _recomputed(out / "claims.csv", _places(folders)) if verified else []
    tell(found, messages)
    if verified:
        _tell_recomputed(lines, messages)
    tell_files(files, messages)
    messages.answer({"out": str(out), "claims": rows_of(found), **({"recomputed": lines} if verified else {})})
    return _differ(lines) or (strict_code(found) if strict else 0)
