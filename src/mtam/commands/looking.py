"""Look at a run again: its tables and figures."""

import os
import sys
from pathlib import Path

from mtam.check import folder
from mtam.commands import checking, claiming
from mtam.commands.running import tell
from mtam.commands.voice import Voice
from mtam.errors import writing
from mtam.results import build
from mtam.sweep import plan as planning


def report(out: Path, as_json: bool, quiet: bool) -> None:
    """Build tables, figures and page again from the records in ``out``; of a reproduction, the page over its runs."""
    if os.path.lexists(out / claiming.JOBS):
        claiming.judge(out, as_json, quiet, strict=False)
    if folder.is_finding(out):
        checking.report(out, as_json, quiet)
        return
    voice = Voice(as_json=as_json, quiet=quiet)
    plan = planning.read(out)
    with writing(out):
        outcome = build(plan, out)
    failures = outcome.failures
    tell(outcome, voice)
    voice.answer(outcome.summary | {"missing": outcome.missing, "failed": len(failures)})
    sys.exit(1 if failures else 0)
